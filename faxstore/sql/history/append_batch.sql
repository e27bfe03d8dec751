-- grain: one append of at least one new row
-- example: select max(last_position) from fax.append_batch;
-- The first row follows the last one of the append before. fax.append_batches shows it, and the name of the collector.
create table fax.append_batch (
    last_position bigint primary key,  -- Position of the last row.
    appended_at   timestamptz not null default clock_timestamp(),  -- Time of the append, by the database's clock.
    rows          integer not null,  -- Number of rows.
    collector     integer not null  -- Collector that appended (fax.collector).
);

-- Appends are in the order of their times.
create index append_batch_appended on fax.append_batch using brin (appended_at);

comment on table fax.append_batch is 'One append to the history: its positions, its collector and its time. Append-only. fax.append_batches shows it with names.';
