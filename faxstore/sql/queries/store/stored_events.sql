-- grain: one of the given events (server, time, name, channel) that is stored
-- Each line of an observer has a microsecond of its own, so these identify an event. Its session began at most a
-- few minutes after it (a DialBegin precedes its fax) and at most a day before it.
select e.ordinal, h.session_id, s.epoch_id, s.session_number is null as unlisted, s.is_fax
from unnest(%(servers)s::text[], %(moments)s::timestamptz[], %(events)s::text[], %(channels)s::text[])
    with ordinality as e (server, observed_at, event, channel, ordinal)
join fax.session_history h
    on h.observed_at = e.observed_at
    and h.event = e.event
    and h.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
    and h.started_at between e.observed_at - interval '1 day' and e.observed_at + interval '1 hour'
join fax.session s on s.session_id = h.session_id and s.server = e.server
where s.channel = e.channel or h.details ->> 'Channel' = e.channel  -- the second if its channel was replaced
