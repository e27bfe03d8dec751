-- grain: one append of at least one new row
-- example: select max(last_position) from fax.append_batch;
create table fax.append_batch (
    first_position bigint not null,  -- Position of the first row.
    last_position  bigint primary key,  -- Position of the last row.
    rows           bigint not null,  -- Number of rows.
    appended_at    timestamptz not null default clock_timestamp(),  -- Time of the append, by the database's clock.
    collector_id   text not null,  -- Collector that appended: an ingestor (its host and the id of its spool) or the importer.
    check (rows = last_position - first_position + 1)
);

comment on table fax.append_batch is 'One append to the history: its positions, its collector and its time. Append-only.';
