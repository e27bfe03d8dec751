-- grain: one observation that is being appended, for the duration of one transaction
-- example: copy fax.staged_row (…) from stdin;
-- Unlogged: rows lost in a crash were not acknowledged and are still in the spool.
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

comment on table fax.staged_row is 'Rows copied in for fax.append(), which deletes them in the same transaction.';
comment on column fax.staged_row.batch is 'The batch: one transaction of one appender.';
comment on column fax.staged_row.ordinal is 'Order within the batch.';
comment on column fax.staged_row.session_id is 'The session.';
comment on column fax.staged_row.epoch_id is 'The epoch of the session.';
comment on column fax.staged_row.observed_at is 'Time of the observation.';
comment on column fax.staged_row.session_number is 'SessionNumber. NULL for an event that names only its channel.';
comment on column fax.staged_row.channel is 'Channel (personal). NULL if not reported.';
comment on column fax.staged_row.uniqueid is 'Uniqueid. NULL if not reported.';
comment on column fax.staged_row.technology is 'Technology. NULL if not reported.';
comment on column fax.staged_row.data_rate is 'As in fax.session_history.';
comment on column fax.staged_row.x_resolution is 'As in fax.session_history.';
comment on column fax.staged_row.y_resolution is 'As in fax.session_history.';
comment on column fax.staged_row.page_number is 'As in fax.session_history.';
comment on column fax.staged_row.pages_transmitted is 'As in fax.session_history.';
comment on column fax.staged_row.pages_received is 'As in fax.session_history.';
comment on column fax.staged_row.total_bad_lines is 'As in fax.session_history.';
comment on column fax.staged_row.error_correction_mode is 'As in fax.session_history.';
comment on column fax.staged_row.event is 'As in fax.session_history.';
comment on column fax.staged_row.operation is 'As in fax.session_history.';
comment on column fax.staged_row.state is 'As in fax.session_history.';
comment on column fax.staged_row.session_type is 'As in fax.session_history.';
comment on column fax.staged_row.file_name is 'As in fax.session_history (personal).';
comment on column fax.staged_row.details is 'As in fax.session_history (personal).';
