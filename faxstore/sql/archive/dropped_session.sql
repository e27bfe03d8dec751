-- grain: one session whose rows are in files only, with what searches and appends need of them
-- example: select session_id, cardinality(moments) from fax.dropped_session where started_at >= '2025-12-01';
-- Its total (fax.session_total) stays as it is until the rows are back.
create table fax.dropped_session (
    session_id        uuid primary key,  -- The session (fax.session).
    started_at        timestamptz not null,  -- As in fax.session.
    first_observed_at timestamptz not null,  -- Time of the first of its rows.
    last_observed_at  timestamptz not null,  -- Time of the last of its rows.
    first_position    bigint not null,  -- Lowest position of its rows.
    last_position     bigint not null,  -- Highest position of its rows.
    completed_at      timestamptz,  -- First completion event among its rows. NULL if none.
    hung_up_at        timestamptz,  -- Last Hangup among its rows. NULL if none.
    server            text not null,  -- As in fax.session.
    is_stale          boolean not null default false,  -- Whether its total must be computed again when its rows are back: a late row or a correction arrived.
    moments           timestamptz[] not null  -- observed_at of each of its rows, in the order of its pack: fax.append() recognises a repeat by it.
);

create index dropped_session_started on fax.dropped_session (started_at);
create index dropped_session_completed on fax.dropped_session (completed_at) where completed_at is not null;

comment on table fax.dropped_session is 'Sessions whose rows were deleted from the database, because the files of fax.archive_file have them. faxstore partitions drop adds rows, and restore removes them.';
