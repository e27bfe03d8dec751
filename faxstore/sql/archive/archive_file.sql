-- grain: one Parquet file with the rows of one month and server
-- example: select month, server, rows, pg_size_pretty(bytes) from fax.archive_file order by month, server;
-- The file is folder/month=2025-12/server=pbx1/history-0.parquet.
create table fax.archive_file (
    month          date not null,  -- First day of the month (UTC) in which its sessions began.
    server         text not null,  -- Name of the server in the settings.
    folder         text not null,  -- Folder of the archive on the machine that wrote the file.
    sha256         bytea not null check (length(sha256) = 32),  -- SHA-256 of the file.
    bytes          bigint not null,  -- Size of the file, bytes.
    rows           bigint not null,  -- Number of rows.
    sessions       bigint not null,  -- Number of sessions.
    first_position bigint not null,  -- Lowest position of its rows.
    last_position  bigint not null,  -- Highest position of its rows.
    size           bigint not null,  -- Rows of the checkpoint with which its rows were compared.
    is_outdated    boolean not null default false,  -- Whether an erasure has changed rows of the month since: the file must be written again.
    archived_at    timestamptz not null default clock_timestamp(),  -- When it was recorded, by the database's clock.
    archived_by    text not null default session_user,  -- Database user.
    primary key (month, server)
);

comment on table fax.archive_file is 'Parquet files with the rows of past months. faxstore partitions archive adds rows after it has read the files back and compared them with the log.';
