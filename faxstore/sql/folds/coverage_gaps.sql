-- grain: one interval without a good poll of one server
-- example: select server, began_at, seconds, reason, missed_faxes from fax.coverage_gaps order by began_at;
-- Starts with the first poll of a server. For one server and a period use fax.gaps(), which reads only that period.
create view fax.coverage_gaps as
select
    s.server,
    g.began_at,
    g.ended_at,
    extract(epoch from g.ended_at - g.began_at) as seconds,
    g.reason,
    g.reasons,
    g.messages,
    (select count(*)
     from fax.session i
     join lateral (select f.* from fax.sessions f where f.session_id = i.session_id and f.started_at = i.started_at) f on true
     where i.server = s.server
       and i.started_at >= g.began_at - interval '1 day' and i.started_at <= coalesce(g.ended_at + interval '1 second', 'infinity')
       -- of the sessions of the day before, fold only those with a row since or without a recorded end
       and (i.is_open or exists (select 1 from fax.session_history h
                                 where h.session_id = i.session_id and h.started_at = i.started_at and h.observed_at >= g.began_at))
       and coalesce(f.ended_not_after, 'infinity') >= g.began_at
       and f.direction is distinct from 'detector') as sessions,
    (select greatest(m.attempts_missed, 0)
     from fax.reconcile(s.server, g.began_at, g.ended_at) m) as missed_faxes
from (
    select h.server, min(h.observed_at) as first_polled_at
    from fax.server_history h
    where h.event = 'Polled'
    group by h.server
) s
cross join lateral (
    select
        a.began_at,
        nullif(a.ended_at, 'infinity') as ended_at,
        a.reason,
        a.reasons,
        a.messages
    from fax.gaps(s.server, s.first_polled_at, 'infinity') a
    -- the future is not a gap
    where a.began_at < now()
) g;

comment on view fax.coverage_gaps is 'One interval without a good poll of one server: faxstore did not observe what happened in it.';
comment on column fax.coverage_gaps.server is 'Name of the server in the settings.';
comment on column fax.coverage_gaps.began_at is 'Last good poll before it, by the observer''s clock; if the collector was killed, the last recorded one, up to a minute earlier.';
comment on column fax.coverage_gaps.ended_at is 'First good poll after it. NULL if none yet.';
comment on column fax.coverage_gaps.seconds is 'Seconds from began_at to ended_at. NULL if it has not ended.';
comment on column fax.coverage_gaps.reason is 'Why it began: collector down, connection lost, server silent, permission (login or action refused), poll refused (res_fax not loaded, or a malformed list), polls late, or dropped (observed, but lost because a queue was full).';
comment on column fax.coverage_gaps.reasons is 'All reasons reported during the gap, in order.';
comment on column fax.coverage_gaps.messages is 'Messages of the collector or the server during the gap, in order. NULL if none.';
comment on column fax.coverage_gaps.sessions is 'Known sessions, without detectors, that overlap it and started at most a day before it.';
comment on column fax.coverage_gaps.missed_faxes is 'Attempts that the server counted between its FAXStats readings before and after the gap and that match no session; after a restart, only those since. NULL if a reading is missing.';
