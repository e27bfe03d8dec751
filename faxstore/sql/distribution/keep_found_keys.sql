-- Stores the keys of sessions that fax.keep_keys() has found, with their pseudonyms and rates. Of a session that was erased
-- before, what is stored changes only if it shows more now.
-- example: select fax.keep_found_keys('[{"session_id": "…", "peer": "+15550100", "peer_is_station": false}]');
create or replace function fax.keep_found_keys(found_keys jsonb) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.erased_key (
        session_id, job, names_fax, peer, peer_is_station, rate_ids, files, distinct_files, fax_session_id)
    select
        e.session_id,
        case when c.new_job then j.pseudonym else old.job end,
        case when not c.new_job then old.names_fax when j.pseudonym is not null then e.names_fax end,
        case when c.new_peer then p.pseudonym else old.peer end,
        case when not c.new_peer then old.peer_is_station when p.pseudonym is not null then e.peer_is_station end,
        coalesce(old.rate_ids, case when e.called_number is not null then array(
            select min(r.rate_id)
            from fax.rate r
            where starts_with(fax.peer_id(e.called_number), r.called_prefix)
              and (r.server is null or r.server = e.server)
              and r.valid_from <= e.started_at and (r.valid_to is null or r.valid_to > e.started_at)
            group by r.called_prefix
            order by 1) end),
        coalesce(old.files, e.files), coalesce(old.distinct_files, e.distinct_files),
        coalesce(old.fax_session_id, e.fax_session_id)
    from jsonb_to_recordset(found_keys) e (
        session_id uuid, started_at timestamptz, server text, called_number text, fax_session_id uuid, files integer,
        distinct_files integer, job text, names_fax boolean, peer text, peer_is_station boolean)
    left join fax.erased_key old on old.session_id = e.session_id
    left join fax.pseudonym j on j.kind = 'job' and j.value = e.job
    left join fax.pseudonym p on p.kind = 'peer' and p.value = e.peer
    cross join lateral (
        select
            old.job is null or coalesce(j.pseudonym is not null and e.names_fax and not old.names_fax, false) as new_job,
            old.peer is null
                or coalesce(p.pseudonym is not null and e.peer_is_station and not old.peer_is_station, false) as new_peer
    ) c
    on conflict (session_id) do update
        set job = excluded.job, names_fax = excluded.names_fax, peer = excluded.peer,
            peer_is_station = excluded.peer_is_station, rate_ids = excluded.rate_ids, files = excluded.files,
            distinct_files = excluded.distinct_files, fax_session_id = excluded.fax_session_id;
end
$$;
