-- grain: one month whose rows are in files only, or were deleted
-- example: select month, rows, positions from fax.dropped_month order by month;
create table fax.dropped_month (
    month      date primary key,  -- First day of the month (UTC) in which its sessions began.
    positions  int8multirange not null,  -- Positions of its rows.
    rows       bigint not null,  -- Number of rows.
    sessions   bigint not null,  -- Number of sessions.
    dropped_at timestamptz not null default clock_timestamp(),  -- When its rows were deleted, by the database's clock.
    dropped_by text not null default session_user,  -- Database user.
    deleted_at timestamptz  -- When its sessions and their totals were deleted, by the database's clock; then its files are too. NULL if they were not.
);

comment on table fax.dropped_month is 'Months whose rows were deleted from the database, because the files of fax.archive_file have them, or because their retention has ended. faxstore partitions drop adds rows, and restore removes them.';
