-- Stores the fax of each detector that finds it by the name of a channel that is about to be erased.
-- example: select fax.keep_detectors(array['…']::uuid[]);
create or replace function fax.keep_detectors(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    epochs uuid[];
    channels text[];
    detectors uuid[];
    faxes uuid[];
begin
    select array_agg(s.epoch_id), array_agg(s.channel) into epochs, channels
    from fax.session s
    where s.session_id = any (of_sessions) and s.channel is not null;
    detectors := array(select d.session_id from fax.session d where d.epoch_id = any (epochs) and d.channel = any (channels));
    select array_agg(s.session_id), array_agg(s.fax_session_id) into detectors, faxes
    from fax.sessions s
    where s.session_id = any (detectors) and s.fax_session_id = any (of_sessions);
    insert into fax.erased_key (session_id, fax_session_id)
    select d.session_id, coalesce(old.fax_session_id, d.fax_session_id)
    from unnest(detectors, faxes) d (session_id, fax_session_id)
    left join fax.erased_key old on old.session_id = d.session_id
    on conflict (session_id) do update set fax_session_id = excluded.fax_session_id;
end
$$;
