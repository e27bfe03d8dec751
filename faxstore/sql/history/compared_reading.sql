-- grain: one FAXStats reading of a finished day and the one before it by the same collector
-- example: select to_at, attempts_missed from fax.compared_reading where series = 1 and to_at >= '2026-11-23' and to_at < '2026-11-24';
-- What is usual takes no space: a count that is 0 is NULL. So is each count if one of them is unknown or too large for its
-- column: counts then has all nine.
create table fax.compared_reading (
    to_at                  timestamptz not null,  -- Time of the reading.
    from_at                timestamptz not null,  -- Time of the reading before it.
    series                 integer not null,  -- Server and collector (fax.reading_series).
    transmit_attempts      smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    transmit_attempts_seen smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    receive_attempts       smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    receive_attempts_seen  smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    attempts_missed        smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    completed              smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    completed_seen         smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    failed                 smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    failed_seen            smallint,  -- As in fax.reconciliation. NULL if 0, or if in counts.
    restarted              boolean,  -- As in fax.reconciliation. NULL if false.
    counts                 bigint[]  -- The nine counts in the order of these columns, if one of them is unknown or not a smallint. NULL if none is.
);

-- A day of a series is written at once, so a query reads the pages of its period.
create index compared_reading_ranges on fax.compared_reading
    using brin (series, to_at, from_at) with (pages_per_range = 8, autosummarize = on);

comment on table fax.compared_reading is 'Stored rows of fax.reconciliation, of finished days (fax.reconciliation_day). fax.write_reconciliation() writes them; what changes such a row later deletes those of its day.';
