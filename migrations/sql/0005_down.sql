-- Takes the billing ledger away, but never one that has handed out anything: whoever wants that drops the database.
do $$
begin
    if exists (select 1 from fax.export_batch) then
        raise exception 'downgrade refused: it would drop a billing ledger that is not empty';
    end if;
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
