-- Stores what figures need of these sessions before their personal values are erased: which faxes belong together, and
-- which rates apply. Stores no value and no part of one, except while another fax has the value (fax.pseudonym).
-- Reads the whole history once, to find those faxes.
-- example: select fax.keep_keys(array['…']::uuid[]);
create function fax.keep_keys(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with erased as materialized (
        select
            s.session_id, s.started_at, s.server, s.called_number, s.file_names, s.fax_session_id,
            f.file_set,
            fax.job_subject(s.direction, s.called_number, s.caller_number, f.file_set) as subject,
            coalesce(s.direction = 'sent', false) and s.called_number is not null and f.file_set is not null as names_fax,
            case when s.direction is distinct from 'detector'
                 then fax.peer(s.direction, s.remote_station_id, s.caller_number, s.called_number) end as peer,
            fax.peer_id(s.remote_station_id) is not null as peer_is_station
        from fax.sessions s
        cross join lateral fax.file_set(s.file_names) f (file_set)
        where s.session_id = any (of_sessions)
    ),
    added as (
        insert into fax.pseudonym (kind, value)
        select v.kind, v.value
        from erased e
        cross join lateral (values ('job', e.subject), ('peer', e.peer)) v (kind, value)
        where v.value is not null
          and not exists (select from fax.pseudonym p where p.kind = v.kind and p.value = v.value)
        group by v.kind, v.value
        returning pseudonym, kind, value
    ),
    known as (
        select a.pseudonym, a.kind, a.value from added a
        union all
        select p.pseudonym, p.kind, p.value from fax.pseudonym p where p.value is not null
    )
    insert into fax.erased_key as old (
        session_id, job, names_fax, peer, peer_is_station, rate_ids, files, distinct_files, fax_session_id)
    select
        e.session_id, j.pseudonym, case when j.pseudonym is not null then e.names_fax end,
        p.pseudonym, case when p.pseudonym is not null then e.peer_is_station end,
        case when e.called_number is not null then array(
            select min(r.rate_id)
            from fax.rate r
            where starts_with(fax.peer_id(e.called_number), r.called_prefix)
              and (r.server is null or r.server = e.server)
              and r.valid_from <= e.started_at and (r.valid_to is null or r.valid_to > e.started_at)
            group by r.called_prefix
            order by 1) end,
        cardinality(e.file_names), cardinality(e.file_set), e.fax_session_id
    from erased e
    left join known j on j.kind = 'job' and j.value = e.subject
    left join known p on p.kind = 'peer' and p.value = e.peer
    on conflict (session_id) do update
        set (job, names_fax) = (
                select excluded.job, excluded.names_fax where old.job is null or excluded.names_fax and not old.names_fax
                union all select old.job, old.names_fax limit 1),
            (peer, peer_is_station) = (
                select excluded.peer, excluded.peer_is_station
                where old.peer is null or excluded.peer_is_station and not old.peer_is_station
                union all select old.peer, old.peer_is_station limit 1),
            rate_ids = coalesce(old.rate_ids, excluded.rate_ids),
            files = coalesce(old.files, excluded.files),
            distinct_files = coalesce(old.distinct_files, excluded.distinct_files),
            fax_session_id = coalesce(old.fax_session_id, excluded.fax_session_id);

    -- detectors that find these faxes by the name of the channel
    insert into fax.erased_key as old (session_id, fax_session_id)
    select d.session_id, f.fax_session_id
    from fax.session g
    join fax.session d
        on d.epoch_id = g.epoch_id and left(d.channel, 100) = left(g.channel, 100) and d.channel = g.channel
        and d.session_id <> g.session_id
    cross join lateral (
        select s.fax_session_id from fax.sessions s where s.session_id = d.session_id and s.started_at = d.started_at offset 0
    ) f
    where g.session_id = any (of_sessions) and f.fax_session_id = g.session_id
    on conflict (session_id) do update set fax_session_id = coalesce(old.fax_session_id, excluded.fax_session_id);

    perform fax.forget_values(of_sessions);
end
$$;
