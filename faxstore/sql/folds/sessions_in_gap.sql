-- How many sessions of a server, without detectors, overlap a gap and started at most a day before it (fax.coverage_gaps).
-- gap_ended_at: NULL if it has not ended.
-- example: select fax.sessions_in_gap('pbx1', '2026-11-23 14:00+00', '2026-11-23 14:05+00');
create function fax.sessions_in_gap(of_server text, gap_began_at timestamptz, gap_ended_at timestamptz) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
declare
    since constant timestamptz := gap_began_at - interval '1 day';
    until constant timestamptz := coalesce(gap_ended_at + interval '1 second', 'infinity');
    counted bigint;
    others uuid[];
begin
    select
        count(*) filter (where coalesce(t.completed_at, t.gone_at) >= gap_began_at
                           and fax.is_shown(t.is_fax, t.session_number, t.snapshots, t.completed_at is not null)
                           and t.operation is distinct from 'V.21'),
        array_agg(t.session_id) filter (where t.completed_at is null and t.gone_at is null)
    into counted, others
    from fax.session_total t
    where t.server = of_server and t.started_at >= since and t.started_at <= until;
    -- those without a recorded end or without a total, if they have a row since or are open
    if others is not null or exists (
        select 1 from fax.session_untotalled u
        where u.server = of_server and u.started_at >= since and u.started_at <= until)
    then
        others := array(
            select t.session_id
            from fax.session_total t
            join fax.session i on i.session_id = t.session_id
            where t.session_id = any (others) and (t.last_row_at >= gap_began_at or i.is_open)
            union all
            select u.session_id
            from fax.session_untotalled u
            join fax.session i on i.session_id = u.session_id
            where u.server = of_server and u.started_at >= since and u.started_at <= until
              and (i.is_open or exists (select 1 from fax.session_history h
                                        where h.session_id = u.session_id and h.started_at = u.started_at
                                          and h.observed_at >= gap_began_at))
        );
        counted := counted + (
            select count(*)
            from fax.sessions f
            where f.session_id = any (others) and f.started_at >= since and f.started_at <= until
              and coalesce(f.ended_not_after, 'infinity') >= gap_began_at
              and f.direction is distinct from 'detector'
        );
    end if;
    return counted;
end
$$;
