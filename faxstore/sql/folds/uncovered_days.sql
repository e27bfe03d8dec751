-- grain: one UTC day of one server whose coverage is not stored (fax.coverage_day), or only up to more than an hour earlier
-- The part of the day before a moment is to be stored. A day of more than 20 years ago shows a wrong clock and is left out.
-- example: select * from fax.uncovered_days(now() - interval '1 day');
create function fax.uncovered_days(until_at timestamptz) returns table (server text, day date, until timestamptz)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select s.server, t.day, t.until
    from fax.polled_servers s
    cross join lateral generate_series(
        date_trunc('day', greatest(s.first_polled_at, now() - interval '20 years') at time zone 'UTC'),
        until_at at time zone 'UTC' - interval '1 microsecond',
        interval '1 day') as g (began)
    cross join lateral (
        select g.began::date as day, least((g.began + interval '1 day') at time zone 'UTC', until_at) as until
    ) t
    left join fax.coverage_day d on d.server = s.server and d.day = t.day
    where coalesce(d.until < t.until, true)
$$;
