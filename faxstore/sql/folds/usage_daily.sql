-- grain: one server, account and direction on one UTC day
-- example: select day, server, direction, sessions, pages from fax.usage_daily where day >= '2026-11-01' order by day;
-- Day by day, so that a filter on the day reads only the sessions of those days. For another time zone, or another
-- bucket than a day: fax.usage().
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

comment on view fax.usage_daily is 'Usage by UTC day, server, account and direction; a session counts on the day on which it began. Days without faxes have no row.';
comment on column fax.usage_daily.day is 'UTC day on which the sessions began.';
comment on column fax.usage_daily.server is 'Name of the server in the settings.';
comment on column fax.usage_daily.account_code is 'Account code of the channel. NULL: none, or not told.';
comment on column fax.usage_daily.direction is 'sent, received or gateway. NULL: not told.';
comment on column fax.usage_daily.sessions is 'Sessions: successes, failures and unknown_ends together.';
comment on column fax.usage_daily.pages is 'Pages of them. NULL: told of none.';
comment on column fax.usage_daily.bad_lines is 'Bad lines in the pages kept, of the sessions that can measure them. NULL: none of them can.';
comment on column fax.usage_daily.seconds is 'Seconds from their first observation to their end. NULL: none has ended.';
comment on column fax.usage_daily.successes is 'Sessions with result success.';
comment on column fax.usage_daily.failures is 'Sessions with result failed.';
comment on column fax.usage_daily.unknown_ends is 'Sessions whose result was not on the wire, open ones too.';
