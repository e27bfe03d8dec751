-- grain: one session whose rows are packed
-- example: select cardinality(rows), last_position from fax.session_pack where session_id = '…';
-- Rows with details are together, because the compression finds only what repeats within 4 kB.
-- The columns before rows repeat what its rows contain, for searches that must not open every pack.
create table fax.session_pack (
    session_id        uuid not null,  -- The session (fax.session).
    started_at        timestamptz not null,  -- First observation of the session. Determines the partition.
    first_observed_at timestamptz not null,  -- Time of the first of its rows.
    last_observed_at  timestamptz not null,  -- Time of the last of its rows.
    first_position    bigint not null,  -- Lowest position of its rows.
    last_position     bigint not null,  -- Highest position of its rows.
    completed_at      timestamptz,  -- First completion event among its rows. NULL if none.
    hung_up_at        timestamptz,  -- Last Hangup among its rows. NULL if none.
    row_count         integer generated always as (cardinality(rows)) stored,  -- Number of its rows, so that they can be counted without opening the pack.
    rows              fax.observation[] not null,  -- Its rows as they were appended, those with details first, each kind in the order of position (personal). Rows that were appended after it was packed are in fax.observation until it is packed again.
    primary key (session_id, started_at)
) partition by range (started_at);

-- Readers by position open the packs that contain a range of positions, and the appender looks for an event of any
-- session by its time. Both grow with the pages of the table, because sessions are packed in the order of their start.
create index session_pack_ranges on fax.session_pack
    using brin (first_position, last_position, first_observed_at, last_observed_at)
    with (pages_per_range = 8, autosummarize = on);

-- fax.reconciliation looks up the completions of each minute.
create index session_pack_completed on fax.session_pack (completed_at) where completed_at is not null;

-- The appender looks for a session whose channel was replaced; such sessions are rare.
create index session_pack_hung_up on fax.session_pack (hung_up_at) where hung_up_at is not null;

-- A pack is compressed from 2 kB and stays in its row while it fits on a page: divided (TOAST), it would take more space
-- and a second index. Partitions have the storage of their table.
alter table fax.session_pack alter column rows set storage main;
create table fax.session_pack_default partition of fax.session_pack default;

comment on table fax.session_pack is 'The rows of one session, packed: unchanged, as one compressed array. Partitioned by month (UTC) of started_at. fax.session_history shows them as rows.';
