-- grain: one of the given events (server, time, name, channel, Uniqueid) that is stored
-- Each line of an observer has a microsecond of its own, so these identify an event. Its session began at most a few
-- minutes after it (a DialBegin precedes its fax) and at most a day before it.
-- If the name of the channel was erased, the Uniqueid identifies it.
-- The limits make the planner probe an index for each event, whatever sizes it estimates.
-- example: select * from fax.stored_events('{pbx1}', '{2026-11-23 14:00:00.000001+00}', '{SendFAX}', '{PJSIP/1-0000001a}', '{null}');
create function fax.stored_events(
    servers text[], moments timestamptz[], events text[], channels text[], uniqueids text[]
) returns table (ordinal bigint, session_id uuid, epoch_id uuid, unlisted boolean, is_fax boolean)
language sql stable
begin atomic
    select e.ordinal, r.session_id, s.epoch_id, s.session_number is null, s.is_fax
    from unnest(servers, moments, events, channels, uniqueids)
        with ordinality as e (server, observed_at, event, channel, uniqueid, ordinal)
    cross join lateral (
        select h.session_id, h.details ->> 'Channel' as channel, nullif(h.details ->> 'Uniqueid', '') as uniqueid
        from (
            select o.session_id, o.details
            from fax.observation o
            where o.observed_at = e.observed_at
              and o.event = e.event
              and o.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
              and o.started_at between e.observed_at - interval '1 day' and e.observed_at + interval '1 hour'
            union all
            select p.session_id, k.details
            from fax.session_pack p
            cross join lateral unnest(p.rows) k
            where p.first_observed_at <= e.observed_at and p.last_observed_at >= e.observed_at
              and p.started_at between e.observed_at - interval '1 day' and e.observed_at + interval '1 hour'
              and k.observed_at = e.observed_at
              and k.event = e.event
              and k.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
        ) h
        limit 1000
    ) r
    cross join lateral (select * from fax.session where session_id = r.session_id limit 1) s
    where s.server = e.server
      and (s.channel = e.channel or r.channel = e.channel  -- the second if its channel was replaced
           or coalesce(r.uniqueid, s.uniqueid) = e.uniqueid);
end;
