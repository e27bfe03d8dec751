-- Whether session numbers have restarted, so that res_fax.so was reloaded: the sessions that an observer lists after it
-- connected are on other channels than the stored sessions of the epoch with their numbers. NULL if not known yet.
-- Channel names do not repeat before Asterisk restarts, so one session on its channel shows that there was no reload. A
-- channel may have been replaced meanwhile (a transfer), so a single session on another channel counts only if the same
-- observer saw it end, at least 15 s before the connection (res_fax.c, disable_t38).
-- example: select fax.numbers_restarted('…', array['…']::uuid[], array['PJSIP/1-0000001a'], '2026-11-23 09:00+00', 'host-a');
create function fax.numbers_restarted(
    of_epoch uuid, of_sessions uuid[], channels text[], first_seen timestamptz, observer text
) returns boolean
language sql stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
    select case
        when bool_or(s.channel = l.channel) then false
        when count(*) > 1 then true
        when bool_or(exists (
            select from fax.session_history h
            where h.session_id = s.session_id and h.started_at = s.started_at and h.collector_id = observer
              and h.event in ('SendFAX', 'ReceiveFAX', 'Gone') and h.observed_at < first_seen - interval '15 seconds'
        )) then true
        when not exists (select from fax.session o where o.epoch_id = of_epoch and o.started_at < first_seen) then false
    end
    from unnest(of_sessions, channels) l (session_id, channel)
    join fax.session s on s.session_id = l.session_id
    where s.started_at < first_seen and s.channel is not null
$$;
