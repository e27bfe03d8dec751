-- Takes the schema down again, but never a history: whoever wants that drops the database.
do $$
begin
    if exists (select 1 from fax.session_history) or exists (select 1 from fax.server_history)
       or exists (select 1 from fax.rejected_message) then
        raise exception 'downgrade refused: it would drop a history that is not empty';
    end if;
end
$$;

drop view fax.rejected_messages, fax.session_timeline, fax.session_pages, fax.sessions, fax.session_facts,
    fax.page_attempts, fax.session_rows;
drop function fax.append(uuid, text), fax.register_sessions(uuid), fax.listed(uuid, timestamptz, bigint[]),
    fax.resolve_epoch(text, uuid, uuid, timestamptz, boolean, timestamptz, text, timestamptz, boolean),
    fax.lock_append(), fax.make_partitions_ahead(integer), fax.make_partition(timestamptz), fax.protect(text),
    fax.resolution_name(integer), fax.page_quality(integer, integer), fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text);
drop table fax.waiting_record, fax.rejected_message, fax.server_history, fax.staged_row, fax.append_batch, fax.session_history,
    fax.session, fax.epoch;
drop function fax.refuse_change();
revoke usage on schema fax from fax_ingest, fax_reader;
