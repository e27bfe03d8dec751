-- grain: one observation that is being appended, for the duration of one transaction
-- example: copy fax.staged_row (…) from stdin;
-- Unlogged: rows lost in a crash were not acknowledged and are still in the spool.
create unlogged table fax.staged_row (
    batch                 uuid not null,  -- The batch: one transaction of one appender.
    ordinal               integer not null,  -- Order within the batch.
    session_id            uuid not null,  -- The session.
    epoch_id              uuid not null,  -- The epoch of the session.
    observed_at           timestamptz not null,  -- Time of the observation.
    is_fax                boolean not null default true,  -- As in fax.session.
    is_prelude            boolean not null default false,  -- Whether the row precedes the start of its fax: a DialBegin, or a variable set before.
    session_number        bigint,  -- SessionNumber. NULL for an event that names only its channel.
    data_rate             integer,  -- As in fax.session_history.
    x_resolution          integer,  -- As in fax.session_history.
    y_resolution          integer,  -- As in fax.session_history.
    page_number           integer,  -- As in fax.session_history.
    pages_transmitted     integer,  -- As in fax.session_history.
    pages_received        integer,  -- As in fax.session_history.
    total_bad_lines       integer,  -- As in fax.session_history.
    error_correction_mode boolean,  -- As in fax.session_history.
    event                 text not null,  -- As in fax.session_history.
    operation             text,  -- As in fax.session_history.
    state                 text,  -- As in fax.session_history.
    session_type          text,  -- As in fax.session_history.
    channel               text,  -- Channel (personal). NULL if not reported.
    uniqueid              text,  -- Uniqueid. NULL if not reported.
    technology            text,  -- Technology. NULL if not reported.
    file_name             text,  -- As in fax.session_history (personal).
    details               jsonb  -- As in fax.session_history (personal).
);

create index staged_row_batch on fax.staged_row (batch);

comment on table fax.staged_row is 'Rows copied in for fax.append(), which deletes them in the same transaction.';
