-- grain: one fax that was still open when a consumer's batch was made
-- example: select session_id from fax.export_pending where consumer = 'default';
-- A fax may end without a row of its own, because its server restarted. fax.begin_export_batch() maintains this table.
create table fax.export_pending (
    session_id uuid not null,  -- The fax.
    consumer   text not null,  -- The consumer.
    started_at timestamptz not null,  -- First observation of the fax. Determines the partition of its rows.
    primary key (session_id, consumer)
);

create index export_pending_consumer on fax.export_pending (consumer);

comment on table fax.export_pending is 'Faxes that were open when a consumer''s last batch was made. The next batch checks them again even without new rows.';
