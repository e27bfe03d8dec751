-- The time with good polls of a server that overlaps the interval between two moments: of days that are stored
-- (fax.coverage_day) the whole day, of other time what fax.polled_time() computes.
-- example: select fax.covered_time('pbx1', '2026-11-23', '2026-11-24');
create function fax.covered_time(of_server text, since timestamptz, until timestamptz) returns tstzmultirange
language sql stable parallel safe
set plan_cache_mode = force_generic_plan  -- planning costs more than the fold of a session's time
begin atomic
    with stored as (
        select
            coalesce(range_agg(tstzrange(d.day::timestamp at time zone 'UTC', d.until, '[]')), '{}') as time,
            coalesce(range_agg(d.covered), '{}') as covered
        from fax.coverage_day d
        where d.server = of_server
          and d.day >= (since at time zone 'UTC')::date and d.day <= (covered_time.until at time zone 'UTC')::date
    )
    select s.covered + coalesce(
        (select range_agg(fax.polled_time(of_server, lower(u.time), upper(u.time)))
         from unnest(tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end) - s.time) as u (time)),
        '{}')
    from stored s;
end;
