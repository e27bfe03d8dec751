-- Takes the billing ledger away, but never one that has handed out anything: whoever wants that drops the database.
do $$
begin
    if exists (select 1 from fax.export_batch) then
        raise exception 'downgrade refused: it would drop a billing ledger that is not empty';
    end if;
end
$$;

create or replace function fax.erase_session(of_session uuid, because text) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    began timestamptz := (select s.started_at from fax.session s where s.session_id = of_session);
    of_salt bytea;
    taken bigint;
begin
    if began is null then
        raise exception 'there is no session %', of_session using errcode = 'no_data_found';
    end if;
    perform fax.lock_log();
    insert into fax.session_salt (session_id) values (of_session) on conflict do nothing;
    select k.salt into of_salt from fax.session_salt k where k.session_id = of_session;

    insert into fax.erased_digest (session_id, position, file_name, details)
    select
        h.session_id, h.position,
        fax.personal_digest(of_salt, 'file_name', h.file_name),
        fax.personal_digest(of_salt, 'details', case when fax.plain_details(h.details) <> h.details then h.details::text end)
    from fax.session_history h
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    get diagnostics taken = row_count;
    insert into fax.erasure (reason, session_id, erased_rows) values (because, of_session, taken);

    update fax.session_history h
    set file_name = null, details = fax.plain_details(h.details)
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    update fax.session s set channel = null where s.session_id = of_session and s.channel is not null;
    delete from fax.session_salt k where k.session_id = of_session;
    return taken;
end
$$;

drop function
    fax.export_as_of(text, bigint, timestamp, timestamp, text), fax.export_delivered(text, bigint),
    fax.end_export_batch(text, text, integer, bytea), fax.begin_export_batch(text, boolean), fax.export_due(text, boolean),
    fax.export_seen(uuid, timestamptz), fax.export_changes(fax.export_line, fax.export_line), fax.erase_export_lines(uuid);
drop table fax.export_delivery, fax.export_pending;
drop trigger seal on fax.export_line;
drop trigger append_only_but_erase on fax.export_line;
drop function
    fax.seal_export_line(), fax.refuse_export_line_change(), fax.export_line_digest(fax.export_line),
    fax.export_personal_digest(fax.export_line), fax.text_digest(text[]);
drop table fax.export_line, fax.export_batch;
revoke usage on schema fax from fax_export;
