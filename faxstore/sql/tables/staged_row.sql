-- grain: one observation on its way into the history, for the length of one transaction
-- Unlogged: what is lost with it was never acknowledged, and is still in the spool.
create unlogged table fax.staged_row (
    batch                 uuid not null,
    ordinal               integer not null,
    session_id            uuid not null,
    epoch_id              uuid not null,
    observed_at           timestamptz not null,
    session_number        bigint,
    data_rate             integer,
    x_resolution          integer,
    y_resolution          integer,
    page_number           integer,
    pages_transmitted     integer,
    pages_received        integer,
    total_bad_lines       integer,
    error_correction_mode boolean,
    event                 text not null,
    operation             text,
    state                 text,
    session_type          text,
    channel               text,
    uniqueid              text,
    technology            text,
    file_name             text,
    details               jsonb
);

create index staged_row_batch on fax.staged_row (batch);

comment on table fax.staged_row is 'Rows copied in for fax.append(), which takes them out in the same transaction.';
