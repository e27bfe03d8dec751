-- The results of the sessions between two moments, the second one excluded, that have ended and that fax.usage_rollup does
-- not count (fax.session_uncounted), without detectors. They are read one by one; a period often has none.
-- Runs with its owner's rights: it returns no personal values, so users of masked views may call it.
-- example: select * from fax.uncounted_results('2026-11-02', '2026-11-03');
create function fax.uncounted_results(from_at timestamptz, to_at timestamptz)
returns table (server text, result text, result_class text, sessions integer, after_a_page integer)
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
#variable_conflict use_column
begin
    -- the plan of a fold is large: to start it takes longer than this
    if not exists (select 1 from fax.session_uncounted n where n.started_at >= from_at and n.started_at < to_at) then
        return;
    end if;
    return query
    select s.server, s.result, s.result_class, 1, s.after_a_page
    from fax.session_uncounted n
    cross join lateral (
        select o.server, o.result, o.result_class, (coalesce(o.pages, 0) > 0)::integer as after_a_page
        from fax.sessions o
        where o.session_id = n.session_id and o.started_at = n.started_at
          and o.direction is distinct from 'detector'
          and o.end_observed_by <> 'open'
        offset 0
    ) s
    where n.started_at >= from_at and n.started_at < to_at;
end
$$;
