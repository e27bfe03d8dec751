-- Erases the personal values of one session from the history, fax.session, the billing ledger and the state of pending
-- imports. The caller holds the locks of erasing and packing, and has called fax.keep_keys() and fax.outdate_files().
-- Returns the number of rows erased.
-- example: select fax.erase_values('…', 'request of 2026-11-25');
create function fax.erase_values(of_session uuid, because text) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    began timestamptz := (select s.started_at from fax.session s where s.session_id = of_session);
    current_salt bytea;
    erased bigint;
begin
    if began is null then
        raise exception 'there is no session %', of_session using errcode = 'no_data_found';
    end if;
    perform fax.erase_reader_state(of_session);
    insert into fax.session_salt (session_id) values (of_session) on conflict do nothing;
    select k.salt into current_salt from fax.session_salt k where k.session_id = of_session;

    insert into fax.erased_digest (session_id, position, file_name, details)
    select
        h.session_id, h.position,
        fax.personal_digest(current_salt, 'file_name', h.file_name),
        fax.personal_digest(current_salt, 'details', case when fax.plain_details(h.details) <> h.details then h.details::text end)
    from fax.session_history h
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    get diagnostics erased = row_count;
    insert into fax.erasure (reason, session_id, erased_rows) values (because, of_session, erased);

    update fax.observation h
    set file_name = null, details = fax.plain_details(h.details)
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    update fax.session_pack p
    set rows = array(select fax.without_personal_values(r) from unnest(p.rows) r order by r.details is null, r.position)
    where p.session_id = of_session and p.started_at = began
      and exists (select from unnest(p.rows) r where r.file_name is not null or fax.plain_details(r.details) <> r.details);
    perform fax.forget_totals(array[of_session]);
    update fax.session s set channel = null where s.session_id = of_session and s.channel is not null;
    delete from fax.session_salt k where k.session_id = of_session;
    perform fax.erase_export_lines(of_session);
    return erased;
end
$$;
