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
    recent constant timestamptz := gap_began_at - interval '1 hour';
    until constant timestamptz := coalesce(gap_ended_at + interval '1 second', 'infinity');
    counted bigint;
    others uuid[];
begin
    select
        count(*) filter (where t.ended_at is not null
                           and fax.is_shown(t.is_fax, t.session_number, t.snapshots, t.completed_at is not null)
                           and t.operation is distinct from 'V.21'),
        array_agg(t.session_id) filter (where t.ended_at is null)
    into counted, others
    from (
        select
            r.session_id, r.session_number, r.completed_at, r.snapshots, r.is_fax, r.operation,
            coalesce(r.completed_at, r.gone_at) as ended_at
        from fax.session_total r
        where r.server = of_server and r.started_at >= recent and r.started_at <= until
        union all
        -- of those that started earlier, only long ones can overlap it, and these have an index
        select
            l.session_id, l.session_number, l.completed_at, l.snapshots, l.is_fax, l.operation,
            coalesce(l.completed_at, l.gone_at) as ended_at
        from fax.session_total l
        where l.server = of_server and l.started_at >= since and l.started_at < recent
          and (coalesce(l.completed_at, l.gone_at) - l.started_at > interval '1 hour') is not false
    ) t
    where coalesce(t.ended_at, 'infinity') >= gap_began_at;
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
              and (i.is_open
                   or exists (select 1 from fax.observation o
                              where o.session_id = u.session_id and o.started_at = u.started_at and o.observed_at >= gap_began_at)
                   or exists (select 1 from fax.session_pack p
                              where p.session_id = u.session_id and p.started_at = u.started_at
                                and p.last_observed_at >= gap_began_at))
        );
        if others <> '{}' then
            counted := counted + (
                select count(*)
                from fax.sessions f
                where f.session_id = any (others) and f.started_at >= since and f.started_at <= until
                  and coalesce(f.ended_not_after, 'infinity') >= gap_began_at
                  and f.direction is distinct from 'detector'
            );
        end if;
    end if;
    return counted;
end
$$;
