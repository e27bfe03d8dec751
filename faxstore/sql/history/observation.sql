-- grain: one observation of one session that is not packed yet, never changed
-- example: select count(*) from fax.observation;
-- fax.append() adds rows; fax.pack_sessions() moves those of past days to fax.session_pack. fax.session_history
-- shows both.
-- Each partition has the key (observed_at, session_id). A session is in one partition, so the key holds for all, without
-- the started_at that a key of the whole table would repeat. Rows arrive in the order of observed_at, so the key grows at
-- its end and its pages are full.
-- Columns are in order of decreasing alignment (16, 8, 4, 1 bytes, then text), so that rows contain no padding.
create table fax.observation (
    session_id            uuid not null,  -- The session (fax.session).
    started_at            timestamptz not null,  -- First observation of the session, the same in all its rows. Determines the partition.
    observed_at           timestamptz not null,  -- Time of the observation, by the observer's clock, to the microsecond.
    position              bigint not null,  -- Position in the history, from 1 without gaps, in commit order.
    data_rate             integer,  -- DataRate, bit/s. 14400 before negotiation is a default, not a measurement. NULL if not reported.
    x_resolution          integer,  -- Horizontal ImageResolution, pixels per metre; 0 before negotiation. NULL if not reported.
    y_resolution          integer,  -- Vertical ImageResolution, pixels per metre; 0 before negotiation. NULL if not reported.
    page_number           integer,  -- PageNumber as sent: completed pages plus one. NULL if not reported.
    pages_transmitted     integer,  -- Confirmed pages sent so far; of a SendFAX event, PagesTransferred. NULL if not reported.
    pages_received        integer,  -- Pages received so far; of a ReceiveFAX event, PagesTransferred. NULL if not reported.
    total_bad_lines       integer,  -- TotalBadLines as sent: bad lines of the current page, not of the session. NULL if not reported.
    collector             integer not null,  -- Collector that observed it (fax.collector).
    words                 smallint,  -- Operation, state and session type of a snapshot (fax.snapshot_words), whose four columns of text are NULL. NULL if those have the values.
    error_correction_mode boolean,  -- ErrorCorrectionMode; false before negotiation is a default. NULL if not reported, or neither yes nor no.
    event                 text,  -- AMI event, or Gone, as in fax.session_history. NULL: FAXSession.
    operation             text,  -- Operation as sent. NULL if not reported, or in words.
    state                 text,  -- State as sent. NULL if not reported, or in words.
    session_type          text,  -- SessionType of the list entry: G.711, T.38 or none. NULL if not reported, or in words.
    file_name             text,  -- FileName as sent, the first if there are several (personal). NULL if not reported.
    details               jsonb  -- Headers without a column of their own, and values that did not fit their column, as sent (personal). NULL if none.
) partition by range (started_at);

-- The rows of a session share one entry with their places, a seventh of the size of one entry per row.
create index observation_session on fax.observation (session_id);

-- faxstore follow reads the last positions several times a second: pages without a summary are read each time.
create index observation_position on fax.observation using brin (position) with (pages_per_range = 32, autosummarize = on);

-- fax.reconciliation looks up the completions of each minute.
create index observation_completion on fax.observation (observed_at) where event in ('SendFAX', 'ReceiveFAX');

-- The appender looks for a session whose channel was replaced; such rows are rare.
create index observation_hangup on fax.observation (observed_at) where event = 'Hangup';

-- Whether an account is on record. Codes from the wire can be of any length; index entries cannot.
create index observation_account on fax.observation (left(details ->> 'AccountCode', 100))
    where details ->> 'AccountCode' <> '';

-- Rows of recordings that are older than the schema. No partition of a day is ever added here, for which PostgreSQL would
-- have to read all of its rows.
create table fax.observation_past partition of fax.observation (primary key (observed_at, session_id))
    for values from (minvalue) to (date_trunc('day', now(), 'UTC'));

-- Later rows without a partition of their day: those of late sessions, and of a clock that is ahead.
create table fax.observation_default partition of fax.observation (primary key (observed_at, session_id)) default;

comment on table fax.observation is 'Rows of the history that are not packed: one per observation of a fax session. Append-only, partitioned by day (UTC) of started_at. fax.session_history shows them with those of fax.session_pack.';
