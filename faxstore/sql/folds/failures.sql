-- grain: one server, result class and UTC day
-- example: select day, server, result_class, sessions from fax.failures where day >= '2026-11-01' order by day, sessions desc;
-- Sessions that ended without a result on the wire have class NULL. How they ended is unknown, so they do not count as
-- failures of any class.
create view fax.failures as
select
    d.day,  -- UTC day on which the sessions started.
    c.server,  -- Name of the server in the settings.
    c.result_class,  -- Class as in Asterisk's fax show stats. NULL if they ended without a result on the wire.
    c.sessions,  -- Sessions of that class.
    c.after_a_page,  -- Of these, sessions with at least one completed page: partial faxes.
    c.faxes,  -- All sessions of the server that started that day and have ended, without detectors.
    round(c.sessions::numeric / c.faxes, 4) as share,  -- sessions divided by faxes, a ratio.
    round(sum(case when c.result_class is null or c.result_class = 'unknown_error' then c.sessions else 0 end) over of_day
          / sum(c.sessions) over of_day, 4) as unknown_share  -- Of the server's sessions of that day that ended without success, the share whose reason is unknown (class NULL or unknown_error), a ratio; 0 if all reasons are known. The same in each row of server and day.
from (
    select generate_series(
        (select min(s.started_at) at time zone 'UTC' from fax.session s)::date,
        (select max(s.started_at) at time zone 'UTC' from fax.session s)::date,
        interval '1 day')::date as day
) d
cross join lateral (
    select *
    from (
        select
            b.server,
            b.result,
            b.result_class,
            sum(b.sessions) as sessions,
            sum(b.after_a_page) as after_a_page,
            sum(sum(b.sessions)) over (partition by b.server)::bigint as faxes
        from (
            select r.server, r.result, r.result_class, r.sessions, r.after_a_page
            from fax.usage_rollup r
            where r.hours = 24 and r.span_start = d.day::timestamp at time zone 'UTC'
            union all
            select u.server, u.result, u.result_class, u.sessions, u.after_a_page
            from fax.uncounted_results(d.day::timestamp at time zone 'UTC', (d.day + 1)::timestamp at time zone 'UTC') u
        ) b
        group by b.server, b.result, b.result_class
    ) f
    where f.result <> 'success' and f.sessions > 0
) c
window of_day as (partition by d.day, c.server);

comment on view fax.failures is 'Sessions that ended without success, by server, result class and UTC day on which they started.';
