-- grain: one server, account and direction on one UTC day
-- example: select day, server, direction, sessions, pages from fax.usage_daily where day >= '2026-11-01' order by day;
-- Computed day by day, so that a filter on the day reads only the sessions of those days. For another time zone or
-- bucket use fax.usage().
create view fax.usage_daily as
select
    d.day,
    u.server,
    u.account_code,
    u.direction,
    u.sessions,
    u.pages,
    u.bad_lines,
    u.seconds,
    u.successes,
    u.failures,
    u.unknown_ends
from (
    select generate_series(
        (select min(s.started_at) at time zone 'UTC' from fax.session s)::date,
        (select max(s.started_at) at time zone 'UTC' from fax.session s)::date,
        interval '1 day')::date as day
) d
cross join lateral fax.usage(d.day, d.day + 1, 'UTC', 'day') u;

comment on view fax.usage_daily is 'Usage by UTC day, server, account and direction. A session counts on the day on which it started. Days without faxes have no row.';
comment on column fax.usage_daily.day is 'UTC day on which the sessions started.';
comment on column fax.usage_daily.server is 'Name of the server in the settings.';
comment on column fax.usage_daily.account_code is 'Account code of the channel. NULL if none or not reported.';
comment on column fax.usage_daily.direction is 'sent, received or gateway. NULL if not reported.';
comment on column fax.usage_daily.sessions is 'Sessions: successes, failures and unknown_ends together.';
comment on column fax.usage_daily.pages is 'Pages of these sessions. NULL if none of them reported pages.';
comment on column fax.usage_daily.bad_lines is 'Bad lines on accepted pages of the sessions that can measure them. NULL if none can.';
comment on column fax.usage_daily.seconds is 'Seconds from first observation to end, in total. NULL if none has ended.';
comment on column fax.usage_daily.successes is 'Sessions with result success.';
comment on column fax.usage_daily.failures is 'Sessions with result failed.';
comment on column fax.usage_daily.unknown_ends is 'Sessions without a result on the wire, including open ones.';
