-- grain: one fall of the measured data rate within one session
-- example: select page, rate_before, data_rate from fax.session_rate_falls where session_id = '…' order by fall;
-- As many rows as fax.sessions.rate_falls. The default before negotiation is not a rate.
create view fax.session_rate_falls as
select
    f.session_id,  -- The session.
    f.server,  -- Name of the server in the settings.
    f.started_at,  -- First observation of the session.
    f.session_number,  -- As in fax.sessions. NULL if the fax is known only from its events.
    fax.direction(f.operation) as direction,  -- As in fax.sessions: sent, received, gateway or detector. NULL if none of these.
    f.fall,  -- Number of the fall within the session, from 1, in order of time.
    f.observed_falls[f.fall][1] as page,  -- PageNumber at the first snapshot with the lower rate: completed pages plus one. NULL if not reported.
    f.observed_falls[f.fall][2] as rate_before,  -- Measured rate before the fall, bit/s.
    f.observed_falls[f.fall][3] as data_rate  -- Measured rate after the fall, bit/s.
from (
    -- in the select list: a distributed database accepts no join of fax.session_facts that does not compare session_id
    select f.session_id, f.server, f.started_at, f.session_number, f.operation, f.observed_falls, generate_series(1, f.rate_falls::integer) as fall
    from fax.session_facts f
    where f.rate_falls > 0 and fax.is_shown(f.is_fax, f.session_number, f.snapshots, f.completed)
) f;

comment on view fax.session_rate_falls is 'One fall of the measured data rate within one session: the page, and the rate before and after it.';
