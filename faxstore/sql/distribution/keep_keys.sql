-- As in faxstore/sql/log/keep_keys.sql, in one statement per table: what the nodes find is collected as JSON.
create or replace function fax.keep_keys(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found_keys jsonb;
    new_kinds text[];
    new_values text[];
begin
    found_keys := array_to_json(array(
        select jsonb_build_object(
            'session_id', s.session_id, 'started_at', s.started_at, 'server', s.server,
            'called_number', s.called_number, 'fax_session_id', s.fax_session_id,
            'files', cardinality(s.file_names), 'distinct_files', cardinality(f.file_set),
            'job', fax.job_subject(s.direction, s.called_number, s.caller_number, f.file_set),
            'names_fax', coalesce(s.direction = 'sent', false) and s.called_number is not null and f.file_set is not null,
            'peer', case when s.direction is distinct from 'detector'
                then fax.peer(s.direction, s.remote_station_id, s.caller_number, s.called_number) end,
            'peer_is_station', fax.peer_id(s.remote_station_id) is not null)
        from fax.sessions s
        cross join lateral fax.file_set(s.file_names) f (file_set)
        where s.session_id = any (of_sessions)));
    select array_agg(v.kind), array_agg(v.value) into new_kinds, new_values
    from (
        select distinct v.kind, v.value
        from jsonb_to_recordset(found_keys) e (job text, peer text)
        cross join lateral (values ('job', e.job), ('peer', e.peer)) v (kind, value)
        where v.value is not null
          and not exists (select from fax.pseudonym p where p.kind = v.kind and p.value = v.value)
    ) v;
    insert into fax.pseudonym (pseudonym, kind, value)
    select gen_random_uuid(), v.kind, v.value from unnest(new_kinds, new_values) v (kind, value);
    perform fax.keep_found_keys(found_keys);
    perform fax.keep_detectors(of_sessions);
    perform fax.forget_values(of_sessions);
end
$$;
