-- grain: one spool of an ingestor
-- example: select collector_id, appended, appended_at from fax.spool_progress order by appended_at;
-- Not history: fax.append() changes it with each batch. The ingestor reads it after it connects, and continues there.
create table fax.spool_progress (
    spool_id     uuid primary key,  -- Id of the spool file. A spool that continues from an earlier record, after a failover or a restore, gets a new one.
    collector_id text not null,  -- Ingestor that appends from the spool.
    appended     bigint not null,  -- Number of records that were appended since the spool got this id, whether or not they became rows.
    last_keys    bigint[] not null,  -- Keys in the spool of the records of the last append: first and last key of each run of consecutive keys.
    appended_at  timestamptz not null  -- Time of the last append, by the database's clock.
)
-- Leaves room on the page for new versions of the row, so that updates need no new index entries (HOT).
with (fillfactor = 10);

comment on table fax.spool_progress is 'How many records of each spool are in this database. fax.append() changes it in the transaction that appends them.';
