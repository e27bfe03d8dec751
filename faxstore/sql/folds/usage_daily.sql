-- grain: one server, account, direction and source on one UTC day
-- example: select day, server, direction, sessions, pages from fax.usage_daily where day >= '2026-11-01' order by day;
-- Computed day by day, so that a filter on the day reads only the sessions of those days. For another time zone or
-- bucket use fax.usage().
create view fax.usage_daily as
select
    d.day,  -- UTC day on which the sessions started.
    u.server,  -- Name of the server in the settings.
    u.account_code,  -- Account code of the channel. NULL if none or not reported.
    u.direction,  -- sent, received or gateway. NULL if not reported.
    u.sessions,  -- Sessions: successes, failures and unknown_ends together.
    u.pages,  -- Pages of these sessions. NULL if none of them reported pages.
    u.bad_lines,  -- Bad lines on accepted pages of the sessions that can measure them. NULL if none can.
    u.seconds,  -- Seconds from first observation to end of the sessions whose duration is known. NULL if none is.
    u.successes,  -- Sessions with result success.
    u.failures,  -- Sessions with result failed.
    u.unknown_ends,  -- Sessions without a result on the wire, including open ones.
    u.unknown_durations,  -- Sessions without a duration, which seconds leaves out: open ones, and those of which only the end was observed.
    u.source  -- observed, or the records in which another system reported the faxes: xferfaxlog, v_fax_logs or cdr (fax.reported_fax).
from (
    select generate_series(
        (least((select min(s.started_at) from fax.session s), (select min(r.started_at) from fax.reported_fax r))
            at time zone 'UTC')::date,
        (greatest((select max(s.started_at) from fax.session s), (select max(r.started_at) from fax.reported_fax r))
            at time zone 'UTC')::date,
        interval '1 day')::date as day
) d
cross join lateral fax.usage(d.day, d.day + 1, 'UTC', 'day') u;

comment on view fax.usage_daily is 'Usage by UTC day, server, account, direction and source. A session counts on the day on which it started. Days without faxes have no row.';
