-- grain: one append of at least one new row
-- example: select max(last_position) from fax.append_batch;
create table fax.append_batch (
    first_position bigint not null,
    last_position  bigint primary key,
    rows           bigint not null,
    appended_at    timestamptz not null default clock_timestamp(),
    collector_id   text not null,
    check (rows = last_position - first_position + 1)
);

comment on table fax.append_batch is 'One append to the history: its positions, its collector and its time. Append-only.';
comment on column fax.append_batch.first_position is 'Position of the first row.';
comment on column fax.append_batch.last_position is 'Position of the last row.';
comment on column fax.append_batch.rows is 'Number of rows.';
comment on column fax.append_batch.appended_at is 'Time of the append, by the database''s clock.';
comment on column fax.append_batch.collector_id is 'Collector that appended: an ingestor (its host and the id of its spool) or the importer.';
