-- Whether session numbers have restarted, so that res_fax.so was reloaded: the sessions that an observer lists after it
-- connected are on other channels than the stored sessions of the epoch with their numbers. NULL if not known yet.
-- Channel names do not repeat before Asterisk restarts, so one session on its channel shows that there was no reload. A
-- channel may have been replaced meanwhile (a transfer), so a single session on another channel counts only if the same
-- observer saw it end, at least 15 s before the connection (res_fax.c, disable_t38).
-- example: select fax.numbers_restarted('…', array['…']::uuid[], array['PJSIP/1-0000001a'], '2026-11-23 09:00+00', 'host-a');
create function fax.numbers_restarted(
    of_epoch uuid, of_sessions uuid[], channels text[], first_seen timestamptz, observer text
) returns boolean
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    stored uuid[];
    on_its_channel boolean;
begin
    select array_agg(s.session_id), bool_or(s.channel = l.channel)
    into stored, on_its_channel
    from unnest(of_sessions, channels) l (session_id, channel)
    join fax.session s on s.session_id = l.session_id
    where s.started_at < first_seen and s.channel is not null;
    if on_its_channel then
        return false;
    elsif cardinality(stored) > 1 then
        return true;
    end if;
    perform from fax.session_history h
    where h.session_id = any (stored) and h.collector_id = observer
      and h.event in ('SendFAX', 'ReceiveFAX', 'Gone') and h.observed_at < first_seen - interval '15 seconds'
    limit 1;
    if found then
        return true;
    end if;
    perform from fax.session o where o.epoch_id = of_epoch and o.started_at < first_seen limit 1;
    return case when not found then false end;
end
$$;
