-- grain: one observation of one session, never changed
-- example: select observed_at, state, page_number from fax.session_history where session_id = '…' order by observed_at;
-- Columns are in order of decreasing alignment (16, 8, 4, 1 bytes, then text), so that rows contain no padding.
create table fax.session_history (
    session_id            uuid not null,
    started_at            timestamptz not null,
    observed_at           timestamptz not null,
    position              bigint not null,
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
    collector_id          text not null,
    file_name             text,
    details               jsonb,
    primary key (session_id, observed_at, started_at)
) partition by range (started_at);

create index session_history_position on fax.session_history using brin (position) with (pages_per_range = 32);

-- fax.reconciliation looks up the completions of each minute.
create index session_history_completion on fax.session_history (observed_at) where event in ('SendFAX', 'ReceiveFAX');

create table fax.session_history_default partition of fax.session_history default;

comment on table fax.session_history is 'The history: one row per observation of a fax session. Append-only, partitioned by month (UTC) of started_at.';
comment on column fax.session_history.session_id is 'The session (fax.session).';
comment on column fax.session_history.started_at is 'First observation of the session, the same in all its rows. Determines the partition.';
comment on column fax.session_history.observed_at is 'Time of the observation, by the observer''s clock, to the microsecond.';
comment on column fax.session_history.position is 'Position in the history, from 1 without gaps, in commit order.';
comment on column fax.session_history.data_rate is 'DataRate, bit/s. 14400 before negotiation is a default, not a measurement. NULL if not reported.';
comment on column fax.session_history.x_resolution is 'Horizontal ImageResolution, pixels per metre; 0 before negotiation. NULL if not reported.';
comment on column fax.session_history.y_resolution is 'Vertical ImageResolution, pixels per metre; 0 before negotiation. NULL if not reported.';
comment on column fax.session_history.page_number is 'PageNumber as sent: completed pages plus one. NULL if not reported.';
comment on column fax.session_history.pages_transmitted is 'Confirmed pages sent so far; of a SendFAX event, PagesTransferred. NULL if not reported.';
comment on column fax.session_history.pages_received is 'Pages received so far; of a ReceiveFAX event, PagesTransferred. NULL if not reported.';
comment on column fax.session_history.total_bad_lines is 'TotalBadLines as sent: bad lines of the current page, not of the session. NULL if not reported.';
comment on column fax.session_history.error_correction_mode is 'ErrorCorrectionMode; false before negotiation is a default. NULL if not reported, or neither yes nor no.';
comment on column fax.session_history.event is 'AMI event: FAXSession, FAXSessionsEntry (without the detail of a FAXSession), FAXStatus, Newexten (a fax application starts), Status (of its channel, requested once), SendFAX, ReceiveFAX, VarSet; or Gone: a complete list no longer contains the session.';
comment on column fax.session_history.operation is 'Operation as sent. NULL if not reported.';
comment on column fax.session_history.state is 'State as sent. NULL if not reported.';
comment on column fax.session_history.session_type is 'SessionType of the list entry: G.711, T.38 or none. NULL if not reported.';
comment on column fax.session_history.collector_id is 'Collector that observed it: an ingestor (its host and the id of its spool) or the importer.';
comment on column fax.session_history.file_name is 'FileName as sent, the first if there are several (personal). NULL if not reported.';
comment on column fax.session_history.details is 'Headers without a column of their own, and values that did not fit their column, as sent (personal). NULL if none.';
