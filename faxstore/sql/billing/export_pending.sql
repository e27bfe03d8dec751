-- grain: one fax that a batch of a consumer saw before it had ended; the next batch looks at it again
-- example: select session_id from fax.export_pending where consumer = 'default';
-- A fax may end without a row of its own: its server begins a new life. Not history: fax.begin_export_batch() keeps it.
create table fax.export_pending (
    session_id uuid not null,
    consumer   text not null,
    started_at timestamptz not null,
    primary key (session_id, consumer)
);

create index export_pending_consumer on fax.export_pending (consumer);

comment on table fax.export_pending is 'Faxes that had not ended when a batch looked: the next batch of the consumer looks at them again, new rows or not.';
comment on column fax.export_pending.session_id is 'The fax.';
comment on column fax.export_pending.consumer is 'The consumer whose next batch looks at it.';
comment on column fax.export_pending.started_at is 'First observation of the fax; names the partition of its rows.';
