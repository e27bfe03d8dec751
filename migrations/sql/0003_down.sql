-- Every ingestor watches, and is named by its host.
drop function fax.unseen_reload(text, timestamptz, text, timestamptz, text);
drop function fax.hold_lease(text, text, double precision);
drop table fax.lease;

comment on column fax.session_history.collector_id is 'Who observed it: the ingestor''s host, or the import.';
comment on column fax.server_history.collector_id is 'Who observed it: the ingestor''s host, or the import.';
comment on column fax.rejected_message.collector_id is 'Who observed it: the ingestor''s host, or the import.';
comment on column fax.append_batch.collector_id is 'Who appended: the ingestor''s host, or the import.';
do $$
declare
    partition_name text;
begin
    for partition_name in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fax.session_history'::regclass and c.relname <> 'session_history_default'
    loop
        execute format('comment on column fax.%I.collector_id is %L', partition_name,
                       'Who observed it: the ingestor''s host, or the import.');
    end loop;
end
$$;
