-- grain: one collector of rows of the history, and the number by which they name it
-- example: select collector, collector_id from fax.collector order by collector;
-- The numbers have no gaps: a query reads all names once and takes that of a row by its place, which costs less than a
-- join.
create table fax.collector (
    collector    integer primary key,  -- Its number, from 1 in the order of first appends.
    collector_id text not null unique  -- Its name: an ingestor (its host and the id of its spool) or the importer.
);

comment on table fax.collector is 'One collector that appended to the history. Rows store its number, which takes 4 bytes instead of 56. Append-only.';

comment on column fax.collector.collector is 'Its number, from 1 in the order of first appends.';

comment on column fax.collector.collector_id is 'Its name: an ingestor (its host and the id of its spool) or the importer.';

-- grain: one life of one server's fax registry (one load of res_fax.so), the scope of a SessionNumber
-- example: select server, started_at, reload_ordinal from fax.epoch order by first_seen_at;
create table fax.epoch (
    epoch_id       uuid primary key,  -- Identity of the epoch: a UUIDv5 of server and start.
    server         text not null,  -- Name of the server in the settings.
    started_at     timestamptz,  -- Start of the server, computed from Uptime of FullyBooted; accurate to about 1 s. NULL if not reported.
    startup_text   text,  -- CoreStartupDate and CoreStartupTime of CoreStatus, in the server's local time, as sent. NULL if not reported.
    reloaded_at    timestamptz,  -- When res_fax.so was reloaded within this start. NULL for the first load, or if the reload was not observed.
    reload_ordinal integer not null default 0,  -- Number of known reloads of res_fax.so within this start up to this epoch; 0 for the first load.
    first_seen_at  timestamptz not null,  -- First observation in this epoch, by the observer's clock.
    last_seen_at   timestamptz not null,  -- Latest observation in this epoch, by the observer's clock.
    known_after    bigint not null default 0,  -- Last position of the history when the epoch was added.
    ended_before   integer not null default 0,  -- Number of ended_sessions of the epochs that were added at the same position before it.
    ended_sessions uuid[] not null default '{}'  -- Sessions of earlier lives that were open until the epoch was added, in the order of their start: this life ended them. faxstore follow reports the first of them at position known_after, ordinal ended_before + 1.
);

create index epoch_server on fax.epoch (server, first_seen_at);
create index epoch_known on fax.epoch (known_after) where ended_sessions <> '{}';

comment on table fax.epoch is 'One life of a server''s fax registry. SessionNumber restarts at 0 in each. Starts within 2 s on one server are one epoch.';

comment on column fax.epoch.epoch_id is 'Identity of the epoch: a UUIDv5 of server and start.';

comment on column fax.epoch.server is 'Name of the server in the settings.';

comment on column fax.epoch.started_at is 'Start of the server, computed from Uptime of FullyBooted; accurate to about 1 s. NULL if not reported.';

comment on column fax.epoch.startup_text is 'CoreStartupDate and CoreStartupTime of CoreStatus, in the server''s local time, as sent. NULL if not reported.';

comment on column fax.epoch.reloaded_at is 'When res_fax.so was reloaded within this start. NULL for the first load, or if the reload was not observed.';

comment on column fax.epoch.reload_ordinal is 'Number of known reloads of res_fax.so within this start up to this epoch; 0 for the first load.';

comment on column fax.epoch.first_seen_at is 'First observation in this epoch, by the observer''s clock.';

comment on column fax.epoch.last_seen_at is 'Latest observation in this epoch, by the observer''s clock.';

comment on column fax.epoch.known_after is 'Last position of the history when the epoch was added.';

comment on column fax.epoch.ended_before is 'Number of ended_sessions of the epochs that were added at the same position before it.';

comment on column fax.epoch.ended_sessions is 'Sessions of earlier lives that were open until the epoch was added, in the order of their start: this life ended them. faxstore follow reports the first of them at position known_after, ordinal ended_before + 1.';

-- grain: one fax session: what identifies it and does not change, so that history rows need not repeat it
-- example: select session_id, started_at from fax.session where server = 'pbx1' and session_number = 7;
create table fax.session (
    session_id     uuid primary key,  -- Identity: a UUIDv5 of server, epoch and SessionNumber; of a fax known only from its events, of server, Uniqueid, application and ordinal.
    started_at     timestamptz not null,  -- First appended observation of the session, by the observer's clock. Determines the partition of its rows.
    session_number bigint,  -- SessionNumber within the epoch. NULL if the fax is known only from its events.
    epoch_id       uuid not null references fax.epoch,  -- Epoch in which SessionNumber counts.
    is_open        boolean not null default true,  -- True until a completion event or an absence from a complete list is appended. A hint for the appender; the views do not use it as evidence.
    is_fax         boolean not null default true,  -- False: a call that ran no fax, whose dialplan set fax variables. No view shows it.
    server         text not null,  -- Name of the server in the settings.
    operation      text,  -- Operation as first reported: send, receive, gateway, V.21 or none. NULL if not reported.
    channel        text,  -- Channel name as first reported (personal: may contain a number). NULL if not reported.
    uniqueid       text,  -- Uniqueid of the channel as first reported by an event. NULL if not reported.
    technology     text  -- Technology of the list entry, for example Spandsp. NULL if not reported.
);

create index session_started on fax.session (started_at);
create index session_server_started on fax.session (server, started_at);
-- Names from the wire can be of any length; index entries cannot.
create index session_channel on fax.session (epoch_id, left(channel, 100), started_at);
create index session_uniqueid on fax.session (left(uniqueid, 100));
create index session_open on fax.session (epoch_id) where is_open;

comment on table fax.session is 'Identity of one fax session, maintained by fax.append(). Its observations are in fax.session_history.';

comment on column fax.session.session_id is 'Identity: a UUIDv5 of server, epoch and SessionNumber; of a fax known only from its events, of server, Uniqueid, application and ordinal.';

comment on column fax.session.started_at is 'First appended observation of the session, by the observer''s clock. Determines the partition of its rows.';

comment on column fax.session.session_number is 'SessionNumber within the epoch. NULL if the fax is known only from its events.';

comment on column fax.session.epoch_id is 'Epoch in which SessionNumber counts.';

comment on column fax.session.is_open is 'True until a completion event or an absence from a complete list is appended. A hint for the appender; the views do not use it as evidence.';

comment on column fax.session.is_fax is 'False: a call that ran no fax, whose dialplan set fax variables. No view shows it.';

comment on column fax.session.server is 'Name of the server in the settings.';

comment on column fax.session.operation is 'Operation as first reported: send, receive, gateway, V.21 or none. NULL if not reported.';

comment on column fax.session.channel is 'Channel name as first reported (personal: may contain a number). NULL if not reported.';

comment on column fax.session.uniqueid is 'Uniqueid of the channel as first reported by an event. NULL if not reported.';

comment on column fax.session.technology is 'Technology of the list entry, for example Spandsp. NULL if not reported.';

-- grain: one value by which figures group faxes, and which an erasure removed from at least one of them
-- example: select kind, count(*), count(value) as with_value from fax.pseudonym group by kind;
-- The pseudonym is random. While a fax that was not erased has the value, erased and other faxes stay in one group.
-- fax.keep_keys() deletes the value with the last one, and then nothing leads from the pseudonym to it.
create table fax.pseudonym (
    pseudonym uuid primary key default gen_random_uuid(),  -- The pseudonym, drawn at random.
    kind      text not null check (kind in ('job', 'peer')),  -- What the value identifies: job (fax.job_subject) or peer (fax.peer).
    value     text  -- The value (personal). NULL once no fax has it any more.
);

-- Values from the wire can be of any length; entries of a B-tree cannot.
create index pseudonym_value on fax.pseudonym using hash (value);

comment on table fax.pseudonym is 'Pseudonyms for erased values by which fax.jobs and fax.quality() group faxes. Maintained by erasures; readable for fax_owner only.';

comment on column fax.pseudonym.pseudonym is 'The pseudonym, drawn at random.';

comment on column fax.pseudonym.kind is 'What the value identifies: job (fax.job_subject) or peer (fax.peer).';

comment on column fax.pseudonym.value is 'The value (personal). NULL once no fax has it any more.';

-- grain: one session whose figures depend on erased values, with what replaces them: no value and no part of one
-- example: select session_id, rate_ids from fax.erased_key where rate_ids <> '{}';
-- fax.keep_keys() adds rows before an erasure. It changes them only if rows that arrived after an earlier erasure show
-- more, and the session is erased again.
create table fax.erased_key (
    session_id      uuid primary key,  -- The session. Erased, or a detector whose fax was erased.
    job             uuid,  -- Pseudonym (fax.pseudonym) in place of fax.job_subject(). NULL if it had none.
    names_fax       boolean,  -- names_fax in fax.job_attempts. NULL if job is.
    peer            uuid,  -- Pseudonym (fax.pseudonym) in place of its peer in fax.quality(). NULL if it had none.
    peer_is_station boolean,  -- Whether that peer is a station id, not a number. NULL if peer is.
    rate_ids        integer[],  -- Of the rates valid at its start on its server, one for each called_prefix with which its called number started. NULL if that was unknown.
    files           integer,  -- Number of files, as in fax.sessions_masked. NULL if not reported.
    distinct_files  integer,  -- Number of different files, as in fax.jobs_masked. NULL if not reported.
    fax_session_id  uuid  -- fax_session_id in fax.sessions. NULL if none, or not a detector.
);

comment on table fax.erased_key is 'What keeps figures unchanged after an erasure: which faxes belong together, and which rates apply. Maintained by erasures.';

comment on column fax.erased_key.session_id is 'The session. Erased, or a detector whose fax was erased.';

comment on column fax.erased_key.job is 'Pseudonym (fax.pseudonym) in place of fax.job_subject(). NULL if it had none.';

comment on column fax.erased_key.names_fax is 'names_fax in fax.job_attempts. NULL if job is.';

comment on column fax.erased_key.peer is 'Pseudonym (fax.pseudonym) in place of its peer in fax.quality(). NULL if it had none.';

comment on column fax.erased_key.peer_is_station is 'Whether that peer is a station id, not a number. NULL if peer is.';

comment on column fax.erased_key.rate_ids is 'Of the rates valid at its start on its server, one for each called_prefix with which its called number started. NULL if that was unknown.';

comment on column fax.erased_key.files is 'Number of files, as in fax.sessions_masked. NULL if not reported.';

comment on column fax.erased_key.distinct_files is 'Number of different files, as in fax.jobs_masked. NULL if not reported.';

comment on column fax.erased_key.fax_session_id is 'fax_session_id in fax.sessions. NULL if none, or not a detector.';

-- Operation, state and session type of a snapshot as a number of three digits, one per value, 0 for NULL: 211 is receive,
-- Active, G.711. NULL for other events, and if one of the values is none of the usual ones.
-- fax.snapshot_operation(), fax.snapshot_state() and fax.snapshot_type() return the values.
-- example: select fax.snapshot_words('FAXSession', 'receive', 'Active', 'G.711');
create function fax.snapshot_words(event text, operation text, state text, session_type text) returns smallint
language sql immutable parallel safe
begin atomic
    select case when event = 'FAXSession' then (
        100 * case when operation is null then 0 when operation = 'send' then 1 when operation = 'receive' then 2
                   when operation = 'gateway' then 3 when operation = 'V.21' then 4 when operation = 'none' then 5 end
        + 10 * case when state is null then 0 when state = 'Active' then 1 when state = 'Complete' then 2
                    when state = 'Open' then 3 when state = 'Initialized' then 4 when state = 'Uninitialized' then 5 end
        + case when session_type is null then 0 when session_type = 'G.711' then 1 when session_type = 'T.38' then 2
               when session_type = 'none' then 3 end
    )::smallint end;
end;

comment on function fax.snapshot_words is 'Operation, state and session type of a snapshot as a number of three digits, one per value, 0 for NULL: 211 is receive, Active, G.711. NULL for other events, and if one of the values is none of the usual ones. fax.snapshot_operation(), fax.snapshot_state() and fax.snapshot_type() return the values.';

-- The operation of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.
-- example: select fax.snapshot_operation(211::smallint);
create function fax.snapshot_operation(words smallint) returns text
language sql immutable parallel safe
begin atomic
    select case words / 100
        when 1 then 'send' when 2 then 'receive' when 3 then 'gateway' when 4 then 'V.21' when 5 then 'none' end;
end;

comment on function fax.snapshot_operation is 'The operation of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.';

-- The state of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.
-- example: select fax.snapshot_state(211::smallint);
create function fax.snapshot_state(words smallint) returns text
language sql immutable parallel safe
begin atomic
    select case words / 10 % 10
        when 1 then 'Active' when 2 then 'Complete' when 3 then 'Open' when 4 then 'Initialized' when 5 then 'Uninitialized' end;
end;

comment on function fax.snapshot_state is 'The state of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.';

-- The session type of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.
-- example: select fax.snapshot_type(211::smallint);
create function fax.snapshot_type(words smallint) returns text
language sql immutable parallel safe
begin atomic
    select case words % 10 when 1 then 'G.711' when 2 then 'T.38' when 3 then 'none' end;
end;

comment on function fax.snapshot_type is 'The session type of a snapshot whose words are stored as a number (fax.snapshot_words). NULL if not reported.';

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

comment on column fax.observation.session_id is 'The session (fax.session).';

comment on column fax.observation.started_at is 'First observation of the session, the same in all its rows. Determines the partition.';

comment on column fax.observation.observed_at is 'Time of the observation, by the observer''s clock, to the microsecond.';

comment on column fax.observation.position is 'Position in the history, from 1 without gaps, in commit order.';

comment on column fax.observation.data_rate is 'DataRate, bit/s. 14400 before negotiation is a default, not a measurement. NULL if not reported.';

comment on column fax.observation.x_resolution is 'Horizontal ImageResolution, pixels per metre; 0 before negotiation. NULL if not reported.';

comment on column fax.observation.y_resolution is 'Vertical ImageResolution, pixels per metre; 0 before negotiation. NULL if not reported.';

comment on column fax.observation.page_number is 'PageNumber as sent: completed pages plus one. NULL if not reported.';

comment on column fax.observation.pages_transmitted is 'Confirmed pages sent so far; of a SendFAX event, PagesTransferred. NULL if not reported.';

comment on column fax.observation.pages_received is 'Pages received so far; of a ReceiveFAX event, PagesTransferred. NULL if not reported.';

comment on column fax.observation.total_bad_lines is 'TotalBadLines as sent: bad lines of the current page, not of the session. NULL if not reported.';

comment on column fax.observation.collector is 'Collector that observed it (fax.collector).';

comment on column fax.observation.words is 'Operation, state and session type of a snapshot (fax.snapshot_words), whose four columns of text are NULL. NULL if those have the values.';

comment on column fax.observation.error_correction_mode is 'ErrorCorrectionMode; false before negotiation is a default. NULL if not reported, or neither yes nor no.';

comment on column fax.observation.event is 'AMI event, or Gone, as in fax.session_history. NULL: FAXSession.';

comment on column fax.observation.operation is 'Operation as sent. NULL if not reported, or in words.';

comment on column fax.observation.state is 'State as sent. NULL if not reported, or in words.';

comment on column fax.observation.session_type is 'SessionType of the list entry: G.711, T.38 or none. NULL if not reported, or in words.';

comment on column fax.observation.file_name is 'FileName as sent, the first if there are several (personal). NULL if not reported.';

comment on column fax.observation.details is 'Headers without a column of their own, and values that did not fit their column, as sent (personal). NULL if none.';

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

comment on column fax.session_pack.session_id is 'The session (fax.session).';

comment on column fax.session_pack.started_at is 'First observation of the session. Determines the partition.';

comment on column fax.session_pack.first_observed_at is 'Time of the first of its rows.';

comment on column fax.session_pack.last_observed_at is 'Time of the last of its rows.';

comment on column fax.session_pack.first_position is 'Lowest position of its rows.';

comment on column fax.session_pack.last_position is 'Highest position of its rows.';

comment on column fax.session_pack.completed_at is 'First completion event among its rows. NULL if none.';

comment on column fax.session_pack.hung_up_at is 'Last Hangup among its rows. NULL if none.';

comment on column fax.session_pack.row_count is 'Number of its rows, so that they can be counted without opening the pack.';

comment on column fax.session_pack.rows is 'Its rows as they were appended, those with details first, each kind in the order of position (personal). Rows that were appended after it was packed are in fax.observation until it is packed again.';

-- grain: one account code on a packed row
-- example: select account from fax.packed_account order by account;
create table fax.packed_account (
    account text primary key  -- AccountCode as sent, its first 100 characters.
);

comment on table fax.packed_account is 'Account codes of packed rows, so that a search for an account opens no packs. Maintained by fax.pack_sessions().';

comment on column fax.packed_account.account is 'AccountCode as sent, its first 100 characters.';

-- Copies the comments of the columns of a table or view to the columns of the same names of another.
-- example: select fax.copy_comments('session_fold', 'session_facts');
create function fax.copy_comments(from_relation text, to_relation text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    described record;
begin
    for described in
        select t.attname as name, col_description(f.attrelid, f.attnum) as comment
        from pg_attribute f
        join pg_attribute t on t.attrelid = to_regclass(format('fax.%I', to_relation)) and t.attname = f.attname
        where f.attrelid = to_regclass(format('fax.%I', from_relation)) and f.attnum > 0
    loop
        execute format('comment on column fax.%I.%I is %L', to_relation, described.name, described.comment);
    end loop;
end
$$;

comment on function fax.copy_comments is 'Copies the comments of the columns of a table or view to the columns of the same names of another.';

-- grain: one observation of one session, never changed
-- example: select observed_at, state, page_number from fax.session_history where session_id = '…' order by observed_at;
-- A condition on session_id or started_at, or a join by session_id and started_at, opens only the packs of these sessions.
-- For a range of positions use fax.rows_between().
create view fax.session_history as
select
    u.session_id,
    u.started_at,
    r.observed_at,
    r.position,
    r.data_rate,
    r.x_resolution,
    r.y_resolution,
    r.page_number,
    r.pages_transmitted,
    r.pages_received,
    r.total_bad_lines,
    r.error_correction_mode,
    coalesce(r.event, 'FAXSession') as event,  -- AMI event: FAXSession, FAXSessionsEntry (without the detail of a FAXSession), FAXStatus, Newexten (a fax application starts), Status (of its channel, requested once), SendFAX, ReceiveFAX, VarSet, DialBegin (the call that the fax runs on is dialled), Hangup (only if the session goes on: its channel was replaced); or Gone: a complete list no longer contains the session.
    coalesce(r.operation, fax.snapshot_operation(r.words)) as operation,  -- Operation as sent. NULL if not reported.
    coalesce(r.state, fax.snapshot_state(r.words)) as state,  -- State as sent. NULL if not reported.
    coalesce(r.session_type, fax.snapshot_type(r.words)) as session_type,  -- SessionType of the list entry: G.711, T.38 or none. NULL if not reported.
    (array(select c.collector_id from fax.collector c order by c.collector))[r.collector] as collector_id,  -- Collector that observed it: an ingestor (its host and the id of its spool) or the importer.
    r.file_name,
    r.details
from (
    select o.session_id, o.started_at, array[o::fax.observation] as rows from (select * from fax.observation) o
    union all
    select p.session_id, p.started_at, p.rows as rows from fax.session_pack p
) u
-- one unnest over both tables: in a UNION, a branch with an unnest is read as a whole by every join
cross join lateral unnest(u.rows) r
-- always true; it shows a distributed database that a session is on one node
where r.session_id = u.session_id;

select fax.copy_comments('observation', 'session_history');
comment on column fax.session_history.started_at is 'First observation of the session, the same in all its rows.';

comment on view fax.session_history is 'The history: one row per observation of a fax session, whether it is stored as a row (fax.observation) or packed (fax.session_pack).';

comment on column fax.session_history.event is 'AMI event: FAXSession, FAXSessionsEntry (without the detail of a FAXSession), FAXStatus, Newexten (a fax application starts), Status (of its channel, requested once), SendFAX, ReceiveFAX, VarSet, DialBegin (the call that the fax runs on is dialled), Hangup (only if the session goes on: its channel was replaced); or Gone: a complete list no longer contains the session.';

comment on column fax.session_history.operation is 'Operation as sent. NULL if not reported.';

comment on column fax.session_history.state is 'State as sent. NULL if not reported.';

comment on column fax.session_history.session_type is 'SessionType of the list entry: G.711, T.38 or none. NULL if not reported.';

comment on column fax.session_history.collector_id is 'Collector that observed it: an ingestor (its host and the id of its spool) or the importer.';

-- The rows of the history between two positions, both included, in no order. Opens only packs that overlap the range.
-- example: select position, session_id, event from fax.rows_between(1001, 2000) order by position;
create function fax.rows_between(first_row bigint, last_row bigint) returns setof fax.session_history
language sql stable parallel safe
begin atomic
    select
        h.session_id, h.started_at, h.observed_at, h.position, h.data_rate, h.x_resolution, h.y_resolution, h.page_number,
        h.pages_transmitted, h.pages_received, h.total_bad_lines, h.error_correction_mode,
        coalesce(h.event, 'FAXSession'),
        coalesce(h.operation, fax.snapshot_operation(h.words)),
        coalesce(h.state, fax.snapshot_state(h.words)),
        coalesce(h.session_type, fax.snapshot_type(h.words)),
        (array(select c.collector_id from fax.collector c order by c.collector))[h.collector],
        h.file_name, h.details
    from (
        select
            o.session_id, o.started_at, o.observed_at, o.position, o.data_rate, o.x_resolution, o.y_resolution,
            o.page_number, o.pages_transmitted, o.pages_received, o.total_bad_lines, o.error_correction_mode, o.event,
            o.operation, o.state, o.session_type, o.collector, o.words, o.file_name, o.details
        from fax.observation o
        where o.position between first_row and last_row
        union all
        select
            p.session_id, p.started_at, r.observed_at, r.position, r.data_rate, r.x_resolution, r.y_resolution,
            r.page_number, r.pages_transmitted, r.pages_received, r.total_bad_lines, r.error_correction_mode, r.event,
            r.operation, r.state, r.session_type, r.collector, r.words, r.file_name, r.details
        from fax.session_pack p
        cross join lateral unnest(p.rows) r
        where p.first_position <= last_row and p.last_position >= first_row
          and r.position between first_row and last_row
    ) h;
end;

comment on function fax.rows_between is 'The rows of the history between two positions, both included, in no order. Opens only packs that overlap the range.';

-- The rows of the history between two positions, both included, in no order, with what identifies their sessions; NULL if a
-- session is not registered. The log reads them.
-- example: select position, server, session_number, event from fax.rows_with_sessions(1001, 2000) order by position;
create function fax.rows_with_sessions(first_row bigint, last_row bigint)
returns table (
    session_id uuid, started_at timestamptz, observed_at timestamptz, "position" bigint, data_rate integer,
    x_resolution integer, y_resolution integer, page_number integer, pages_transmitted integer, pages_received integer,
    total_bad_lines integer, error_correction_mode boolean, event text, operation text, state text, session_type text,
    collector_id text, file_name text, details jsonb, server text, epoch_id uuid, session_number bigint
)
language sql stable parallel safe
begin atomic
    select h.*, s.server, s.epoch_id, s.session_number
    from fax.rows_between(first_row, last_row) h
    left join fax.session s on s.session_id = h.session_id;
end;

comment on function fax.rows_with_sessions is 'The rows of the history between two positions, both included, in no order, with what identifies their sessions; NULL if a session is not registered. The log reads them.';

-- grain: one append of at least one new row
-- example: select max(last_position) from fax.append_batch;
-- The first row follows the last one of the append before. fax.append_batches shows it, and the name of the collector.
create table fax.append_batch (
    last_position bigint primary key,  -- Position of the last row.
    appended_at   timestamptz not null default clock_timestamp(),  -- Time of the append, by the database's clock.
    rows          integer not null,  -- Number of rows.
    collector     integer not null  -- Collector that appended (fax.collector).
);

-- Appends are in the order of their times.
create index append_batch_appended on fax.append_batch using brin (appended_at);

comment on table fax.append_batch is 'One append to the history: its positions, its collector and its time. Append-only. fax.append_batches shows it with names.';

comment on column fax.append_batch.last_position is 'Position of the last row.';

comment on column fax.append_batch.appended_at is 'Time of the append, by the database''s clock.';

comment on column fax.append_batch.rows is 'Number of rows.';

comment on column fax.append_batch.collector is 'Collector that appended (fax.collector).';

-- grain: one append of at least one new row
-- example: select first_position, last_position, collector_id from fax.append_batches order by last_position;
create view fax.append_batches as
select
    b.last_position - b.rows + 1 as first_position,  -- Position of the first row.
    b.last_position,  -- Position of the last row.
    b.rows::bigint as rows,  -- Number of rows.
    b.appended_at,  -- Time of the append, by the database's clock.
    c.collector_id  -- Collector that appended: an ingestor (its host and the id of its spool) or the importer.
from fax.append_batch b
left join fax.collector c on c.collector = b.collector;

comment on view fax.append_batches is 'One append to the history: its positions, its collector and its time.';

comment on column fax.append_batches.first_position is 'Position of the first row.';

comment on column fax.append_batches.last_position is 'Position of the last row.';

comment on column fax.append_batches.rows is 'Number of rows.';

comment on column fax.append_batches.appended_at is 'Time of the append, by the database''s clock.';

comment on column fax.append_batches.collector_id is 'Collector that appended: an ingestor (its host and the id of its spool) or the importer.';

-- The appends of a period, the second moment excluded, whose rows are not those that one transaction appended: a row was
-- changed, removed or added by other means. NULL is unbounded. One transaction (xmin) wrote the rows of an append and its
-- record, so a row that is not packed shows who wrote it. Packed rows are counted: whatever contains the rows of a
-- stretch of positions that no pack crosses must have as many rows as positions. Only packs of a stretch that differs
-- are opened, and those that cross an end of the period.
-- first_position and last_position: those of the append; of rows in no append, their own; of a hole between appends, its.
-- appended: rows by the record of the append; NULL of a hole. found: rows that are stored now. written_later: positions
-- of those that another transaction wrote, or no append; of packed rows only the latter shows.
-- example: select * from fax.changed_appends('2026-11-01', '2026-12-01');
create function fax.changed_appends(from_at timestamptz default null, to_at timestamptz default null)
returns table (first_position bigint, last_position bigint, appended bigint, found bigint, written_later bigint[])
language sql stable
begin atomic
    with append as materialized (
        select b.last_position - b.rows + 1 as first_position, b.last_position, b.rows, b.xmin as written_by
        from fax.append_batch b
        where b.appended_at >= coalesce(from_at, '-infinity') and b.appended_at < coalesce(to_at, 'infinity')
    ),
    -- the period has the positions after the append before it, and all later ones if it contains the last append
    period as materialized (
        select
            a.first_row,
            a.last_row,
            coalesce((select max(b.last_position) from fax.append_batch b where b.last_position < a.last_of_first), 0) as last_before,
            coalesce((select max(b.last_position) + 1 from fax.append_batch b where b.last_position < a.last_of_first),
                     -9223372036854775808) as since,
            case when exists (select from fax.append_batch b where b.last_position > coalesce(a.last_row, 0))
                 then a.last_row else 9223372036854775807 end as until
        from (
            select min(a.first_position) as first_row, max(a.last_position) as last_row, min(a.last_position) as last_of_first
            from append a
        ) a
    ),
    -- what contains rows: those that one transaction wrote, a pack, of a pack that crosses an end the rows within it
    stored as materialized (
        select min(o.position) as first_position, max(o.position) as last_position, count(*) as rows, o.xmin as written_by
        from fax.observation o
        where o.position between (select p.since from period p) and (select p.until from period p)
        group by o.xmin
        union all
        select k.first_position, k.last_position, k.row_count as rows, null::xid as written_by
        from fax.session_pack k
        where k.first_position >= (select p.since from period p) and k.last_position <= (select p.until from period p)
        union all
        select min(r.position) as first_position, max(r.position) as last_position, count(*) as rows, null::xid as written_by
        from fax.session_pack k
        cross join lateral unnest(k.rows) r
        where k.last_position >= (select p.since from period p) and k.first_position <= (select p.until from period p)
          and (k.first_position < (select p.since from period p) or k.last_position > (select p.until from period p))
          and r.position between (select p.since from period p) and (select p.until from period p)
        group by k.session_id, k.started_at
        union all
        -- the neighbours of the appends, so that holes at both ends are holes between two stretches
        select n.position as first_position, n.position as last_position, 1 as rows, null::xid as written_by
        from period p
        cross join lateral (values (p.first_row - 1), (p.last_row + 1)) n (position)
    ),
    stretch as (
        select min(b.first_position) as first_position, max(b.last_position) as last_position, sum(b.rows) as rows
        from (
            select s.*, count(*) filter (where s.begins) over (order by s.first_position, s.last_position rows unbounded preceding) as number
            from (
                select
                    s.*,
                    s.first_position > max(s.last_position)
                        over (order by s.first_position, s.last_position rows between unbounded preceding and 1 preceding) as begins
                from stored s
            ) s
        ) b
        group by b.number
    ),
    differing as materialized (
        select range_agg(int8range(d.first_position, d.last_position, '[]')) as positions
        from (
            select s.first_position, s.last_position
            from stretch s
            cross join period p
            where s.rows <> s.last_position - s.first_position + 1
               or s.last_position < p.first_row - 1 or s.first_position > p.last_row + 1
            union all
            select h.last_before + 1 as first_position, h.first_position - 1 as last_position
            from (select s.first_position, lag(s.last_position) over (order by s.first_position) as last_before from stretch s) h
            where h.first_position > h.last_before + 1
            union all
            select s.first_position, s.last_position
            from stored s
            where s.written_by is not null
              and not exists (
                  select
                  from append a
                  where a.written_by = s.written_by and a.first_position <= s.first_position and a.last_position >= s.last_position)
        ) d
    ),
    expected as materialized (
        select a.first_position, a.last_position, a.rows, a.written_by, n.position
        from append a
        cross join lateral generate_series(a.first_position, a.last_position) n (position)
        where int8range(a.first_position, a.last_position, '[]') && (select d.positions from differing d)
    ),
    opened as (
        select unnest(range_agg(o.positions)) as positions
        from (
            select int8range(e.first_position, e.last_position, '[]') as positions from expected e
            union
            select unnest(d.positions) as positions from differing d
        ) o
    ),
    present as (
        select r.position, r.written_by
        from opened n
        cross join lateral (
            select o.position, o.xmin as written_by
            from fax.observation o
            where o.position >= lower(n.positions) and o.position < upper(n.positions)
            union all
            select r.position, null::xid as written_by
            from fax.session_pack k
            cross join lateral unnest(k.rows) r
            where k.first_position < upper(n.positions) and k.last_position >= lower(n.positions)
              and (r.position <@ n.positions
                   -- an added row may be far from the others
                   or (k.first_position <@ n.positions and r.position not between k.first_position and k.last_position))
        ) r
    )
    select
        coalesce(e.first_position, r.position) as first_position,
        coalesce(e.last_position, r.position) as last_position,
        coalesce(max(e.rows), 0)::bigint as appended,
        count(r.position) as found,
        array_agg(r.position order by r.position)
            filter (where e.position is null or r.written_by <> e.written_by) as written_later
    from expected e
    full join present r on r.position = e.position
    group by 1, 2
    having count(r.position) <> coalesce(max(e.rows), 0) or bool_or(r.position is null or r.written_by <> e.written_by)
    union all
    select
        a.last_before + 1 as first_position,
        a.first_position - 1 as last_position,
        null::bigint as appended,
        0::bigint as found,
        null::bigint[] as written_later
    from (
        select a.first_position, lag(a.last_position, 1, p.last_before) over (order by a.last_position) as last_before
        from append a
        cross join period p
    ) a
    where a.first_position <> a.last_before + 1
    order by 1;
end;

comment on function fax.changed_appends is 'The appends of a period, the second moment excluded, whose rows are not those that one transaction appended: a row was changed, removed or added by other means. NULL is unbounded. One transaction (xmin) wrote the rows of an append and its record, so a row that is not packed shows who wrote it. Packed rows are counted: whatever contains the rows of a stretch of positions that no pack crosses must have as many rows as positions. Only packs of a stretch that differs are opened, and those that cross an end of the period. first_position and last_position: those of the append; of rows in no append, their own; of a hole between appends, its. appended: rows by the record of the append; NULL of a hole. found: rows that are stored now. written_later: positions of those that another transaction wrote, or no append; of packed rows only the latter shows.';

-- grain: one epoch of the rows of a batch, in the array that fax.append() receives
create type fax.appended_epoch as (
    epoch_id     uuid,  -- The epoch.
    last_seen_at timestamptz  -- Latest observation of it in the batch.
);

comment on type fax.appended_epoch is 'One epoch of the rows of a batch, as fax.append() receives it.';

comment on column fax.appended_epoch.epoch_id is 'The epoch.';

comment on column fax.appended_epoch.last_seen_at is 'Latest observation of it in the batch.';

-- grain: one observation to append, in the array that fax.append() receives
-- The client encodes these arrays itself (faxstore/store/composite.py); columns are added at the end.
create type fax.appended_row as (
    session_id            uuid,  -- The session.
    observed_at           timestamptz,  -- Time of the observation.
    data_rate             integer,  -- As in fax.session_history.
    x_resolution          integer,  -- As in fax.session_history.
    y_resolution          integer,  -- As in fax.session_history.
    page_number           integer,  -- As in fax.session_history.
    pages_transmitted     integer,  -- As in fax.session_history.
    pages_received        integer,  -- As in fax.session_history.
    total_bad_lines       integer,  -- As in fax.session_history.
    error_correction_mode boolean,  -- As in fax.session_history.
    event                 text,  -- As in fax.session_history.
    operation             text,  -- As in fax.session_history.
    state                 text,  -- As in fax.session_history.
    session_type          text,  -- As in fax.session_history.
    file_name             text,  -- As in fax.session_history (personal).
    details               jsonb  -- As in fax.session_history (personal).
);

comment on type fax.appended_row is 'One observation, as fax.append() receives it.';

comment on column fax.appended_row.session_id is 'The session.';

comment on column fax.appended_row.observed_at is 'Time of the observation.';

comment on column fax.appended_row.data_rate is 'As in fax.session_history.';

comment on column fax.appended_row.x_resolution is 'As in fax.session_history.';

comment on column fax.appended_row.y_resolution is 'As in fax.session_history.';

comment on column fax.appended_row.page_number is 'As in fax.session_history.';

comment on column fax.appended_row.pages_transmitted is 'As in fax.session_history.';

comment on column fax.appended_row.pages_received is 'As in fax.session_history.';

comment on column fax.appended_row.total_bad_lines is 'As in fax.session_history.';

comment on column fax.appended_row.error_correction_mode is 'As in fax.session_history.';

comment on column fax.appended_row.event is 'As in fax.session_history.';

comment on column fax.appended_row.operation is 'As in fax.session_history.';

comment on column fax.appended_row.state is 'As in fax.session_history.';

comment on column fax.appended_row.session_type is 'As in fax.session_history.';

comment on column fax.appended_row.file_name is 'As in fax.session_history (personal).';

comment on column fax.appended_row.details is 'As in fax.session_history (personal).';

-- grain: one session that a batch adds to fax.session or knows more about, in the array that fax.append() receives
create type fax.appended_session as (
    session_id     uuid,  -- The session.
    epoch_id       uuid,  -- Its epoch.
    started_at     timestamptz,  -- First observation of the batch, without what precedes the start of its fax.
    session_number bigint,  -- SessionNumber. NULL for a fax that is known only from its events.
    is_open        boolean,  -- As in fax.session.
    is_fax         boolean,  -- As in fax.session.
    operation      text,  -- As in fax.session.
    channel        text,  -- As in fax.session (personal).
    uniqueid       text,  -- As in fax.session.
    technology     text  -- As in fax.session.
);

comment on type fax.appended_session is 'One session that is new, or of which more is known, as fax.append() receives it.';

comment on column fax.appended_session.session_id is 'The session.';

comment on column fax.appended_session.epoch_id is 'Its epoch.';

comment on column fax.appended_session.started_at is 'First observation of the batch, without what precedes the start of its fax.';

comment on column fax.appended_session.session_number is 'SessionNumber. NULL for a fax that is known only from its events.';

comment on column fax.appended_session.is_open is 'As in fax.session.';

comment on column fax.appended_session.is_fax is 'As in fax.session.';

comment on column fax.appended_session.operation is 'As in fax.session.';

comment on column fax.appended_session.channel is 'As in fax.session (personal).';

comment on column fax.appended_session.uniqueid is 'As in fax.session.';

comment on column fax.appended_session.technology is 'As in fax.session.';

-- grain: one observation of one server
-- example: select observed_at, event, details from fax.server_history where server = 'pbx1' order by observed_at;
create table fax.server_history (
    server       text not null,  -- Name of the server in the settings.
    observed_at  timestamptz not null,  -- Time of the observation, by the observer's clock.
    event        text not null,  -- AMI event or response (FAXStats, FullyBooted, Shutdown, Load, Unload, CoreStatus, CoreSettings), or one of faxstore's own: Connected, Banner, Disconnected, ConnectFailed, Polled (a complete list: the first of a connection, then at most one per minute), PollFailed (the first of consecutive equal ones), Dropped (records observed but lost because a queue was full).
    collector_id text not null,  -- Collector that observed it: an ingestor (its host and the id of its spool) or the importer.
    details      jsonb,  -- Headers as sent. Of faxstore's own events: Reason, LastPolled (the last complete list before), Previous (the complete list before a late one), From, To and Records (what was dropped). NULL if none.
    ordinal      bigint not null generated by default as identity,  -- Order of the appends, with gaps. The log covers runs of ordinals.
    primary key (server, observed_at, event, collector_id)
);

create index server_history_ordinal on fax.server_history (ordinal);

-- What gives the reasons of gaps: few rows among many polls.
create index server_history_trouble on fax.server_history (server, observed_at)
    where event in ('PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
          or (event = 'Polled' and details ? 'Previous');

comment on table fax.server_history is 'Observations of a server rather than of a session: starts, counters (FAXStats), connections and polls. Append-only.';

comment on column fax.server_history.server is 'Name of the server in the settings.';

comment on column fax.server_history.observed_at is 'Time of the observation, by the observer''s clock.';

comment on column fax.server_history.event is 'AMI event or response (FAXStats, FullyBooted, Shutdown, Load, Unload, CoreStatus, CoreSettings), or one of faxstore''s own: Connected, Banner, Disconnected, ConnectFailed, Polled (a complete list: the first of a connection, then at most one per minute), PollFailed (the first of consecutive equal ones), Dropped (records observed but lost because a queue was full).';

comment on column fax.server_history.collector_id is 'Collector that observed it: an ingestor (its host and the id of its spool) or the importer.';

comment on column fax.server_history.details is 'Headers as sent. Of faxstore''s own events: Reason, LastPolled (the last complete list before), Previous (the complete list before a late one), From, To and Records (what was dropped). NULL if none.';

comment on column fax.server_history.ordinal is 'Order of the appends, with gaps. The log covers runs of ordinals.';

-- grain: one UTC day of one server whose time with good polls is stored
-- example: select day, until, covered from fax.coverage_day where server = 'pbx1' order by day;
-- fax.write_coverage() stores it, and new evidence of the day deletes it, in the same transaction.
create table fax.coverage_day (
    server  text not null,  -- Name of the server in the settings.
    day     date not null,  -- The day, in UTC.
    until   timestamptz not null,  -- End of the stored part: the end of the day, or a full hour of a day that is not over.
    covered tstzmultirange not null,  -- Time with good polls from the start of the day to until, as fax.polled_time() computes it.
    primary key (server, day)
);

comment on table fax.coverage_day is 'Stored coverage of one day of a server, so that gaps need not be computed again from each poll. Can be deleted at any time; it is written again.';

comment on column fax.coverage_day.server is 'Name of the server in the settings.';

comment on column fax.coverage_day.day is 'The day, in UTC.';

comment on column fax.coverage_day.until is 'End of the stored part: the end of the day, or a full hour of a day that is not over.';

comment on column fax.coverage_day.covered is 'Time with good polls from the start of the day to until, as fax.polled_time() computes it.';

-- grain: one collector's readings of the counters (FAXStats) of one server
-- example: select series, server, collector_id from fax.reading_series order by series;
create table fax.reading_series (
    series       integer primary key generated by default as identity,  -- Its number, by which fax.compared_reading names it.
    server       text not null,  -- Name of the server in the settings.
    collector_id text not null,  -- Collector of the readings.
    first_at     timestamptz not null,  -- Time of the first of them.
    unique (server, collector_id)
);

comment on table fax.reading_series is 'One collector''s readings of the counters of one server, and the number by which stored rows of fax.reconciliation name them.';

comment on column fax.reading_series.series is 'Its number, by which fax.compared_reading names it.';

comment on column fax.reading_series.server is 'Name of the server in the settings.';

comment on column fax.reading_series.collector_id is 'Collector of the readings.';

comment on column fax.reading_series.first_at is 'Time of the first of them.';

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

comment on column fax.compared_reading.to_at is 'Time of the reading.';

comment on column fax.compared_reading.from_at is 'Time of the reading before it.';

comment on column fax.compared_reading.series is 'Server and collector (fax.reading_series).';

comment on column fax.compared_reading.transmit_attempts is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.transmit_attempts_seen is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.receive_attempts is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.receive_attempts_seen is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.attempts_missed is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.completed is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.completed_seen is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.failed is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.failed_seen is 'As in fax.reconciliation. NULL if 0, or if in counts.';

comment on column fax.compared_reading.restarted is 'As in fax.reconciliation. NULL if false.';

comment on column fax.compared_reading.counts is 'The nine counts in the order of these columns, if one of them is unknown or not a smallint. NULL if none is.';

-- grain: one UTC day of one server with FAXStats readings
-- example: select server, day from fax.reconciliation_day where since is null order by day;
-- fax.write_reconciliation() stores the comparisons of a finished day. What may change one of them deletes those of its
-- day in the same transaction (fax.forget_reconciliation), and they are written again.
create table fax.reconciliation_day (
    server text not null,  -- Name of the server in the settings.
    day    date not null,  -- The day, in UTC.
    since  timestamptz,  -- The stored comparisons of the day depend on what happened after this moment, until the end of the day; -infinity if one of its collectors has no earlier reading. NULL if none are stored: fax.reconciliation computes them.
    primary key (server, day)
);

create index reconciliation_day_computed on fax.reconciliation_day (server, day) where since is null;

comment on table fax.reconciliation_day is 'Days with readings of a server''s counters, and whether fax.compared_reading has their rows of fax.reconciliation.';

comment on column fax.reconciliation_day.server is 'Name of the server in the settings.';

comment on column fax.reconciliation_day.day is 'The day, in UTC.';

comment on column fax.reconciliation_day.since is 'The stored comparisons of the day depend on what happened after this moment, until the end of the day; -infinity if one of its collectors has no earlier reading. NULL if none are stored: fax.reconciliation computes them.';

-- grain: one message, or part of one, that faxstore could not parse
-- example: select observed_at, reason, convert_from(raw, 'utf8') from fax.rejected_message;
create table fax.rejected_message (
    server       text not null,  -- Name of the server in the settings.
    observed_at  timestamptz not null,  -- When the message arrived, by the observer's clock.
    digest       bytea not null,  -- SHA-256 of reason and raw, which makes repeats no-ops; 16 random bytes if the message was erased.
    collector_id text not null,  -- Collector that observed it: an ingestor (its host and the id of its spool) or the importer.
    reason       text not null,  -- Why it was rejected. Contains nothing from the message.
    raw          bytea not null,  -- The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.
    ordinal      bigint not null generated by default as identity,  -- Order of the appends, with gaps. The log covers runs of ordinals.
    primary key (server, observed_at, digest)
);

create index rejected_message_ordinal on fax.rejected_message (ordinal);

comment on table fax.rejected_message is 'Messages, whole or in part, that faxstore could not parse. Append-only.';

comment on column fax.rejected_message.server is 'Name of the server in the settings.';

comment on column fax.rejected_message.observed_at is 'When the message arrived, by the observer''s clock.';

comment on column fax.rejected_message.digest is 'SHA-256 of reason and raw, which makes repeats no-ops; 16 random bytes if the message was erased.';

comment on column fax.rejected_message.collector_id is 'Collector that observed it: an ingestor (its host and the id of its spool) or the importer.';

comment on column fax.rejected_message.reason is 'Why it was rejected. Contains nothing from the message.';

comment on column fax.rejected_message.raw is 'The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.';

comment on column fax.rejected_message.ordinal is 'Order of the appends, with gaps. The log covers runs of ordinals.';

-- grain: one part of a recording that was imported without a missing line
-- example: select server, began_at, ended_at, octet_length(line_digests) / 4 as lines from fax.recording_part order by server, began_at;
-- An import finds in it where a piece of the recording belongs, and continues with the state of the reader at its end.
create table fax.recording_part (
    part_id         uuid primary key,  -- Identity, drawn at random.
    server          text not null,  -- Server of the recording.
    began_at        timestamptz not null,  -- Time of its first line, by the observer's clock.
    ended_at        timestamptz not null,  -- Time of its last line, by the observer's clock.
    longest_silence double precision not null,  -- Longest time between two lines, in seconds.
    first_list      bytea,  -- The first complete list as the importer encodes it: it ends sessions that an earlier part left open. NULL if there is none, or if the part continues another one after a silence.
    line_digests    bytea not null,  -- The first 4 bytes of a digest of each line, in order.
    reader_state    bytea not null  -- What the reader remembers at its end, as JSON: live sessions, unanswered requests (personal).
);

create index recording_part_server on fax.recording_part (server, began_at);

comment on table fax.recording_part is 'Parts of recordings that were imported: where the next piece belongs, and how to continue with it.';

comment on column fax.recording_part.part_id is 'Identity, drawn at random.';

comment on column fax.recording_part.server is 'Server of the recording.';

comment on column fax.recording_part.began_at is 'Time of its first line, by the observer''s clock.';

comment on column fax.recording_part.ended_at is 'Time of its last line, by the observer''s clock.';

comment on column fax.recording_part.longest_silence is 'Longest time between two lines, in seconds.';

comment on column fax.recording_part.first_list is 'The first complete list as the importer encodes it: it ends sessions that an earlier part left open. NULL if there is none, or if the part continues another one after a silence.';

comment on column fax.recording_part.line_digests is 'The first 4 bytes of a digest of each line, in order.';

comment on column fax.recording_part.reader_state is 'What the reader remembers at its end, as JSON: live sessions, unanswered requests (personal).';

-- grain: one event at the end of an imported recording whose session has not been listed yet
-- example: select server, count(*) from fax.waiting_record group by server;
-- The ingestor stores its waiting events in its spool.
create table fax.waiting_record (
    server  text not null,  -- Server of the recording.
    part_id uuid references fax.recording_part on delete cascade,  -- Part of the recording at whose end it waits. NULL if any import for the server continues with it (records of a newer faxstore).
    ordinal integer not null,  -- Order, from 0.
    body    bytea not null,  -- The record as the importer encodes it (personal).
    unique nulls not distinct (server, part_id, ordinal)
);

comment on table fax.waiting_record is 'Events at the end of an imported part of a recording that wait for their session. The import that continues the part reads them first.';

comment on column fax.waiting_record.server is 'Server of the recording.';

comment on column fax.waiting_record.part_id is 'Part of the recording at whose end it waits. NULL if any import for the server continues with it (records of a newer faxstore).';

comment on column fax.waiting_record.ordinal is 'Order, from 0.';

comment on column fax.waiting_record.body is 'The record as the importer encodes it (personal).';

-- grain: one server, with the ingestor that collects from it
-- example: select server, holder, taken_at from fax.lease where expires_at > now();
-- Not history: fax.hold_lease() changes it every few seconds.
create table fax.lease (
    server     text primary key,  -- Name of the server in the settings.
    holder     text not null,  -- Ingestor that holds the lease, as in collector_id.
    taken_at   timestamptz not null,  -- When the holder got the lease, by the database's clock.
    renewed_at timestamptz not null,  -- When the holder last renewed it, by the database's clock.
    expires_at timestamptz not null  -- When it expires unless renewed, by the database's clock; not after renewed_at if the holder released it.
)
-- Leaves room on the page for new versions of the row, so that updates need no new index entries (HOT).
with (fillfactor = 10);

comment on table fax.lease is 'The ingestor that collects from a server; other ingestors for the server are standbys. Not part of the history.';

comment on column fax.lease.server is 'Name of the server in the settings.';

comment on column fax.lease.holder is 'Ingestor that holds the lease, as in collector_id.';

comment on column fax.lease.taken_at is 'When the holder got the lease, by the database''s clock.';

comment on column fax.lease.renewed_at is 'When the holder last renewed it, by the database''s clock.';

comment on column fax.lease.expires_at is 'When it expires unless renewed, by the database''s clock; not after renewed_at if the holder released it.';

-- grain: one spool of an ingestor
-- example: select collector_id, appended, appended_at from fax.spool_progress order by appended_at;
-- Not history: fax.append() changes it with each batch. The ingestor reads it after it connects, and continues there.
create table fax.spool_progress (
    spool_id     uuid primary key,  -- Id of the spool file. A spool that continues from an earlier record, after a failover or a restore, gets a new one.
    collector_id text not null,  -- Ingestor that appends from the spool.
    appended     bigint not null,  -- Number of records that were appended since the spool got this id, whether or not they became rows.
    last_keys    bigint[] not null,  -- Keys in the spool of the records of the last append: first and last key of each run of consecutive keys.
    appended_at  timestamptz not null  -- Time of the last append, by the database's clock.
)
-- Leaves room on the page for new versions of the row, so that updates need no new index entries (HOT).
with (fillfactor = 10);

comment on table fax.spool_progress is 'How many records of each spool are in this database. fax.append() changes it in the transaction that appends them.';

comment on column fax.spool_progress.spool_id is 'Id of the spool file. A spool that continues from an earlier record, after a failover or a restore, gets a new one.';

comment on column fax.spool_progress.collector_id is 'Ingestor that appends from the spool.';

comment on column fax.spool_progress.appended is 'Number of records that were appended since the spool got this id, whether or not they became rows.';

comment on column fax.spool_progress.last_keys is 'Keys in the spool of the records of the last append: first and last key of each run of consecutive keys.';

comment on column fax.spool_progress.appended_at is 'Time of the last append, by the database''s clock.';

-- Trigger of append-only tables: refuses every change, unless the table has a trigger that then checks each row.
-- check_erasure admits an UPDATE of a transaction that has recorded an erasure, check_pack an UPDATE of packs,
-- check_packed a DELETE of rows that are packed, check_dropped a DELETE of packs of a month that is archived, and
-- check_deleted a DELETE of digests of sessions that were deleted.
create function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    checks text[] := array(
        select t.tgname::text from pg_trigger t where t.tgrelid = tg_relid and t.tgenabled = 'A');
begin
    if (tg_op = 'UPDATE' and 'check_erasure' = any (checks)
        and exists (select from fax.erasure e where e.erased_at = transaction_timestamp()))
       or (tg_op = 'UPDATE' and 'check_pack' = any (checks))
       or (tg_op = 'DELETE' and checks && array['check_packed', 'check_dropped', 'check_deleted'])
    then
        return null;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.refuse_change is 'Trigger of append-only tables: refuses every change, unless the table has a trigger that then checks each row. check_erasure admits an UPDATE of a transaction that has recorded an erasure, check_pack an UPDATE of packs, check_packed a DELETE of rows that are packed, check_dropped a DELETE of packs of a month that is archived, and check_deleted a DELETE of digests of sessions that were deleted.';

-- Adds the append-only triggers to a table. Partitions do not inherit statement triggers, so each gets its own.
-- example: select fax.make_append_only('epoch');
create function fax.make_append_only(table_name text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('create trigger append_only before update or delete or truncate on fax.%I '
                   'for each statement execute function fax.refuse_change()', table_name);
    execute format('alter table fax.%I enable always trigger append_only', table_name);
end
$$;

comment on function fax.make_append_only is 'Adds the append-only triggers to a table. Partitions do not inherit statement triggers, so each gets its own.';

-- Returns the name of the partition for a moment, and creates it if it is missing: of fax.observation for the day, of
-- fax.session_pack for the month (UTC). It has the storage of its table.
-- Attaching, unlike creating in place, does not block readers of other partitions. If the default partition has rows of
-- the period, they stay there, and so do later ones.
-- example: select fax.make_partition('2026-11-23');
create function fax.make_partition(moment timestamptz, of_table text default 'observation') returns text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    unit text := case of_table when 'observation' then 'day' else 'month' end;
    began timestamptz := date_trunc(unit, moment);
    ends timestamptz := began + ('1 ' || unit)::interval;
    name text := of_table || to_char(began, case unit when 'day' then '_YYYY_MM_DD' else '_YYYY_MM' end);
    strays boolean;
begin
    if to_regclass('fax.' || name) is not null then
        return name;
    end if;
    execute format('select exists (select 1 from fax.%I d where d.started_at >= $1 and d.started_at < $2)', of_table || '_default')
        into strays using began, ends;
    if strays then
        return of_table || '_default';
    end if;
    execute format(
        'create table fax.%I (like fax.%I including defaults including generated including storage including comments)',
        name, of_table);
    if of_table = 'observation' then
        execute format('alter table fax.%I add primary key (observed_at, session_id)', name);
    end if;
    execute format('alter table fax.%I attach partition fax.%I for values from (%L) to (%L)', of_table, name, began, ends);
    perform fax.make_append_only(name);
    return name;
end
$$;

comment on function fax.make_partition is 'Returns the name of the partition for a moment, and creates it if it is missing: of fax.observation for the day, of fax.session_pack for the month (UTC). It has the storage of its table. Attaching, unlike creating in place, does not block readers of other partitions. If the default partition has rows of the period, they stay there, and so do later ones.';

-- Raises an error that names the isolation of the transaction, which is not the one that fax.append() needs.
create function fax.refuse_isolation() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'fax.append() needs transaction isolation read committed, not %',
        current_setting('transaction_isolation');
end
$$;

comment on function fax.refuse_isolation is 'Raises an error that names the isolation of the transaction, which is not the one that fax.append() needs.';

-- Takes the lock of all appenders until the end of the transaction, so that positions are in commit order.
-- Requires read committed: the statements after it must see what the previous holder committed.
-- Postgres replaces a call of this function by its body, which costs less than a call.
-- example: select fax.lock_append();
create function fax.lock_append() returns void
language sql
begin atomic
    select case when current_setting('transaction_isolation') = 'read committed'
                then pg_advisory_xact_lock(4702394921427289928) else fax.refuse_isolation() end;
end;

comment on function fax.lock_append is 'Takes the lock of all appenders until the end of the transaction, so that positions are in commit order. Requires read committed: the statements after it must see what the previous holder committed. Postgres replaces a call of this function by its body, which costs less than a call.';

-- Trigger of tables whose rows have an ordinal, before each INSERT: takes the lock of all appenders, so that ordinals are
-- in commit order and the log can seal a run of them.
create function fax.order_rows() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.lock_append();
    return null;
end
$$;

comment on function fax.order_rows is 'Trigger of tables whose rows have an ordinal, before each INSERT: takes the lock of all appenders, so that ordinals are in commit order and the log can seal a run of them.';

-- The day (UTC) on which the schema was created: rows of sessions that began before it are in fax.observation_past.
-- example: select fax.past_until();
create function fax.past_until() returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([^']+)'\)$re$)::timestamptz
    from pg_class c
    where c.oid = 'fax.observation_past'::regclass
$$;

comment on function fax.past_until is 'The day (UTC) on which the schema was created: rows of sessions that began before it are in fax.observation_past.';

-- Creates the partitions of today and the following days. Migrations run it, and the ingestor once per hour.
-- If the clock is set back to before the schema was created, fax.observation_past has the rows.
-- example: select * from fax.make_partitions_ahead(3);
create function fax.make_partitions_ahead(days integer default 3) returns setof text
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select fax.lock_append();
    select fax.make_partition(d.day)
    from (select now() + n * interval '1 day' as day from generate_series(0, least(coalesce(days, 3), 120)) as n) d
    where d.day >= fax.past_until()
$$;

comment on function fax.make_partitions_ahead is 'Creates the partitions of today and the following days. Migrations run it, and the ingestor once per hour. If the clock is set back to before the schema was created, fax.observation_past has the rows.';

-- The integer value of a header, for example of FAXStats. NULL if the header is missing or not an integer.
-- Two conditions: a bounded repetition (\d{1,10}) takes twice the time, and reports read millions of counters.
-- example: select fax.counter('{"TransmitAttempts": "7"}', 'TransmitAttempts');
create function fax.counter(details jsonb, name text) returns bigint
language sql immutable parallel safe
as $$
    select case when details ->> name ~ '^-?\d+$' and length(ltrim(details ->> name, '-')) <= 10
                then (details ->> name)::bigint end
$$;

comment on function fax.counter is 'The integer value of a header, for example of FAXStats. NULL if the header is missing or not an integer. Two conditions: a bounded repetition (\d{1,10}) takes twice the time, and reports read millions of counters.';

-- The newest epoch of a start of a server by the moment at which an observer first saw that start: the one that its life
-- belongs to, unless res_fax.so was reloaded since. NULL if there is none.
-- example: select fax.newest_epoch('pbx1', '2026-11-23 08:00+00', null, '2026-11-23 09:00+00');
create function fax.newest_epoch(of_server text, started timestamptz, startup text, first_seen timestamptz) returns uuid
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select e.epoch_id
    from fax.epoch e
    where e.server = of_server
      and (e.started_at between started - interval '2 seconds' and started + interval '2 seconds'
           or (e.startup_text = startup and (e.started_at is null or started is null)))
      and coalesce(e.reloaded_at <= first_seen, true)
    order by e.reload_ordinal desc
    limit 1
$$;

comment on function fax.newest_epoch is 'The newest epoch of a start of a server by the moment at which an observer first saw that start: the one that its life belongs to, unless res_fax.so was reloaded since. NULL if there is none.';

-- When res_fax.so was reloaded between the newest epoch of a start and the first observation of that start by an
-- observer. Evidence is the last Load or Unload on record, or counters (FAXStats) of that observer that fell.
-- NULL if there is no evidence, or if an epoch for the reload exists.
-- example: select fax.unseen_reload('pbx1', '2026-11-23 08:00+00', null, '2026-11-23 09:00+00', 'host-a/5f3c9a1b');
create function fax.unseen_reload(
    of_server text, started timestamptz, startup text, first_seen timestamptz, observer text
) returns timestamptz
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with newest as (
        select coalesce(e.reloaded_at, e.first_seen_at) as began_at, e.last_seen_at
        from fax.epoch e
        where e.epoch_id = fax.newest_epoch(of_server, started, startup, first_seen)
    ),
    loaded as (
        select max(h.observed_at) as at
        from newest n
        join fax.server_history h
            on h.server = of_server
            and h.observed_at > greatest(n.began_at + interval '2 seconds', n.last_seen_at - interval '5 minutes')
            and h.observed_at < first_seen
        where h.event in ('Load', 'Unload')
          and lower(h.details ->> 'Module') in ('res_fax.so', 'res_fax')
          and lower(coalesce(h.details ->> 'Status', 'success')) in ('', 'success')
    ),
    counted as (
        select first_seen as at
        from newest n
        cross join lateral (
            select h.details from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = observer
              and h.observed_at > n.began_at and h.observed_at < first_seen
            order by h.observed_at desc limit 1
        ) b
        cross join lateral (
            select h.details from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = observer
              and h.observed_at >= first_seen and h.observed_at < first_seen + interval '1 minute'
            order by h.observed_at limit 1
        ) a
        cross join unnest(array['TransmitAttempts', 'ReceiveAttempts', 'CompletedFAXes', 'FailedFAXes']) as c (name)
        where fax.counter(a.details, c.name) < fax.counter(b.details, c.name)
    )
    select coalesce((select l.at from loaded l), (select max(c.at) from counted c))
$$;

comment on function fax.unseen_reload is 'When res_fax.so was reloaded between the newest epoch of a start and the first observation of that start by an observer. Evidence is the last Load or Unload on record, or counters (FAXStats) of that observer that fell. NULL if there is no evidence, or if an epoch for the reload exists.';

-- Whether session numbers have restarted, so that res_fax.so was reloaded: the sessions that an observer lists after it
-- connected are on other channels than the stored sessions of the epoch with their numbers. NULL if not known yet.
-- Channel names do not repeat before Asterisk restarts, so one session on its channel shows that there was no reload. A
-- channel may have been replaced meanwhile (a transfer), so a single session on another channel counts only if the same
-- observer saw it end, at least 15 s before the connection (res_fax.c, disable_t38).
-- example: select fax.numbers_restarted('…', array['…']::uuid[], array['PJSIP/1-0000001a'], '2026-11-23 09:00+00', 'host-a');
create function fax.numbers_restarted(
    of_epoch uuid, of_sessions uuid[], channels text[], first_seen timestamptz, observer text
) returns boolean
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    stored uuid[];
    on_its_channel boolean;
begin
    select array_agg(s.session_id), bool_or(s.channel = l.channel)
    into stored, on_its_channel
    from unnest(of_sessions, channels) l (session_id, channel)
    join fax.session s on s.session_id = l.session_id
    where s.started_at < first_seen and s.channel is not null;
    if on_its_channel then
        return false;
    elsif cardinality(stored) > 1 then
        return true;
    end if;
    perform from fax.session_history h
    where h.session_id = any (stored) and h.collector_id = observer
      and h.event in ('SendFAX', 'ReceiveFAX', 'Gone') and h.observed_at < first_seen - interval '15 seconds'
    limit 1;
    if found then
        return true;
    end if;
    perform from fax.session o where o.epoch_id = of_epoch and o.started_at < first_seen limit 1;
    return case when not found then false end;
end
$$;

comment on function fax.numbers_restarted is 'Whether session numbers have restarted, so that res_fax.so was reloaded: the sessions that an observer lists after it connected are on other channels than the stored sessions of the epoch with their numbers. NULL if not known yet. Channel names do not repeat before Asterisk restarts, so one session on its channel shows that there was no reload. A channel may have been replaced meanwhile (a transfer), so a single session on another channel counts only if the same observer saw it end, at least 15 s before the connection (res_fax.c, disable_t38).';

-- grain: one of the given events (server, time, name, channel, Uniqueid) that is stored
-- Each line of an observer has a microsecond of its own, so these identify an event. Its session began at most a few
-- minutes after it (a DialBegin precedes its fax) and at most a day before it.
-- If the name of the channel was erased, the Uniqueid identifies it.
-- The limits make the planner probe an index for each event, whatever sizes it estimates.
-- example: select * from fax.stored_events('{pbx1}', '{2026-11-23 14:00:00.000001+00}', '{SendFAX}', '{PJSIP/1-0000001a}', '{null}');
create function fax.stored_events(
    servers text[], moments timestamptz[], events text[], channels text[], uniqueids text[]
) returns table (ordinal bigint, session_id uuid, epoch_id uuid, unlisted boolean, is_fax boolean)
language sql stable
begin atomic
    select e.ordinal, r.session_id, s.epoch_id, s.session_number is null, s.is_fax
    from unnest(servers, moments, events, channels, uniqueids)
        with ordinality as e (server, observed_at, event, channel, uniqueid, ordinal)
    cross join lateral (
        select h.session_id, h.details ->> 'Channel' as channel, nullif(h.details ->> 'Uniqueid', '') as uniqueid
        from (
            select o.session_id, o.details
            from fax.observation o
            where o.observed_at = e.observed_at
              and o.event = e.event
              and o.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
              and o.started_at between e.observed_at - interval '1 day' and e.observed_at + interval '1 hour'
            union all
            select p.session_id, k.details
            from fax.session_pack p
            cross join lateral unnest(p.rows) k
            where p.first_observed_at <= e.observed_at and p.last_observed_at >= e.observed_at
              and p.started_at between e.observed_at - interval '1 day' and e.observed_at + interval '1 hour'
              and k.observed_at = e.observed_at
              and k.event = e.event
              and k.event in ('VarSet', 'FAXStatus', 'Newexten', 'DialBegin', 'SendFAX', 'ReceiveFAX')
        ) h
        limit 1000
    ) r
    cross join lateral (select * from fax.session where session_id = r.session_id limit 1) s
    where s.server = e.server
      and (s.channel = e.channel or r.channel = e.channel  -- the second if its channel was replaced
           or coalesce(r.uniqueid, s.uniqueid) = e.uniqueid);
end;

comment on function fax.stored_events is 'Each line of an observer has a microsecond of its own, so these identify an event. Its session began at most a few minutes after it (a DialBegin precedes its fax) and at most a day before it. If the name of the channel was erased, the Uniqueid identifies it. The limits make the planner probe an index for each event, whatever sizes it estimates.';

-- grain: the last session of an epoch that started on a channel before a moment; at most one row
-- Evaluated as of the event, so that a repeat of the event gets the same answer.
-- A fax that was never listed matches only its own Uniqueid, and its last event counts as last seen. So does one whose
-- channel was erased.
-- example: select * from fax.last_on_channel('…', 'pbx1', 'PJSIP/1-0000001a', '1764165600.1', '2026-11-23 14:00+00');
create function fax.last_on_channel(
    of_epoch uuid, of_server text, of_channel text, of_uniqueid text, moment timestamptz
) returns table (
    session_id uuid, last_seen bigint, completed boolean, first_listed bigint, unlisted boolean, uniqueid text, gone_at bigint,
    operation text, files text[])
language sql stable
begin atomic
    select
        s.session_id,
        coalesce((extract(epoch from max(h.observed_at) filter (where s.session_number is null or h.listed))
                  * 1000000)::bigint, 0),
        bool_or(h.event in ('SendFAX', 'ReceiveFAX')),
        coalesce((extract(epoch from min(h.observed_at) filter (where h.listed)) * 1000000)::bigint, 0),
        s.session_number is null,
        s.uniqueid,
        (extract(epoch from min(h.observed_at) filter (where h.event = 'Gone')) * 1000000)::bigint,
        s.operation,
        coalesce(array_agg(distinct h.file_name) filter (where h.file_name is not null), '{}')
    from (
        -- two searches, each by an index that has the order
        (select *
         from fax.session
         where epoch_id = of_epoch
           and left(channel, 100) = left(of_channel, 100)
           and channel = of_channel
           and started_at <= moment
           and (session_number is not null or uniqueid is not distinct from of_uniqueid)
           and is_fax
           and operation is distinct from 'V.21'
         order by started_at desc
         limit 1)
        union all
        (select *
         from fax.session
         where server = of_server
           and left(uniqueid, 100) = left(of_uniqueid, 100)
           and uniqueid = of_uniqueid
           and epoch_id = of_epoch
           and channel is null
           and started_at <= moment
           and is_fax
           and operation is distinct from 'V.21'
         order by started_at desc
         limit 1)
        order by started_at desc
        limit 1
    ) s
    cross join lateral (
        select r.observed_at, r.event, r.file_name, r.event in ('FAXSession', 'FAXSessionsEntry') as listed
        from fax.session_history r
        where r.session_id = s.session_id and r.started_at = s.started_at and r.observed_at < moment
    ) h
    group by s.session_id, s.session_number, s.uniqueid, s.operation;
end;

comment on function fax.last_on_channel is 'Evaluated as of the event, so that a repeat of the event gets the same answer. A fax that was never listed matches only its own Uniqueid, and its last event counts as last seen. So does one whose channel was erased.';

-- grain: one fax on a Uniqueid that started by a moment
-- Returns whether it started before that moment, and whether it was never listed and continues after it.
-- example: select * from fax.runs_of_uniqueid('pbx1', '1764165600.1', '2026-11-23 14:00+00');
create function fax.runs_of_uniqueid(
    of_server text, of_uniqueid text, moment timestamptz
) returns table (session_id uuid, started_before boolean, goes_on boolean)
language sql stable
begin atomic
    select s.session_id, s.started_at < moment,
           s.session_number is null and exists (
               select from fax.session_history r
               where r.session_id = s.session_id and r.started_at = s.started_at and r.observed_at >= moment)
    from fax.session s
    where s.server = of_server
      and left(s.uniqueid, 100) = left(of_uniqueid, 100)
      and s.uniqueid = of_uniqueid
      and s.started_at <= moment
      and s.is_fax
      and s.operation is distinct from 'V.21'
    order by s.started_at;
end;

comment on function fax.runs_of_uniqueid is 'Returns whether it started before that moment, and whether it was never listed and continues after it.';

-- grain: one session of an epoch whose channel hung up while it went on, and which a completion event may end
-- The latest first; it was listed within 15 s before the event, or since its channel hung up if no list has lacked it for
-- more than 15 s. It has no completion event yet. A session whose files were erased, and which was not listed since, is
-- the one if it is the only one.
-- example: select * from fax.adrift('…', 'receive', '2026-11-23 14:00+00', '{/var/spool/fax/1.tif}');
create function fax.adrift(
    of_epoch uuid, of_operation text, moment timestamptz, names text[]
) returns table (session_id uuid)
language sql stable
begin atomic
    select c.session_id
    from (
        select s.session_id, h.observed_at, l.matches, count(*) over () as candidates
        from (
            select o.session_id, o.started_at, o.observed_at
            from fax.observation o
            where o.event = 'Hangup'
              and o.observed_at between moment - interval '1 day' and moment
              and o.started_at between moment - interval '2 days' and moment
            union all
            select p.session_id, p.started_at, k.observed_at
            from fax.session_pack p
            cross join lateral unnest(p.rows) k
            where p.hung_up_at >= moment - interval '1 day'
              and p.started_at between moment - interval '2 days' and moment
              and k.event = 'Hangup' and k.observed_at between moment - interval '1 day' and moment
        ) h
        join fax.session s on s.session_id = h.session_id
        cross join lateral (
            select bool_or(r.file_name = any (names) or r.details ->> 'Files' = any (names)) as matches,
                   bool_or(r.file_name is not null or coalesce(r.details ? 'Files', false)) as names_files
            from fax.session_history r
            where r.session_id = h.session_id and r.started_at = h.started_at
              and r.event in ('FAXSession', 'FAXSessionsEntry')
              and r.observed_at between least(h.observed_at, moment - interval '15 seconds') and moment
        ) l
        where s.epoch_id = of_epoch
          and s.operation = of_operation
          and (l.matches or (s.channel is null and not l.names_files))
          and not exists (
              select from fax.session_history r
              where r.session_id = h.session_id and r.started_at = h.started_at and r.event in ('SendFAX', 'ReceiveFAX')
                and r.observed_at < moment
          )
          and not exists (
              select from fax.session_history r
              where r.session_id = h.session_id and r.started_at = h.started_at and r.event = 'Gone'
                and r.observed_at < moment - interval '15 seconds'
          )
    ) c
    where c.matches or c.candidates = 1
    order by c.observed_at desc
    limit 1;
end;

comment on function fax.adrift is 'The latest first; it was listed within 15 s before the event, or since its channel hung up if no list has lacked it for more than 15 s. It has no completion event yet. A session whose files were erased, and which was not listed since, is the one if it is the only one.';

-- Inserts one observation of a server; a repeat is a no-op.
-- example: select fax.add_server_row('pbx1', '2026-11-23 14:00+00', 'Polled', 'host1', null);
create function fax.add_server_row(
    of_server text, observed_at timestamptz, event text, collector_id text, details jsonb
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.server_history (server, observed_at, event, collector_id, details)
    values (of_server, add_server_row.observed_at, add_server_row.event, add_server_row.collector_id, add_server_row.details)
    on conflict do nothing;
end
$$;

comment on function fax.add_server_row is 'Inserts one observation of a server; a repeat is a no-op.';

-- Returns the epoch of a life of the fax registry, as one observer describes it; creates a new one if `make` is true.
-- Two observers of one boot, or a recording and the live ingestor, get the same epoch. Two reloads that one observer saw
-- are two epochs however soon they follow each other: `previous` is the epoch of its life before a reload.
-- A new epoch ends the open sessions of earlier lives. It stores which, because no row of the history shows when.
create function fax.resolve_epoch(
    life_server text, proposed uuid, known uuid, first_seen timestamptz, continued boolean,
    started timestamptz, startup text, reloaded timestamptz, previous uuid, make boolean
) returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    found_id uuid := known;
    earlier integer;
    latest uuid[];
    last_position bigint;
    ended uuid[];
    same_start constant interval := '2 seconds';  -- Uptime is in whole seconds
begin
    perform fax.lock_append();
    if found_id is null and (started is not null or startup is not null) then
        select e.epoch_id into found_id
        from fax.epoch e
        where e.server = life_server
          and (e.started_at between started - same_start and started + same_start
               or (e.startup_text = startup and (e.started_at is null or started is null)))
          and case when reloaded is null then coalesce(e.reloaded_at <= first_seen, true)
                   else e.reloaded_at between reloaded - same_start and reloaded + same_start end
          and e.reload_ordinal > coalesce((select p.reload_ordinal from fax.epoch p where p.epoch_id = previous), -1)
        order by abs(extract(epoch from e.reloaded_at - reloaded)), e.reload_ordinal desc
        limit 1;
        if found_id is null then
            -- The epoch that this observer created when it did not know the start yet.
            select e.epoch_id into found_id
            from fax.epoch e
            where e.server = life_server and e.first_seen_at = first_seen and e.reloaded_at is not distinct from reloaded
              and e.started_at is null and e.startup_text is null;
        end if;
    elsif found_id is null then
        -- Without evidence of the start: the epoch observed at that moment, or a new one.
        select e.epoch_id into found_id
        from fax.epoch e
        where e.server = life_server
          and e.first_seen_at <= first_seen
          and first_seen <= e.last_seen_at + case when continued then interval '2 minutes' else interval '0' end
          and (reloaded is null or e.reloaded_at between reloaded - same_start and reloaded + same_start)
        order by e.first_seen_at desc
        limit 1;
    end if;
    if found_id is null and not make then
        return null;
    end if;
    if not exists (select from fax.epoch e where e.epoch_id = coalesce(found_id, proposed)) then
        latest := array(
            select e.epoch_id
            from fax.epoch e
            where e.server = life_server and not exists (select from fax.later_lives l where l.epoch_id = e.epoch_id));
    end if;
    select count(*) into earlier
    from fax.epoch e
    where reloaded is not null and e.server = life_server
      and (e.started_at between started - same_start and started + same_start or e.startup_text = startup);
    insert into fax.epoch (epoch_id, server, started_at, startup_text, reloaded_at, reload_ordinal, first_seen_at, last_seen_at)
    values (coalesce(found_id, proposed), life_server, started, startup, reloaded, earlier, first_seen, first_seen)
    on conflict (epoch_id) do update
        set started_at = coalesce(epoch.started_at, excluded.started_at),
            startup_text = coalesce(epoch.startup_text, excluded.startup_text),
            first_seen_at = least(epoch.first_seen_at, excluded.first_seen_at)
    returning epoch_id into found_id;
    if latest is not null then
        last_position := (select coalesce(max(b.last_position), 0) from fax.append_batch b);
        latest := array(
            select i.epoch_id from unnest(latest) i (epoch_id)
            where exists (select from fax.later_lives l where l.epoch_id = i.epoch_id));
        ended := array(
            select s.session_id
            from fax.session s
            where s.epoch_id = any (latest) and s.is_open and s.is_fax and s.session_number is not null
            order by s.started_at, s.session_id);
        update fax.epoch e
        set known_after = last_position,
            ended_sessions = ended,
            ended_before = (select coalesce(sum(cardinality(o.ended_sessions)), 0) from fax.epoch o
                            where o.known_after = last_position and o.ended_sessions <> '{}')
        where e.epoch_id = found_id;
        if ended <> '{}' then
            perform pg_notify('faxstore', '');
        end if;
    end if;
    return found_id;
end
$$;

comment on function fax.resolve_epoch is 'Returns the epoch of a life of the fax registry, as one observer describes it; creates a new one if `make` is true. Two observers of one boot, or a recording and the live ingestor, get the same epoch. Two reloads that one observer saw are two epochs however soon they follow each other: `previous` is the epoch of its life before a reload. A new epoch ends the open sessions of earlier lives. It stores which, because no row of the history shows when.';

-- Whether an ingestor was polling a server at a moment, in a known epoch: then the epoch of a recording that begins at
-- that moment is known, whatever its first lines show.
-- example: select fax.is_watched('pbx1', '2026-11-23 14:00+00');
create function fax.is_watched(of_server text, at timestamptz) returns boolean
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from fax.epoch e
        where e.server = of_server and e.first_seen_at <= at and e.last_seen_at >= at
    ) and exists (
        select from fax.server_history h
        where h.server = of_server and h.event = 'Polled' and h.collector_id <> 'import'
          and h.observed_at between at - interval '150 seconds' and at
    )
$$;

comment on function fax.is_watched is 'Whether an ingestor was polling a server at a moment, in a known epoch: then the epoch of a recording that begins at that moment is known, whatever its first lines show.';

-- The number, from 0, of the first line of a part whose digest, and those of the lines after it, are the wanted ones
-- (4 bytes each); NULL if no lines are. A match that begins within a digest is none.
-- example: select fax.line_of('\x0000000100000002', '\x00000002');
create function fax.line_of(digests bytea, wanted bytea) returns integer
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    start integer := position(wanted in digests);
    skipped integer := 0;
begin
    while start > 0 and (start - 1) % 4 <> 0 loop
        digests := substring(digests from start - (start - 1) % 4 + 4);
        skipped := skipped + (start - 1) / 4 + 1;
        start := position(wanted in digests);
    end loop;
    return case when start > 0 then skipped + (start - 1) / 4 end;
end
$$;

comment on function fax.line_of is 'The number, from 0, of the first line of a part whose digest, and those of the lines after it, are the wanted ones (4 bytes each); NULL if no lines are. A match that begins within a digest is none.';

-- Compares the open sessions of an epoch with a complete list of it: returns those that the list no longer contains.
-- Sessions first observed after the list, or listed again since, are not returned. Records the list in the epoch.
-- example: select * from fax.find_gone_sessions('…', '2026-11-23 14:00+00', array[7, 8]);
create function fax.find_gone_sessions(list_epoch uuid, seen_at timestamptz, numbers bigint[])
returns table (session_id uuid, session_number bigint, channel text, started_at timestamptz)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.lock_append();
    update fax.epoch e set last_seen_at = seen_at where e.epoch_id = list_epoch and e.last_seen_at < seen_at;
    return query
        select s.session_id, s.session_number, s.channel, s.started_at
        from fax.session s
        where s.epoch_id = list_epoch and s.is_open and s.started_at < seen_at
          and s.session_number <> all (numbers)
          and (select max(h.observed_at) from fax.session_history h
               where h.session_id = s.session_id and h.started_at = s.started_at
                 and h.event in ('FAXSession', 'FAXSessionsEntry')) < seen_at
        order by s.session_number;
end
$$;

comment on function fax.find_gone_sessions is 'Compares the open sessions of an epoch with a complete list of it: returns those that the list no longer contains. Sessions first observed after the list, or listed again since, are not returned. Records the list in the epoch.';

-- Registers sessions: inserts new ones, and adds what known ones lacked (channel, operation, …). fax.append() calls it
-- under its lock.
create function fax.register_sessions(sessions fax.appended_session[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.session as s (
        session_id, started_at, session_number, epoch_id, is_open, is_fax, server, operation, channel, uniqueid,
        technology)
    select n.session_id, n.started_at, n.session_number, n.epoch_id, n.is_open, n.is_fax, e.server, n.operation,
           n.channel, n.uniqueid, n.technology
    from unnest(sessions) n
    join fax.epoch e on e.epoch_id = n.epoch_id
    on conflict (session_id) do update
        set is_open = s.is_open and excluded.is_open,
            operation = coalesce(s.operation, excluded.operation),
            -- an erased name does not come back with a recording that is imported again
            channel = coalesce(s.channel, case when not exists (select from fax.erasure e where e.session_id = s.session_id)
                                               then excluded.channel end),
            uniqueid = coalesce(s.uniqueid, excluded.uniqueid),
            technology = coalesce(s.technology, excluded.technology)
        where s.is_open > excluded.is_open
           or (s.operation is null and excluded.operation is not null)
           or (s.channel is null and excluded.channel is not null)
           or (s.uniqueid is null and excluded.uniqueid is not null)
           or (s.technology is null and excluded.technology is not null);
end
$$;

comment on function fax.register_sessions is 'Registers sessions: inserts new ones, and adds what known ones lacked (channel, operation, …). fax.append() calls it under its lock.';

-- Deletes the stored coverage that new rows of the history may change: a snapshot or an absence proves polls of the 150 s
-- before it (fax.last_poll_on_record).
create function fax.forget_coverage_of_rows(rows fax.appended_row[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from fax.coverage_day d
    using (
        select r.session_id, min(r.observed_at) - interval '150 seconds' as since, max(r.observed_at) as until
        from unnest(rows) r
        where r.event in ('FAXSession', 'Gone')
        group by r.session_id
    ) n, fax.session s
    where s.session_id = n.session_id
      and d.server = s.server
      and d.day >= (n.since at time zone 'UTC')::date
      and d.day <= (n.until at time zone 'UTC')::date
      and d.until >= n.since
      and not fax.has_dropped_evidence(d.day);
end
$$;

comment on function fax.forget_coverage_of_rows is 'Deletes the stored coverage that new rows of the history may change: a snapshot or an absence proves polls of the 150 s before it (fax.last_poll_on_record).';

-- Trigger of fax.server_history, after each INSERT: deletes the stored coverage that the new rows may change. A row says
-- something about the 150 s after it and, if polls failed or records were dropped, about the hour before it.
create function fax.forget_coverage_of_server() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from fax.coverage_day d
    using added a
    where d.server = a.server
      and a.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
      and d.day >= ((a.observed_at - interval '1 hour') at time zone 'UTC')::date
      and d.day <= ((a.observed_at + interval '150 seconds') at time zone 'UTC')::date
      and d.until >= a.observed_at - interval '1 hour'
      and not fax.has_dropped_evidence(d.day);
    return null;
end
$$;

comment on function fax.forget_coverage_of_server is 'Trigger of fax.server_history, after each INSERT: deletes the stored coverage that the new rows may change. A row says something about the 150 s after it and, if polls failed or records were dropped, about the hour before it.';

-- Deletes the stored comparisons (fax.compared_reading) of the days that events may change: what happened on a server at a
-- moment, or within `reach` after it. `servers` and `moments` have an element for each event. Events of an hour are
-- handled as one.
-- The settings as of fax.append(): plans must not depend on statistics.
create function fax.forget_reconciliation(servers text[], moments timestamptz[], reach interval) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
begin
    with changed as (
        select e.server, min(e.moment) as since, max(e.moment) + reach as until
        from unnest(servers, moments) e (server, moment)
        group by e.server, date_trunc('hour', e.moment, 'UTC')
    ),
    forgotten as (
        update fax.reconciliation_day d
        set since = null
        from changed c
        where d.server = c.server and d.day >= (c.since at time zone 'UTC')::date and d.since <= c.until
          and not fax.counts_deleted(d.day, d.since)
        returning d.server, d.day::timestamp at time zone 'UTC' as began, (d.day + 1)::timestamp at time zone 'UTC' as ends
    )
    delete from fax.compared_reading r
    using forgotten f
    join fax.reading_series s on s.server = f.server
    where r.series = s.series and r.to_at >= f.began and r.to_at < f.ends;
end
$$;

comment on function fax.forget_reconciliation is 'Deletes the stored comparisons (fax.compared_reading) of the days that events may change: what happened on a server at a moment, or within `reach` after it. `servers` and `moments` have an element for each event. Events of an hour are handled as one. The settings as of fax.append(): plans must not depend on statistics.';

-- Trigger of fax.server_history, after each INSERT: names the days and collectors of new FAXStats readings, and deletes
-- the stored comparisons that a reading or a start of the server may change.
create function fax.follow_readings() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from added a where a.event in ('FAXStats', 'FullyBooted', 'Load')) then
        return null;
    end if;
    update fax.reading_series s
    set first_at = a.observed_at
    from (
        select n.server, n.collector_id, min(n.observed_at) as observed_at
        from added n
        where n.event = 'FAXStats'
        group by n.server, n.collector_id
    ) a
    where s.server = a.server and s.collector_id = a.collector_id and s.first_at > a.observed_at;
    insert into fax.reading_series (server, collector_id, first_at)
    select a.server, a.collector_id, min(a.observed_at)
    from added a
    where a.event = 'FAXStats'
      and not exists (select from fax.reading_series s where s.server = a.server and s.collector_id = a.collector_id)
    group by a.server, a.collector_id;
    insert into fax.reconciliation_day (server, day)
    select distinct a.server, (a.observed_at at time zone 'UTC')::date
    from added a
    where a.event = 'FAXStats'
    on conflict do nothing;
    perform fax.forget_reconciliation(array_agg(a.server), array_agg(a.observed_at), interval '0')
    from added a
    where a.event in ('FAXStats', 'FullyBooted', 'Load');
    return null;
end
$$;

comment on function fax.follow_readings is 'Trigger of fax.server_history, after each INSERT: names the days and collectors of new FAXStats readings, and deletes the stored comparisons that a reading or a start of the server may change.';

-- Inserts rows into the history at the positions after the last one, in their order, with their row of
-- fax.append_batch, and returns their number. Both are of one (sub)transaction, so that their xmin is equal.
-- Raises unique_violation if one is stored already. Rows go in by time, so that the key grows at its end and its
-- pages are full. Removes the totals of sessions that receive late rows. Coverage and comparisons with the server's counters
-- are stored two hours late, so only rows and sessions that began over an hour ago may change them; `oldest` is the time
-- of the first row.
create function fax.insert_rows(append_collector text, oldest timestamptz, rows fax.appended_row[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base bigint;
    observer integer;
    inserted bigint;
    began timestamptz;
    late uuid[];
    recent constant timestamptz := now() - interval '1 hour';
begin
    if cardinality(rows) = 0 then
        return 0;
    end if;
    loop
        insert into fax.append_batch as a (last_position, rows, collector)
        select l.position + cardinality(rows), cardinality(rows), c.collector
        from (select coalesce(max(b.last_position), 0) as position from fax.append_batch b) l
        cross join fax.collector c
        where c.collector_id = append_collector
        returning a.last_position - a.rows, a.collector into base, observer;
        exit when base is not null;
        insert into fax.collector (collector, collector_id)
        select coalesce(max(c.collector), 0) + 1, append_collector from fax.collector c;
    end loop;
    with stored as (
        insert into fax.observation (
            session_id, started_at, observed_at, position, data_rate, x_resolution, y_resolution, page_number,
            pages_transmitted, pages_received, total_bad_lines, collector, words, error_correction_mode, event, operation,
            state, session_type, file_name, details)
        select
            r.session_id, s.started_at, r.observed_at, base + r.ordinality, r.data_rate, r.x_resolution, r.y_resolution,
            r.page_number, r.pages_transmitted, r.pages_received, r.total_bad_lines, observer, r.words,
            r.error_correction_mode,
            case when r.words is null then r.event end,
            case when r.words is null then r.operation end,
            case when r.words is null then r.state end,
            case when r.words is null then r.session_type end,
            r.file_name, r.details
        from (
            select n.*, fax.snapshot_words(n.event, n.operation, n.state, n.session_type) as words
            from unnest(rows) with ordinality n
            order by n.observed_at
        ) r
        join fax.session s on s.session_id = r.session_id
        returning session_id, started_at
    )
    select coalesce(sum(n.rows), 0), min(n.started_at), array_agg(n.session_id) filter (where u.session_id is null)
    into inserted, began, late
    from (select i.session_id, i.started_at, count(*) as rows from stored i group by i.session_id, i.started_at) n
    left join fax.session_untotalled u on u.session_id = n.session_id;
    if inserted <> cardinality(rows) then
        raise exception 'a row names a session that was not registered' using errcode = 'foreign_key_violation';
    end if;
    if oldest < recent then
        perform fax.forget_coverage_of_rows(rows);
    end if;
    if late is not null then
        perform fax.forget_totals(late);
    end if;
    if began < recent then
        perform fax.forget_reconciliation(array_agg(s.server), array_agg(s.started_at), interval '1 day')
        from (select distinct n.session_id from unnest(rows) n) r
        join fax.session s on s.session_id = r.session_id
        where s.started_at < recent;
    end if;
    return inserted;
end
$$;

comment on function fax.insert_rows is 'Inserts rows into the history at the positions after the last one, in their order, with their row of fax.append_batch, and returns their number. Both are of one (sub)transaction, so that their xmin is equal. Raises unique_violation if one is stored already. Rows go in by time, so that the key grows at its end and its pages are full. Removes the totals of sessions that receive late rows. Coverage and comparisons with the server''s counters are stored two hours late, so only rows and sessions that began over an hour ago may change them; `oldest` is the time of the first row.';

-- Returns the rows that are not stored yet, in their order; of rows with the same session and time, the first.
create function fax.without_repeats(rows fax.appended_row[]) returns fax.appended_row[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A scalar subquery probes the key of one partition per row. A pack is opened once per session.
    return coalesce((
        select array_agg(rows[n.ordinality] order by n.ordinality)
        from (
            select i.session_id, s.started_at, i.moments, i.places,
                   array(select r.observed_at
                         from fax.session_pack p
                         cross join lateral unnest(p.rows) r
                         where p.session_id = i.session_id and p.started_at = s.started_at
                         union all
                         select m.moment
                         from fax.dropped_session d
                         cross join lateral unnest(d.moments) m (moment)
                         where d.session_id = i.session_id) as packed
            from (
                select d.session_id, array_agg(d.observed_at) as moments, array_agg(d.ordinality) as places
                from (
                    select distinct on (r.session_id, r.observed_at) r.session_id, r.observed_at, r.ordinality
                    from unnest(rows) with ordinality r
                    order by r.session_id, r.observed_at, r.ordinality
                ) d
                group by d.session_id
            ) i
            join fax.session s on s.session_id = i.session_id
            offset 0
        ) o
        cross join lateral unnest(o.moments, o.places) n (observed_at, ordinality)
        where n.observed_at <> all (o.packed)
          and (select h.position from fax.observation h
               where h.session_id = o.session_id and h.started_at = o.started_at
                 and h.observed_at = n.observed_at) is null
    ), '{}');
end
$$;

comment on function fax.without_repeats is 'Returns the rows that are not stored yet, in their order; of rows with the same session and time, the first.';

-- Whether a session of the rows is packed or dropped, so that the key of fax.observation does not refuse a repeat of one of
-- its rows.
create function fax.has_packs(rows fax.appended_row[]) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    of_rows uuid[] := array(select distinct r.session_id from unnest(rows) r);
begin
    return exists (
        select from fax.session s
        where s.session_id = any (of_rows)
          and (select p.last_position from fax.session_pack p
               where p.session_id = s.session_id and p.started_at = s.started_at) is not null)
        or exists (select from fax.dropped_session d where d.session_id = any (of_rows));
end
$$;

comment on function fax.has_packs is 'Whether a session of the rows is packed or dropped, so that the key of fax.observation does not refuse a repeat of one of its rows.';

-- Stores the first append of a spool. Raises serialization_failure if it is not the first: the spool and the database
-- differ in how many of its records were appended. fax.append() calls it under its lock.
create function fax.begin_spool(
    append_collector text, spool uuid, appended_before bigint, appended_after bigint, keys bigint[]
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    stored bigint := (select p.appended from fax.spool_progress p where p.spool_id = spool);
begin
    if appended_before > 0 or stored is not null then
        raise exception 'spool %: % of its records are in the database, the ingestor expected %',
            spool, coalesce(stored, 0), appended_before
        using errcode = 'serialization_failure';
    end if;
    insert into fax.spool_progress (spool_id, collector_id, appended, last_keys, appended_at)
    values (spool, append_collector, appended_after, keys, clock_timestamp());
end
$$;

comment on function fax.begin_spool is 'Stores the first append of a spool. Raises serialization_failure if it is not the first: the spool and the database differ in how many of its records were appended. fax.append() calls it under its lock.';

-- Takes the lock of packing until the end of the transaction. An erasure takes it too, so that no pack is built meanwhile.
-- example: select fax.lock_packing();
create function fax.lock_packing() returns void
language sql
begin atomic
    select pg_advisory_xact_lock(4702394921427289931);
end;

comment on function fax.lock_packing is 'Takes the lock of packing until the end of the transaction. An erasure takes it too, so that no pack is built meanwhile.';

-- Waits for a call of fax.pack_sessions() that is moving rows, and holds off the next one until the end of the transaction.
-- example: select fax.wait_for_packing();
create function fax.wait_for_packing() returns void
language sql
begin atomic
    select pg_advisory_xact_lock_shared(4702394921427289931);
end;

comment on function fax.wait_for_packing is 'Waits for a call of fax.pack_sessions() that is moving rows, and holds off the next one until the end of the transaction.';

-- Appends one batch to the history. There is no other way in.
-- Positions are gapless and in commit order. A row whose session and observed_at already exist is a repeat and ignored.
-- `sessions` are those of the rows that are new or of which more is known. `spool` names the spool that the records come
-- from, and the next three say how many of its records are in the database before and after the batch, and which the
-- batch adds.
-- Raises serialization_failure if the database has another number of them: the batch, or a part of it, may be there.
-- The settings hold for the functions that it calls too: plans must not depend on statistics. A table that autovacuum
-- analysed while it was empty would be read sequentially for each row.
-- example: select * from fax.append('host1', array[…], array[…], array[…], '…', 0, 3, '{1,3}');
create function fax.append(
    append_collector text, epochs fax.appended_epoch[], sessions fax.appended_session[], rows fax.appended_row[],
    spool uuid default null, appended_before bigint default null, appended_after bigint default null,
    keys bigint[] default null,
    out appended bigint, out repeats bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
    seen fax.appended_epoch;
    oldest timestamptz := (select min(r.observed_at) from unnest(rows) r);
    -- Packed rows were observed more than two days before they were packed.
    may_be_packed boolean := coalesce(oldest < now() - interval '1 day', false);
begin
    -- What is appended is discarded elsewhere: the commit waits for the disk, whatever the user's settings are.
    if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    if may_be_packed then
        perform fax.wait_for_packing();  -- before the lock, so that no other append waits with this one
    end if;
    perform fax.lock_append();
    if spool is not null then
        update fax.spool_progress p
        set appended = appended_after, last_keys = keys, appended_at = clock_timestamp(), collector_id = append_collector
        where p.spool_id = spool and p.appended = appended_before;
        if not found then
            perform fax.begin_spool(append_collector, spool, appended_before, appended_after, keys);
        end if;
    end if;
    foreach seen in array epochs loop
        update fax.epoch e
        set last_seen_at = seen.last_seen_at
        where e.epoch_id = seen.epoch_id and e.last_seen_at < seen.last_seen_at;
    end loop;
    if cardinality(sessions) > 0 then
        perform fax.register_sessions(sessions);
        -- wakes faxstore follow, but not for each snapshot
        if exists (select from unnest(sessions) s where not s.is_open or s.session_number is null) then
            perform pg_notify('faxstore', '');
        end if;
    end if;
    begin
        appended := fax.insert_rows(
            append_collector, oldest,
            case when may_be_packed and fax.has_packs(rows) then fax.without_repeats(rows) else rows end);
    exception when unique_violation then
        appended := fax.insert_rows(append_collector, oldest, fax.without_repeats(rows));
    end;
    repeats := cardinality(rows) - appended;
end
$$;

comment on function fax.append is 'Appends one batch to the history. There is no other way in. Positions are gapless and in commit order. A row whose session and observed_at already exist is a repeat and ignored. `sessions` are those of the rows that are new or of which more is known. `spool` names the spool that the records come from, and the next three say how many of its records are in the database before and after the batch, and which the batch adds. Raises serialization_failure if the database has another number of them: the batch, or a part of it, may be there. The settings hold for the functions that it calls too: plans must not depend on statistics. A table that autovacuum analysed while it was empty would be read sequentially for each row.';

-- Trigger of the history after a DELETE: refuses it unless the pack of its session contains each deleted row, equal byte
-- by byte. So no row leaves the table that the history would not show as it was.
-- The deleted rows of a session that is packed for the first time, in the order of fax.pack_sessions(), are the array in its
-- pack: both are compared at once.
-- Of late rows, which were added to a pack, each is compared.
create function fax.check_packed() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
set enable_seqscan = on
set enable_memoize = off
as $$
begin
    if exists (
        select
        from (
            select g.session_id, g.started_at, array_agg(g.one order by g.position) filter (where not g.is_plain)
                    || array_agg(g.one order by g.position) filter (where g.is_plain) as rows
            from (
                -- offset 0: builds each row before they are sorted
                select n.session_id, n.started_at, n.position, n.details is null as is_plain, row(n.*)::fax.observation as one
                from gone n
                offset 0
            ) g
            group by g.session_id, g.started_at
        ) d
        where not coalesce((
            select
                record_image_eq(row(p.rows), row(d.rows))
                -- count(*), not exists(): for the first row alone, the planner would compare each row with each
                or 0 = (
                    select count(*)
                    from unnest(d.rows) r
                    left join unnest(p.rows) k on k.position = r.position
                    where not coalesce(k operator(pg_catalog.*=) r, false)
                )
            from fax.session_pack p
            where p.session_id = d.session_id and p.started_at = d.started_at
        ), false)
    ) then
        raise exception 'fax.observation is append-only: delete is refused for a row that is not in fax.session_pack'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;

comment on function fax.check_packed is 'Trigger of the history after a DELETE: refuses it unless the pack of its session contains each deleted row, equal byte by byte. So no row leaves the table that the history would not show as it was. The deleted rows of a session that is packed for the first time, in the order of fax.pack_sessions(), are the array in its pack: both are compared at once. Of late rows, which were added to a pack, each is compared.';

-- Creates the partitions of the packs of those sessions that have rows to pack; returns whether one was missing. Locks out all readers for that, and
-- raises lock_not_available after 100 ms if they go on: a statement that was planned before the partition existed, and
-- that runs when the rows have moved there, would find neither the rows nor their packs.
create function fax.make_pack_partitions(of_sessions uuid[]) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
    missing timestamptz[] := array(
        select distinct date_trunc('month', s.started_at at time zone 'UTC') at time zone 'UTC'
        from fax.session s
        where s.session_id = any (of_sessions)
          and to_regclass('fax.session_pack_' || to_char(s.started_at at time zone 'UTC', 'YYYY_MM')) is null
          and exists (select from fax.observation o where o.session_id = s.session_id and o.started_at = s.started_at));
begin
    if missing = '{}' then
        return false;
    end if;
    lock table fax.session_pack in access exclusive mode;
    perform fax.make_partition(m.moment, 'session_pack') from unnest(missing) m (moment);
    return true;
end
$$;

comment on function fax.make_pack_partitions is 'Creates the partitions of the packs of those sessions that have rows to pack; returns whether one was missing. Locks out all readers for that, and raises lock_not_available after 100 ms if they go on: a statement that was planned before the partition existed, and that runs when the rows have moved there, would find neither the rows nor their packs.';

-- Packs the next sessions, in the order of their start: those that started after a moment and before another, at most
-- `most` and those that started together with the last one. Moves their rows from fax.observation to fax.session_pack.
-- A session that has a pack gets its late rows added to it. Returns the start of the last of these sessions, from which
-- the next call goes on; NULL if there are none; and the number of rows moved. A call that creates a partition packs
-- nothing, and the next one goes on from the same moment.
-- A session with a row that was observed in the last two days is left to a later call. Of two calls at the same time, one
-- waits for the other. An append waits only if it has rows that are older than a day (fax.append).
-- example: select * from fax.pack_sessions('-infinity', '2026-11-01 00:00+00');
create function fax.pack_sessions(
    after timestamptz, until timestamptz, most integer default 100,
    out packed_until timestamptz, out packed_rows bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off  -- for the rows of one session, which are on as many pages, a bitmap takes longer
as $$
declare
    chosen uuid[];
begin
    -- The commit does not wait for the disk: after a crash, rows and packs are as before it or as after it.
    perform set_config('synchronous_commit', 'off', true);
    perform fax.lock_packing();
    select array_agg(n.session_id), max(n.started_at) into chosen, packed_until
    from (
        select s.session_id, s.started_at
        from fax.session s
        where s.started_at > after and s.started_at < until
        order by s.started_at
        fetch first (greatest(most, 1)) rows with ties
    ) n;
    packed_rows := 0;
    if chosen is null then
        return;
    end if;
    if fax.make_pack_partitions(chosen) then
        packed_until := after;
        return;
    end if;
    with built as materialized (
        select s.session_id, s.started_at, h.*
        from fax.session s
        cross join lateral (
            select
                min(o.observed_at) as first_observed_at,
                max(o.observed_at) as last_observed_at,
                min(o.position) as first_position,
                max(o.position) as last_position,
                min(o.observed_at) filter (where o.event in ('SendFAX', 'ReceiveFAX')) as completed_at,
                max(o.observed_at) filter (where o.event = 'Hangup') as hung_up_at,
                array_agg(o order by o.position) filter (where o.details is not null)
                    || array_agg(o order by o.position) filter (where o.details is null) as rows,
                array_agg(distinct left(o.details ->> 'AccountCode', 100)) filter (where o.details ->> 'AccountCode' <> '') as accounts
            from fax.observation o
            where o.session_id = s.session_id and o.started_at = s.started_at
        ) h
        where s.session_id = any (chosen) and h.last_observed_at < now() - interval '2 days'
    ),
    packed as (
        insert into fax.session_pack as old (
            session_id, started_at, first_observed_at, last_observed_at, first_position, last_position, completed_at,
            hung_up_at, rows)
        select b.session_id, b.started_at, b.first_observed_at, b.last_observed_at, b.first_position, b.last_position,
               b.completed_at, b.hung_up_at, b.rows
        from built b
        on conflict (session_id, started_at) do update
        set first_observed_at = least(old.first_observed_at, excluded.first_observed_at),
            last_observed_at = greatest(old.last_observed_at, excluded.last_observed_at),
            first_position = least(old.first_position, excluded.first_position),
            last_position = greatest(old.last_position, excluded.last_position),
            completed_at = least(old.completed_at, excluded.completed_at),
            hung_up_at = greatest(old.hung_up_at, excluded.hung_up_at),
            rows = array(select r from unnest(old.rows || excluded.rows) r order by r.details is null, r.position)
    )
    insert into fax.packed_account (account)
    select distinct a.account from built b cross join lateral unnest(b.accounts) a (account)
    on conflict do nothing;
    delete from fax.observation o
    using fax.session_pack p
    where p.session_id = any (chosen) and p.started_at > after and p.started_at <= packed_until
      and o.session_id = p.session_id and o.started_at = p.started_at
      -- + 0: not by the index of positions, which would find all earlier rows for each session
      and o.position + 0 <= p.last_position;
    get diagnostics packed_rows = row_count;
end
$$;

comment on function fax.pack_sessions is 'Packs the next sessions, in the order of their start: those that started after a moment and before another, at most `most` and those that started together with the last one. Moves their rows from fax.observation to fax.session_pack. A session that has a pack gets its late rows added to it. Returns the start of the last of these sessions, from which the next call goes on; NULL if there are none; and the number of rows moved. A call that creates a partition packs nothing, and the next one goes on from the same moment. A session with a row that was observed in the last two days is left to a later call. Of two calls at the same time, one waits for the other. An append waits only if it has rows that are older than a day (fax.append).';

-- grain: one period of time whose rows fax.pack_sessions() can pack: those of the sessions that started in it
-- The days that ended before a moment and whose partition may have rows; and, of the rows in the partitions that are not
-- of a day, from the first one to that moment.
-- example: select * from fax.periods_to_pack(now() - interval '2 days');
create function fax.periods_to_pack(until timestamptz) returns table (began timestamptz, ends timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    name text;
begin
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fax.observation'::regclass and pg_relation_size(c.oid) > 0
        order by c.relname
    loop
        if name ~ '_\d{4}_\d\d_\d\d$' then
            began := to_date(right(name, 10), 'YYYY_MM_DD');
            ends := began + interval '1 day';
            if ends <= until then
                return next;
            end if;
        else
            execute format('select min(o.started_at) from fax.%I o where o.started_at < $1', name) into began using until;
            ends := until;
            if began is not null then
                return next;
            end if;
        end if;
    end loop;
end
$$;

comment on function fax.periods_to_pack is 'The days that ended before a moment and whose partition may have rows; and, of the rows in the partitions that are not of a day, from the first one to that moment.';

-- Drops the partitions of fax.observation of past days, and those of fax.session_pack of dropped months, that occupy no
-- space, and returns their names. PostgreSQL frees the space of deleted rows (VACUUM) only when no snapshot can see them
-- any more, so no reader misses a row: one with an older snapshot would find neither the rows nor their packs.
-- Waits at most 100 ms for readers, and leaves a partition to the next call if they go on.
-- example: select * from fax.drop_packed_partitions();
create function fax.drop_packed_partitions() returns setof text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
    day text := to_char(now() at time zone 'UTC' - interval '2 days', 'YYYY_MM_DD');
    name text;
    parent regclass;
begin
    for name, parent in
        select c.relname, i.inhparent from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where (i.inhparent = 'fax.observation'::regclass
               and c.relname ~ '_\d{4}_\d\d_\d\d$' and c.relname < 'observation_' || day)
           or (i.inhparent = 'fax.session_pack'::regclass
               and exists (select from fax.dropped_month m where c.relname = 'session_pack_' || to_char(m.month, 'YYYY_MM')))
        order by c.relname
    loop
        continue when pg_relation_size('fax.' || name) > 0;
        begin
            perform fax.lock_append();
            execute format('lock table %s in access exclusive mode', parent);
            continue when pg_relation_size('fax.' || name) > 0;
            execute format('drop table fax.%I', name);
            return next name;
        exception when lock_not_available then
            exit;  -- the reader has the others too, and appends would wait for each
        end;
    end loop;
end
$$;

comment on function fax.drop_packed_partitions is 'Drops the partitions of fax.observation of past days, and those of fax.session_pack of dropped months, that occupy no space, and returns their names. PostgreSQL frees the space of deleted rows (VACUUM) only when no snapshot can see them any more, so no reader misses a row: one with an older snapshot would find neither the rows nor their packs. Waits at most 100 ms for readers, and leaves a partition to the next call if they go on.';

-- Requests or renews the lease on a server for some seconds (at most 60; 0 releases it), and returns its holder.
-- The caller gets the lease unless another ingestor's lease has not expired. All times are the database's. A lease
-- renewed in the future (the database's clock was set back) is void.
-- left_by is the previous holder if the lease changes hands; silent_since is its last renewal, NULL if it released.
-- example: select * from fax.hold_lease('pbx1', 'host-a/5f3c9a1b', 6);
create function fax.hold_lease(
    of_server text, asking text, seconds double precision,
    out holds boolean, out held_by text, out seconds_left double precision, out left_by text, out silent_since timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '1500ms'
as $$
declare
    held fax.lease;
    moment timestamptz := clock_timestamp();
begin
    -- No lease waits for a standby database: a lost lease is requested again.
    perform set_config('synchronous_commit', 'off', true);
    -- A standby only reads.
    select l.* into held from fax.lease l where l.server = of_server;
    if held.holder is null or held.holder = asking or moment < held.renewed_at or moment >= held.expires_at then
        insert into fax.lease values (of_server, asking, moment, moment, moment) on conflict do nothing;
        select l.* into held from fax.lease l where l.server = of_server for update;
        moment := clock_timestamp();
    end if;
    if held.holder <> asking and moment >= held.renewed_at and moment < held.expires_at then
        holds := false;
        held_by := held.holder;
        seconds_left := extract(epoch from held.expires_at - moment);
        return;
    end if;
    holds := true;
    held_by := asking;
    seconds_left := least(greatest(seconds, 0), 60);
    if held.holder <> asking then
        left_by := held.holder;
        silent_since := case when held.expires_at > held.renewed_at then held.renewed_at end;
    end if;
    update fax.lease l
    set holder = asking,
        taken_at = case when held.holder = asking then held.taken_at else moment end,
        renewed_at = moment,
        expires_at = moment + seconds_left * interval '1 second'
    where l.server = of_server;
end
$$;

comment on function fax.hold_lease is 'Requests or renews the lease on a server for some seconds (at most 60; 0 releases it), and returns its holder. The caller gets the lease unless another ingestor''s lease has not expired. All times are the database''s. A lease renewed in the future (the database''s clock was set back) is void. left_by is the previous holder if the lease changes hands; silent_since is its last renewal, NULL if it released.';

-- grain: one message, or part of one, that faxstore could not parse
-- example: select observed_at, server, reason from fax.rejected_messages order by observed_at desc limit 20;
create view fax.rejected_messages as
select
    server,  -- Name of the server in the settings.
    observed_at,  -- When the message arrived, by the observer's clock.
    reason,  -- Why it was rejected. Contains nothing from the message.
    raw,  -- The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.
    collector_id  -- Collector that observed it.
from fax.rejected_message;

comment on view fax.rejected_messages is 'Messages, whole or in part, that faxstore could not parse.';

comment on column fax.rejected_messages.server is 'Name of the server in the settings.';

comment on column fax.rejected_messages.observed_at is 'When the message arrived, by the observer''s clock.';

comment on column fax.rejected_messages.reason is 'Why it was rejected. Contains nothing from the message.';

comment on column fax.rejected_messages.raw is 'The message as received (personal). NUL and bytes that are not UTF-8 appear as \xNN.';

comment on column fax.rejected_messages.collector_id is 'Collector that observed it.';

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

comment on column fax.archive_file.month is 'First day of the month (UTC) in which its sessions began.';

comment on column fax.archive_file.server is 'Name of the server in the settings.';

comment on column fax.archive_file.folder is 'Folder of the archive on the machine that wrote the file.';

comment on column fax.archive_file.sha256 is 'SHA-256 of the file.';

comment on column fax.archive_file.bytes is 'Size of the file, bytes.';

comment on column fax.archive_file.rows is 'Number of rows.';

comment on column fax.archive_file.sessions is 'Number of sessions.';

comment on column fax.archive_file.first_position is 'Lowest position of its rows.';

comment on column fax.archive_file.last_position is 'Highest position of its rows.';

comment on column fax.archive_file.size is 'Rows of the checkpoint with which its rows were compared.';

comment on column fax.archive_file.is_outdated is 'Whether an erasure has changed rows of the month since: the file must be written again.';

comment on column fax.archive_file.archived_at is 'When it was recorded, by the database''s clock.';

comment on column fax.archive_file.archived_by is 'Database user.';

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

comment on column fax.dropped_month.month is 'First day of the month (UTC) in which its sessions began.';

comment on column fax.dropped_month.positions is 'Positions of its rows.';

comment on column fax.dropped_month.rows is 'Number of rows.';

comment on column fax.dropped_month.sessions is 'Number of sessions.';

comment on column fax.dropped_month.dropped_at is 'When its rows were deleted, by the database''s clock.';

comment on column fax.dropped_month.dropped_by is 'Database user.';

comment on column fax.dropped_month.deleted_at is 'When its sessions and their totals were deleted, by the database''s clock; then its files are too. NULL if they were not.';

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

comment on column fax.dropped_session.session_id is 'The session (fax.session).';

comment on column fax.dropped_session.started_at is 'As in fax.session.';

comment on column fax.dropped_session.first_observed_at is 'Time of the first of its rows.';

comment on column fax.dropped_session.last_observed_at is 'Time of the last of its rows.';

comment on column fax.dropped_session.first_position is 'Lowest position of its rows.';

comment on column fax.dropped_session.last_position is 'Highest position of its rows.';

comment on column fax.dropped_session.completed_at is 'First completion event among its rows. NULL if none.';

comment on column fax.dropped_session.hung_up_at is 'Last Hangup among its rows. NULL if none.';

comment on column fax.dropped_session.server is 'As in fax.session.';

comment on column fax.dropped_session.is_stale is 'Whether its total must be computed again when its rows are back: a late row or a correction arrived.';

comment on column fax.dropped_session.moments is 'observed_at of each of its rows, in the order of its pack: fax.append() recognises a repeat by it.';

-- grain: one deleted row of a block of 256 positions that has rows of other months too, or is not complete
-- example: select position, encode(leaf, 'hex') from fax.dropped_leaf order by position limit 3;
-- Of a block that was dropped as a whole, fax.log_subtree has the root, and no proof of another row needs more.
create table fax.dropped_leaf (
    position bigint primary key,  -- Position of the row in the history.
    month    date not null,  -- Its month (fax.dropped_month).
    leaf     bytea not null check (length(leaf) = 32)  -- Leaf hash of the row in the log.
);

comment on table fax.dropped_leaf is 'Leaf hashes of deleted rows that proofs of remaining rows need. faxstore partitions drop adds rows, and restore removes them.';

comment on column fax.dropped_leaf.position is 'Position of the row in the history.';

comment on column fax.dropped_leaf.month is 'Its month (fax.dropped_month).';

comment on column fax.dropped_leaf.leaf is 'Leaf hash of the row in the log.';

-- grain: one time that a month was archived, dropped or restored, or that values or faxes of it were deleted
-- example: select month, change, rule, changed_at, changed_by from fax.month_change order by change_id;
create table fax.month_change (
    change_id  bigint generated by default as identity primary key,  -- Identity of the change; later ones have larger ones.
    month      date not null,  -- First day of the month (UTC) in which its sessions began.
    change     text not null check (change in ('archived', 'dropped', 'restored', 'erased', 'deleted', 'files deleted', 'reported erased', 'reported deleted')),  -- What was done: its rows were archived, dropped or restored; erased: personal values of some of its sessions; deleted: its sessions and their totals; files deleted: its files; reported erased and reported deleted: personal values of faxes that other systems reported, and these faxes.
    rule       text not null,  -- The command that did it, or the rule of faxstore retention.
    rows       bigint not null,  -- Number of rows concerned.
    sessions   bigint not null,  -- Number of sessions concerned.
    changed_at timestamptz not null default clock_timestamp(),  -- When, by the database's clock.
    changed_by text not null default session_user  -- Database user.
);

comment on table fax.month_change is 'Journal of the months: what was archived, dropped, restored, erased or deleted, when, by whom and by which rule. Append-only.';

comment on column fax.month_change.change_id is 'Identity of the change; later ones have larger ones.';

comment on column fax.month_change.month is 'First day of the month (UTC) in which its sessions began.';

comment on column fax.month_change.change is 'What was done: its rows were archived, dropped or restored; erased: personal values of some of its sessions; deleted: its sessions and their totals; files deleted: its files; reported erased and reported deleted: personal values of faxes that other systems reported, and these faxes.';

comment on column fax.month_change.rule is 'The command that did it, or the rule of faxstore retention.';

comment on column fax.month_change.rows is 'Number of rows concerned.';

comment on column fax.month_change.sessions is 'Number of sessions concerned.';

comment on column fax.month_change.changed_at is 'When, by the database''s clock.';

comment on column fax.month_change.changed_by is 'Database user.';

-- Trigger of the packs after a DELETE: refuses it unless fax.dropped_session has each deleted pack, with the times of its
-- rows, and fax.dropped_month its month. So no pack leaves the table without a record of its rows.
create function fax.check_dropped() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from gone g
        left join fax.dropped_session d on d.session_id = g.session_id and d.started_at = g.started_at
        left join fax.dropped_month m on m.month = date_trunc('month', g.started_at at time zone 'UTC')::date
        where m.month is null or d.moments is distinct from array(select r.observed_at from unnest(g.rows) r)
    ) then
        raise exception 'fax.session_pack is append-only: delete is refused for a pack that is not in fax.dropped_session'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;

comment on function fax.check_dropped is 'Trigger of the packs after a DELETE: refuses it unless fax.dropped_session has each deleted pack, with the times of its rows, and fax.dropped_month its month. So no pack leaves the table without a record of its rows.';

-- Trigger of fax.erased_digest after a DELETE: refuses it unless the sessions are not in fax.session any more. Digests of
-- erased values prove rows; when faxstore retention has deleted a session, no row of it is left to prove.
create function fax.check_deleted() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from gone g join fax.session s on s.session_id = g.session_id) then
        raise exception 'fax.erased_digest is append-only: delete is refused while its session exists'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;

comment on function fax.check_deleted is 'Trigger of fax.erased_digest after a DELETE: refuses it unless the sessions are not in fax.session any more. Digests of erased values prove rows; when faxstore retention has deleted a session, no row of it is left to prove.';

-- Whether rows that prove polls of a day (UTC) may be in files only: those of sessions that started on it, or up to two
-- hours before it. The stored coverage of such a day stays as it is.
-- example: select fax.has_dropped_evidence('2025-12-24');
create function fax.has_dropped_evidence(of_day date) returns boolean
language sql stable parallel safe
begin atomic
    select exists (
        select from fax.dropped_month m where of_day >= m.month and of_day <= (m.month + interval '1 month')::date);
end;

comment on function fax.has_dropped_evidence is 'Whether rows that prove polls of a day (UTC) may be in files only: those of sessions that started on it, or up to two hours before it. The stored coverage of such a day stays as it is.';

-- Whether comparisons of a day (UTC) with a server's counters may count sessions that were deleted. They depend on what
-- happened after the moment `since`, and on faxes that began up to a day before. Such comparisons stay as they were
-- stored, because nothing can compute them again.
-- example: select fax.counts_deleted('2016-12-24', '2016-12-23 23:59+00');
create function fax.counts_deleted(of_day date, since timestamptz) returns boolean
language sql stable parallel safe
begin atomic
    select exists (
        select from fax.dropped_month m
        where m.deleted_at is not null
          and of_day >= m.month
          and (of_day <= (m.month + interval '1 month')::date
               or since < (m.month + interval '1 month' + interval '1 day') at time zone 'UTC'));
end;

comment on function fax.counts_deleted is 'Whether comparisons of a day (UTC) with a server''s counters may count sessions that were deleted. They depend on what happened after the moment `since`, and on faxes that began up to a day before. Such comparisons stay as they were stored, because nothing can compute them again.';

-- Marks the files with rows of sessions that are about to be erased as outdated. Raises an exception if the rows are in
-- the files only, where an erasure does not reach them.
-- example: select fax.outdate_files(array['…']::uuid[]);
create function fax.outdate_files(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found record;
begin
    select d.session_id, to_char(d.started_at at time zone 'UTC', 'YYYY-MM') as month, f.folder into found
    from fax.dropped_session d
    left join fax.archive_file f
        on f.server = d.server and f.month = date_trunc('month', d.started_at at time zone 'UTC')::date
    where d.session_id = any (of_sessions)
    order by d.started_at
    limit 1;
    if found.session_id is not null then
        raise exception 'the rows of session % are in the archive % only', found.session_id, found.folder
            using errcode = 'invalid_parameter_value',
                  hint = format('run faxstore partitions restore %s, erase, and archive the month again', found.month);
    end if;
    update fax.archive_file f
    set is_outdated = true
    from fax.session s
    where s.session_id = any (of_sessions) and f.server = s.server
      and f.month = date_trunc('month', s.started_at at time zone 'UTC')::date;
end
$$;

comment on function fax.outdate_files is 'Marks the files with rows of sessions that are about to be erased as outdated. Raises an exception if the rows are in the files only, where an erasure does not reach them.';

-- grain: one fax that another system reported of itself, as `faxstore import --format` read it from its records
-- example: select started_at, direction, called_number, pages, result, raw from fax.reported_fax where source = 'cdr';
-- faxstore observed none of these. They are in fax.usage() and fax.jobs with their source, and in nothing else: no
-- charge, no billing line, no proof and no measurement of quality is based on them.
-- session_id depends on the server and the fax as it was reported, so an import that is repeated adds nothing. Columns are
-- in order of decreasing alignment.
create table fax.reported_fax (
    session_id        uuid primary key,  -- Identity of the fax, the same wherever its file is imported. It is no session of fax.sessions.
    started_at        timestamptz not null,  -- Start of the fax, by the clock of the other system, to the minute (xferfaxlog) or second. Of v_fax_logs without a duration, its end.
    imported_at       timestamptz not null default now(),  -- When it was imported, by the database's clock: the same for all faxes of one file.
    pages             integer check (pages >= 0),  -- Pages transferred. NULL if not reported (cdr).
    duration_seconds  numeric check (duration_seconds >= 0),  -- Seconds on the telephone: conntime (xferfaxlog), fax_duration (v_fax_logs), billsec (cdr, of the whole call). NULL if not reported.
    server            text not null,  -- Name given to the other system, by --server of the import.
    source            text not null check (source in ('xferfaxlog', 'v_fax_logs', 'cdr')),  -- Records from which it was read: xferfaxlog (HylaFAX), v_fax_logs (FusionPBX) or cdr (Asterisk).
    direction         text check (direction in ('sent', 'received')),  -- sent or received. NULL if not reported.
    job               text,  -- Number of the job of which it is an attempt, of xferfaxlog. NULL if none: then it is a job of its own.
    account_code      text,  -- Account: owner or jobtag (xferfaxlog), accountcode or domain (v_fax_logs), accountcode (cdr). NULL if none.
    caller_number     text,  -- Number of the caller, as reported (personal). NULL if not reported.
    called_number     text,  -- Called number, as reported (personal). NULL if not reported.
    local_station_id  text,  -- Station id of this end (personal). NULL if not reported.
    remote_station_id text,  -- Station id of the other end, TSI or CSI (personal). NULL if not reported.
    result            text not null check (result in ('success', 'failed', 'unknown')),  -- success, failed, or unknown: not reported (cdr).
    result_text       text,  -- Reason of the result, as reported. NULL if none.
    raw               text  -- The record: the line of a log, or a JSON object of the columns with a value (personal). NULL after an erasure.
);

create index reported_fax_started_at on fax.reported_fax (started_at);
create index reported_fax_server on fax.reported_fax (server);
create index reported_fax_account on fax.reported_fax (account_code);

comment on table fax.reported_fax is 'Faxes that other systems reported of themselves (faxstore import --format). Not observed by faxstore, so not in the log and never charged. Rows are only added and erased; the owner of the schema may delete them.';

comment on column fax.reported_fax.session_id is 'Identity of the fax, the same wherever its file is imported. It is no session of fax.sessions.';

comment on column fax.reported_fax.started_at is 'Start of the fax, by the clock of the other system, to the minute (xferfaxlog) or second. Of v_fax_logs without a duration, its end.';

comment on column fax.reported_fax.imported_at is 'When it was imported, by the database''s clock: the same for all faxes of one file.';

comment on column fax.reported_fax.pages is 'Pages transferred. NULL if not reported (cdr).';

comment on column fax.reported_fax.duration_seconds is 'Seconds on the telephone: conntime (xferfaxlog), fax_duration (v_fax_logs), billsec (cdr, of the whole call). NULL if not reported.';

comment on column fax.reported_fax.server is 'Name given to the other system, by --server of the import.';

comment on column fax.reported_fax.source is 'Records from which it was read: xferfaxlog (HylaFAX), v_fax_logs (FusionPBX) or cdr (Asterisk).';

comment on column fax.reported_fax.direction is 'sent or received. NULL if not reported.';

comment on column fax.reported_fax.job is 'Number of the job of which it is an attempt, of xferfaxlog. NULL if none: then it is a job of its own.';

comment on column fax.reported_fax.account_code is 'Account: owner or jobtag (xferfaxlog), accountcode or domain (v_fax_logs), accountcode (cdr). NULL if none.';

comment on column fax.reported_fax.caller_number is 'Number of the caller, as reported (personal). NULL if not reported.';

comment on column fax.reported_fax.called_number is 'Called number, as reported (personal). NULL if not reported.';

comment on column fax.reported_fax.local_station_id is 'Station id of this end (personal). NULL if not reported.';

comment on column fax.reported_fax.remote_station_id is 'Station id of the other end, TSI or CSI (personal). NULL if not reported.';

comment on column fax.reported_fax.result is 'success, failed, or unknown: not reported (cdr).';

comment on column fax.reported_fax.result_text is 'Reason of the result, as reported. NULL if none.';

comment on column fax.reported_fax.raw is 'The record: the line of a log, or a JSON object of the columns with a value (personal). NULL after an erasure.';

-- The names of the servers of reported faxes, in order. Reads one entry of an index per name.
-- example: select * from fax.reported_servers();
create function fax.reported_servers() returns setof text
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    name text := (select min(r.server) from fax.reported_fax r);
begin
    while name is not null loop
        return next name;
        name := (select min(r.server) from fax.reported_fax r where r.server > name);
    end loop;
end
$$;

comment on function fax.reported_servers is 'The names of the servers of reported faxes, in order. Reads one entry of an index per name.';

-- Removes the personal values of reported faxes that started between two moments, the second one excluded: of all that
-- have some, or of those in which a number appears, given as its digits. No figure changes: jobs are found by the number
-- of the other system. Returns the number of faxes. fax.erase_number() and faxstore retention call it.
-- example: select fax.empty_reported('2025-10-01', '2025-11-01');
create function fax.empty_reported(from_moment timestamptz, to_moment timestamptz, digits text default null) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    emptied bigint;
begin
    update fax.reported_fax r
    set caller_number = null, called_number = null, local_station_id = null, remote_station_id = null, raw = null
    where r.started_at >= from_moment and r.started_at < to_moment and r.raw is not null
      and (digits is null
           or fax.contains_number(r.caller_number, digits) or fax.contains_number(r.called_number, digits)
           or fax.contains_number(r.local_station_id, digits) or fax.contains_number(r.remote_station_id, digits)
           or fax.contains_number(r.raw, digits));
    get diagnostics emptied = row_count;
    return emptied;
end
$$;

comment on function fax.empty_reported is 'Removes the personal values of reported faxes that started between two moments, the second one excluded: of all that have some, or of those in which a number appears, given as its digits. No figure changes: jobs are found by the number of the other system. Returns the number of faxes. fax.erase_number() and faxstore retention call it.';

-- grain: one fax technology, by the name in list entries
-- example: insert into fax.technology values ('Example', 'session');
create table fax.technology (
    technology           text primary key,  -- Technology as the list entry names it.
    bad_lines_counted_by text not null check (bad_lines_counted_by in ('page', 'session'))  -- page: TotalBadLines counts the current page (spandsp: t4_rx.c, t4_rx_start_page). session: it counts all pages so far.
);

insert into fax.technology values ('Spandsp', 'page');

comment on table fax.technology is 'Reference table: what TotalBadLines counts, by fax technology. A technology without a row counts per page.';

comment on column fax.technology.technology is 'Technology as the list entry names it.';

comment on column fax.technology.bad_lines_counted_by is 'page: TotalBadLines counts the current page (spandsp: t4_rx.c, t4_rx_start_page). session: it counts all pages so far.';

-- grain: one quality class of a page
-- example: update fax.quality_class set bad_line_ratio_below = 0.03 where quality = 'good';
create table fax.quality_class (
    quality              text primary key,  -- Name of the class: good, poor, bad.
    bad_line_ratio_below numeric unique check (bad_line_ratio_below > 0)  -- Upper limit of bad lines divided by the estimated lines of the page (a ratio), exclusive. NULL if unlimited (the last class).
);

insert into fax.quality_class values ('good', 0.05), ('poor', 0.15), ('bad', null);

comment on table fax.quality_class is 'Reference table: page quality by the share of bad lines, with spandsp''s limits (t30.c, copy_quality). A page gets the first class whose limit is above its ratio.';

comment on column fax.quality_class.quality is 'Name of the class: good, poor, bad.';

comment on column fax.quality_class.bad_line_ratio_below is 'Upper limit of bad lines divided by the estimated lines of the page (a ratio), exclusive. NULL if unlimited (the last class).';

-- Whether fax.sessions shows a session: not a call that ran no fax, nor one that a list named without any other sign of
-- it.
-- example: select count(*) from fax.session_facts f where fax.is_shown(f.is_fax, f.session_number, f.snapshots, f.completed);
create function fax.is_shown(is_fax boolean, session_number bigint, snapshots bigint, completed boolean) returns boolean
language sql immutable parallel safe
as $$
    select is_fax and (session_number is null or snapshots > 0 or completed)
$$;

comment on function fax.is_shown is 'Whether fax.sessions shows a session: not a call that ran no fax, nor one that a list named without any other sign of it.';

-- The name of a vertical resolution in pixels per metre: 3850 standard, 7700 fine, 15400 superfine (spandsp, t4_rx.h).
-- Each range is a few per cent wide because other libraries round differently (200 dots per inch are 7874).
-- example: select fax.resolution_name(7700);
create function fax.resolution_name(y_resolution integer) returns text
language sql immutable parallel safe
as $$
    select case
        when y_resolution between 3700 and 4000 then 'standard'
        when y_resolution between 7400 and 8000 then 'fine'
        when y_resolution between 14800 and 16000 then 'superfine'
    end
$$;

comment on function fax.resolution_name is 'The name of a vertical resolution in pixels per metre: 3850 standard, 7700 fine, 15400 superfine (spandsp, t4_rx.h). Each range is a few per cent wide because other libraries round differently (200 dots per inch are 7874).';

-- The estimated lines of a page: A4 (0.297 m) at a vertical resolution in pixels per metre.
-- No AMI message reports the length of a page.
-- example: select fax.page_lines(3850);
create function fax.page_lines(y_resolution integer) returns numeric
language sql immutable parallel safe
as $$
    select case when y_resolution > 0 then 0.297 * y_resolution end
$$;

comment on function fax.page_lines is 'The estimated lines of a page: A4 (0.297 m) at a vertical resolution in pixels per metre. No AMI message reports the length of a page.';

-- The direction of a fax: sent, received, gateway, or detector (V.21: listens for a fax tone, is not a fax). NULL if the
-- operation is none of these.
-- example: select fax.direction('send');
create function fax.direction(operation text) returns text
language sql immutable parallel safe
begin atomic
    select case operation when 'send' then 'sent' when 'receive' then 'received' when 'gateway' then 'gateway' when 'V.21' then 'detector' end;
end;

comment on function fax.direction is 'The direction of a fax: sent, received, gateway, or detector (V.21: listens for a fax tone, is not a fax). NULL if the operation is none of these.';

-- The result of a fax by FAXSTATUS and FAXERROR as res_fax set them: success or failed; unknown if it was not on the
-- wire. NATIVE_T38 (no gateway necessary) is a success.
-- example: select fax.result('FAILED', 'HANGUP');
create function fax.result(status text, error text) returns text
language sql immutable parallel safe
begin atomic
    select case
        when error = 'NATIVE_T38' or status = 'SUCCESS' then 'success'
        when status = 'FAILED' then 'failed'
        else 'unknown'
    end;
end;

comment on function fax.result is 'The result of a fax by FAXSTATUS and FAXERROR as res_fax set them: success or failed; unknown if it was not on the wire. NATIVE_T38 (no gateway necessary) is a success.';

-- The class of a result from FAXSTATUS, FAXERROR and FAXSTATUSSTRING, as in Asterisk's `fax show stats`.
-- spandsp's texts are classed as in res_fax_spandsp.c, update_stats; then FAXERROR as set by res_fax.c. NATIVE_T38 (no
-- gateway necessary) is not a failure. Any other text is unknown_error.
-- example: select fax.result_class('FAILED', 'HANGUP', 'The call dropped prematurely');
create function fax.result_class(status text, error text, status_text text) returns text
language sql immutable parallel safe
as $$
    select case
        when error = 'NATIVE_T38' then 'success'
        when nullif(status, '') is null then null
        when status = 'SUCCESS' then 'success'
        when status_text in (
            'The CED tone exceeded 5s',
            'Timed out waiting for initial communication',
            'Timed out waiting for the first message',
            'Timed out waiting for procedural interrupt',
            'The HDLC carrier did not stop in a timely manner',
            'Failed to train with any of the compatible modems'
        ) then 'failed_to_train'
        when status_text in (
            'Operator intervention failed',
            'Far end is not compatible',
            'Far end is not able to receive',
            'Far end is not able to transmit',
            'Far end cannot receive at the resolution of the image',
            'Far end cannot receive at the size of image',
            'Poll not accepted',
            'Ident not accepted',
            'Polled sub-address not accepted',
            'Selective polling address not accepted',
            'Sender identification not accepted',
            'Password not accepted',
            'Sub-address not accepted',
            'Transmitting subscriber internet address not accepted',
            'Internet routing address not accepted',
            'Calling subscriber internet address not accepted',
            'Internet selective polling address not accepted',
            'Called subscriber internet address not accepted'
        ) then 'neg_failed'
        when status_text in (
            'Unexpected message received'
        ) then 'protocol_error'
        when status_text in (
            'Received bad response to DCS or training',
            'Received a DCN from remote after sending a page',
            'Invalid ECM response received from receiver',
            'Received a DCN while waiting for a DIS',
            'Invalid response after sending a page',
            'Received other than DIS while waiting for DIS',
            'Received no response to DCS or TCF',
            'No response after sending a page',
            'Timed out waiting for receiver ready (ECM mode)'
        ) then 'tx_protocol_error'
        when status_text in (
            'Invalid ECM response received from transmitter',
            'DCS received while waiting for DTC',
            'Unexpected command after page received',
            'Carrier lost during fax receive',
            'Timed out while waiting for EOL (end Of line)',
            'Timer T2 expired while waiting for DCN',
            'Timer T2 expired while waiting for phase D',
            'Timer T2 expired while waiting for fax page',
            'Timer T2 expired while waiting for next fax page',
            'Timer T2 expired while waiting for RR command',
            'Timer T2 expired while waiting for NSS, DCS or MCF',
            'Unexpected DCN while waiting for DCS or DIS',
            'Unexpected DCN while waiting for image data',
            'Unexpected DCN while waiting for EOM, EOP or MPS',
            'Unexpected DCN after EOM or MPS sequence',
            'Unexpected DCN after RR/RNR sequence',
            'Unexpected DCN after requested retransmission'
        ) then 'rx_protocol_error'
        when status_text in (
            'Timed out while waiting for first line'
        ) then 'nofax'
        when status_text in (
            'TIFF/F file cannot be opened',
            'TIFF/F page not found',
            'TIFF/F format is not compatible',
            'TIFF/F page number tag missing',
            'Incorrect values for TIFF/F tags',
            'Bad TIFF/F header - incorrect values in fields'
        ) then 'file_error'
        when status_text in (
            'Cannot allocate memory for more pages'
        ) then 'mem_error'
        when status_text in (
            'Disconnected after permitted retries'
        ) then 'retries_exceeded'
        when status_text in (
            'The call dropped prematurely'
        ) then 'call_dropped'
        when error in ('HANGUP') then 'call_dropped'
        when error in ('INIT_ERROR', 'INVALID_ARGUMENTS', 'T38_NEG_ERROR', 'Channel Problems') then 'neg_failed'
        when error in ('FILE_ERROR') then 'file_error'
        when error in ('MEMORY_ERROR') then 'mem_error'
        else 'unknown_error'
    end
$$;

comment on function fax.result_class is 'The class of a result from FAXSTATUS, FAXERROR and FAXSTATUSSTRING, as in Asterisk''s `fax show stats`. spandsp''s texts are classed as in res_fax_spandsp.c, update_stats; then FAXERROR as set by res_fax.c. NATIVE_T38 (no gateway necessary) is not a failure. Any other text is unknown_error.';

-- The value of a channel variable in the ChanVariable headers of an event ("NAME=value", one or more; manager.conf,
-- channelvars). NULL if the variable is not among them.
-- example: select fax.channel_variable('{"ChanVariable": ["FAXSTATUS=SUCCESS", "FAXMODE=audio"]}', 'FAXSTATUS');
create function fax.channel_variable(details jsonb, variable text) returns text
language sql immutable parallel safe
as $$
    select substr(v, length(variable) + 2)
    from jsonb_array_elements_text(
        case jsonb_typeof(details -> 'ChanVariable')
            when 'array' then details -> 'ChanVariable'
            when 'string' then jsonb_build_array(details -> 'ChanVariable')
            else '[]'
        end) v
    where starts_with(v, variable || '=')
    limit 1
$$;

comment on function fax.channel_variable is 'The value of a channel variable in the ChanVariable headers of an event ("NAME=value", one or more; manager.conf, channelvars). NULL if the variable is not among them.';

-- The number in a DialString, or NULL if there is none: an endpoint's name, a channel, a host. `technology` is the one
-- of the channel; without it, the usual forms are recognised. A password in the string is never returned.
-- A number has digits, * and #, and may begin with +. Pauses (w) are left out.
-- example: select fax.dialled_number('trunk/sip:4711@192.0.2.1:5060', 'PJSIP');
create function fax.dialled_number(dial_string text, technology text default null) returns text
language sql immutable parallel safe
as $$
    select n.number
    from (
        select split_part(d.text, '/', 1) as first, split_part(d.text, '/', 2) as second
        from (select split_part(dial_string, '!', 1) as text) d
    ) p
    -- PJSIP   endpoint, number@endpoint, endpoint/sip:number@host (chan_pjsip.c, request)
    -- SIP     number[:password…]@host, peer/number[/host], followed by !dnid (chan_sip.c, sip_request_call)
    -- IAX2    [user[:password]@]peer[:port][/number[@context][/options]] (chan_iax2.c, parse_dial_string)
    -- DAHDI   group or channel[/number[/options]]; letters before the number are its type or a pause (chan_dahdi.c,
    --       determine_starting_point; sig_pri.c, sig_pri_extract_called_num_subaddr)
    -- Local   number[@context][/options] (core_local.c, local_alloc)
    cross join lateral unnest(case
        when technology = 'Local' then array[p.first]
        when technology = 'DAHDI' then array[regexp_replace(p.second, '^[A-Za-z]+', '')]
        when technology = 'IAX2' then array[p.second, case when p.first not like '%@%' then p.first end]
        when technology = 'SIP' and p.first like '%@%' then array[p.first]
        when p.second ~* '^<?(sips?|tel):' then array[p.second]
        when technology = 'PJSIP' and p.first like '%@%' then array[p.first]
        else array[p.second, p.first]
    end) with ordinality c (candidate, place)
    -- without the scheme, and before the host, the password, a subaddress or parameters
    cross join lateral (
        select substring(regexp_replace(c.candidate, '^<?(sips?|tel):', '', 'i') from '^[^@:;?>,&]*') as text
    ) u
    cross join lateral (
        select translate(replace(replace(replace(replace(u.text, '%2B', '+'), '%2b', '+'), '%23', '#'), '%2A', '*'), 'wW', '') as number
    ) n
    where n.number ~ '^\+?[0-9*#]*[0-9][0-9*#]*$'
    order by c.place
    limit 1
$$;

comment on function fax.dialled_number is 'The number in a DialString, or NULL if there is none: an endpoint''s name, a channel, a host. `technology` is the one of the channel; without it, the usual forms are recognised. A password in the string is never returned. A number has digits, * and #, and may begin with +. Pauses (w) are left out.';

-- Removes the escapes that Asterisk adds to a channel variable in VarSet and ChanVariable: a backslash before quotes
-- and backslashes (manager_channels.c, ast_escape_c_alloc). Line ends and other control characters remain escaped.
-- example: select fax.unescape('incompatible \''modems\'' and \''minrate\'' settings');
create function fax.unescape(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(value, '\\([''"?\\])', '\1', 'g')
$$;

comment on function fax.unescape is 'Removes the escapes that Asterisk adds to a channel variable in VarSet and ChanVariable: a backslash before quotes and backslashes (manager_channels.c, ast_escape_c_alloc). Line ends and other control characters remain escaped.';

-- The result of one fax as res_fax set it, from all values of its channel variables. NULLs if res_fax set none.
-- A dialplan may set the same variables to any text at any time, so a value counts by its place, not by being the last.
-- res_fax sets them together, FAXSTATUS first and FAXERROR next: one write (res_fax.c, set_channel_variables). A write
-- is blank when the fax starts, FAILED at a hangup, timeout or error while the fax goes on, and SUCCESS or FAILED right
-- before the completion event, at which the fax is over (generic_fax_exec; recordings churn-22, failures-22).
--   with a completion event    the last write before it stands
--   without                    the first write after the blank one stands, or the second if the fax went on after it
--   without a blank one, too   likewise, of the writes since the first snapshot; if never listed, since the fax began
-- Where FAXSTATUS is filtered out, FAXERROR begins a write. Clocks differ, so each observer's values are judged on their
-- own, and an observer of the completion event comes first.
-- names, settings: the variables and their values; 'completion event' is the event itself. observers, moments: who
-- observed each of them, and when. began_at: the start of the fax, NULL if not observed. listed_at: its first snapshot, NULL
-- if never listed.
-- example: select * from fax.result_by_observers('{FAXSTATUS,FAXSTATUS,FAXSTATUS}', '{"",SUCCESS,FAILED}', '{a,a,a}', '{2026-11-02 08:00+00,2026-11-02 08:01+00,2026-11-02 08:02+00}', null, null);
create function fax.result_by_observers(
    names text[], settings text[], observers text[], moments timestamptz[],
    began_at timestamptz, listed_at timestamptz)
returns table (status text, error text, status_text text, local_station_id text, remote_station_id text, set_at timestamptz)
language sql immutable parallel safe
begin atomic
    with observed as (
        select
            u.*,
            min(u.set_at) filter (where u.name = 'completion event') over (partition by u.observer) as completed_at,
            case
                when bool_or(u.name = 'FAXSTATUS') over (partition by u.observer) then 'FAXSTATUS'
                when bool_or(u.name = 'FAXERROR') over (partition by u.observer) then 'FAXERROR'
            end as begins_write,
            bool_or(u.name = 'FAXERROR') over (partition by u.observer) as has_errors,
            bool_or(u.name = 'FAXSTATUSSTRING') over (partition by u.observer) as has_texts
        from unnest(names, settings, observers, moments) u (name, setting, observer, set_at)
        -- receivefax_exec sets these before the fax starts, without FAXSTATUS
        where u.setting is null or u.setting not in ('Channel Problems', 'Error before FAX transmission started.')
    ),
    written as (
        select
            n.observer,
            n.completed_at,
            n.begins_write,
            n.has_errors,
            n.has_texts,
            min(n.set_at) as set_at,
            greatest(min(n.set_at), min(n.set_at) filter (where n.name = 'FAXERROR'),
                     min(n.set_at) filter (where n.name = 'FAXSTATUSSTRING')) as set_until,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'FAXSTATUS'))[1] as status,
            -- before FAXSTATUSSTRING: a dialplan may set a blank one later
            case when coalesce(min(n.set_at) filter (where n.name = 'FAXERROR') < min(n.set_at) filter (where n.name = 'FAXSTATUSSTRING'), true)
                 then (array_agg(n.setting order by n.set_at) filter (where n.name = 'FAXERROR'))[1] end as error,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'FAXSTATUSSTRING'))[1] as status_text,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'LOCALSTATIONID'))[1] as local_station_id,
            (array_agg(n.setting order by n.set_at) filter (where n.name = 'REMOTESTATIONID'))[1] as remote_station_id
        from (
            -- FAXMODE and FAXPAGES are the last ones, so what follows them is not part of the write
            select o.*, count(*) filter (where o.name in (o.begins_write, 'FAXMODE', 'FAXPAGES'))
                over (partition by o.observer order by o.set_at) as write
            from observed o
        ) n
        where n.write > 0
        group by n.observer, n.completed_at, n.begins_write, n.has_errors, n.has_texts, n.write
    ),
    -- Without the writes of a dialplan: another text, or FAXSTATUS alone. Asterisk raises no VarSet for a variable that is
    -- blank and stays so (pbx_builtin_setvar_helper): FAXERROR may be missing in a success, FAXSTATUSSTRING never.
    of_res_fax as (
        select
            w.*,
            coalesce(w.status, w.error) = '' as is_blank,
            min(w.set_at) filter (where coalesce(w.status_text = 'error starting fax session', w.error = 'INIT_ERROR'))
                over (partition by w.observer) as initial_at,
            case
                when w.status_text in (
                    'error starting fax session', 'failed to start FAX session', 'remote channel hungup', 'T.38 switch failed',
                    'Failed to feed the smoother', 'fax session timed-out', 'error polling data',
                    'gateway operation started successfully') then true
                when w.status_text is not null or w.status = 'SUCCESS' then false
                else coalesce(w.error in ('INIT_ERROR', 'HANGUP', 'TIMEOUT', 'UNKNOWN'), true)
            end as goes_on
        from written w
        where (w.status in ('', 'SUCCESS', 'FAILED') or (w.begins_write = 'FAXERROR' and w.error is not null))
          and case when w.has_texts then w.status_text is not null
                   else w.error is not null or w.status = 'SUCCESS' or not w.has_errors end
    ),
    begun as (
        select
            f.*,
            -- a dialplan may set blanks before the application starts
            min(f.set_at) filter (where f.is_blank and f.set_at >= coalesce(f.initial_at, began_at, '-infinity'))
                over (partition by f.observer) as blank_at
        from of_res_fax f
    ),
    of_fax as (
        select b.*, row_number() over (partition by b.observer, b.is_blank order by b.set_at) as place
        from begun b
        where b.set_at >= coalesce(b.blank_at, listed_at, b.initial_at, began_at, '-infinity')
    ),
    standing as (
        select f.*
        from of_fax f
        where f.set_at <= f.completed_at or (f.completed_at is null and f.place <= 2)
        order by
            f.is_blank,
            f.completed_at is null,
            case when not f.is_blank and f.completed_at is not null then f.set_at end desc nulls last,
            not f.is_blank and f.place = 1 and f.goes_on,
            f.set_at
        limit 1
    ),
    -- the station ids of observers that receive neither FAXSTATUS nor FAXERROR
    station as (
        select
            (array_agg(o.setting order by o.set_at) filter (where o.name = 'LOCALSTATIONID'))[1] as local_id,
            (array_agg(o.setting order by o.set_at) filter (where o.name = 'REMOTESTATIONID'))[1] as remote_id
        from observed o
        where o.begins_write is null and o.setting <> '' and o.set_at >= coalesce(listed_at, '-infinity')
          and o.set_at <= coalesce(o.completed_at, 'infinity')
    )
    select
        nullif(s.status, ''),
        nullif(fax.unescape(s.error), ''),
        nullif(fax.unescape(s.status_text), ''),
        fax.unescape(coalesce(nullif(s.local_station_id, ''), n.local_id)),
        fax.unescape(coalesce(nullif(s.remote_station_id, ''), n.remote_id)),
        s.set_until
    from station n
    left join standing s on true;
end;

comment on function fax.result_by_observers is 'The result of one fax as res_fax set it, from all values of its channel variables. NULLs if res_fax set none. A dialplan may set the same variables to any text at any time, so a value counts by its place, not by being the last. res_fax sets them together, FAXSTATUS first and FAXERROR next: one write (res_fax.c, set_channel_variables). A write is blank when the fax starts, FAILED at a hangup, timeout or error while the fax goes on, and SUCCESS or FAILED right before the completion event, at which the fax is over (generic_fax_exec; recordings churn-22, failures-22).   with a completion event    the last write before it stands   without                    the first write after the blank one stands, or the second if the fax went on after it   without a blank one, too   likewise, of the writes since the first snapshot; if never listed, since the fax began Where FAXSTATUS is filtered out, FAXERROR begins a write. Clocks differ, so each observer''s values are judged on their own, and an observer of the completion event comes first. names, settings: the variables and their values; ''completion event'' is the event itself. observers, moments: who observed each of them, and when. began_at: the start of the fax, NULL if not observed. listed_at: its first snapshot, NULL if never listed.';

-- The result of one fax as res_fax set it, from all values of its channel variables. NULLs if res_fax set none.
-- The rules, and the parameters, are those of fax.result_by_observers(); the values are in the order of their moments, one
-- at a moment. Most sessions have one observer: then a look at each write finds the same result in a fraction of the time.
-- example: select * from fax.reported_result('{FAXSTATUS,FAXSTATUS,FAXSTATUS}', '{"",SUCCESS,FAILED}', '{a,a,a}', '{2026-11-02 08:00+00,2026-11-02 08:01+00,2026-11-02 08:02+00}', null, null);
create function fax.reported_result(
    names text[], settings text[], observers text[], moments timestamptz[], began_at timestamptz, listed_at timestamptz,
    out status text, out error text, out status_text text, out local_station_id text, out remote_station_id text,
    out set_at timestamptz)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    first_name text;
    has_errors boolean;
    has_texts boolean;
    starts integer[];
    place integer;
    completed_at timestamptz := moments[array_position(names, 'completion event')];
    ends integer;
    error_place integer;
    text_place integer;
    its_status text;
    its_error text;
    its_text text;
    initial_at timestamptz;
    blank_at timestamptz;
    places integer[];
    statuses text[];
    errors text[];
    texts text[];
    last_places integer[];
    ends_of integer[];
    found integer;
    found_blank integer;
    results integer := 0;
begin
    if names is null then
        return;
    elsif array_remove(observers, observers[1]) <> '{}' then
        select o.* into status, error, status_text, local_station_id, remote_station_id, set_at
        from fax.result_by_observers($1, $2, $3, $4, $5, $6) o;
        return;
    end if;
    loop
        place := coalesce(array_position(settings, 'Channel Problems'),
                          array_position(settings, 'Error before FAX transmission started.'));
        exit when place is null;
        names := names[:place - 1] || names[place + 1:];
        settings := settings[:place - 1] || settings[place + 1:];
        moments := moments[:place - 1] || moments[place + 1:];
    end loop;
    first_name := case when 'FAXSTATUS' = any (names) then 'FAXSTATUS' when 'FAXERROR' = any (names) then 'FAXERROR' end;
    if first_name is null then
        for i in 1..cardinality(names) loop
            if settings[i] <> '' and moments[i] >= coalesce(listed_at, '-infinity')
               and moments[i] <= coalesce(completed_at, 'infinity') then
                local_station_id := coalesce(local_station_id, case names[i] when 'LOCALSTATIONID' then settings[i] end);
                remote_station_id := coalesce(remote_station_id, case names[i] when 'REMOTESTATIONID' then settings[i] end);
            end if;
        end loop;
        local_station_id := fax.unescape(local_station_id);
        remote_station_id := fax.unescape(remote_station_id);
        return;
    end if;
    has_errors := 'FAXERROR' = any (names);
    has_texts := 'FAXSTATUSSTRING' = any (names);
    starts := array_positions(names, first_name);
    -- the writes of res_fax, in their order
    for i in 1..cardinality(starts) loop
        place := starts[i];
        text_place := array_position(names, 'FAXSTATUSSTRING', place);
        -- most values that a dialplan sets are alone
        continue when has_texts and coalesce(text_place > starts[i + 1], text_place is null);
        ends := least(starts[i + 1], array_position(names, 'FAXMODE', place), array_position(names, 'FAXPAGES', place));
        if text_place > ends then
            text_place := null;
        end if;
        error_place := array_position(names, 'FAXERROR', place);
        if error_place > ends then
            error_place := null;
        end if;
        its_status := case when first_name = 'FAXSTATUS' then settings[place] end;
        its_error := case when coalesce(error_place < text_place, true) then settings[error_place] end;
        its_text := settings[text_place];
        continue when first_name = 'FAXSTATUS' and its_status not in ('', 'SUCCESS', 'FAILED')
            or first_name = 'FAXERROR' and its_error is null
            or not case when has_texts then its_text is not null
                        else its_error is not null or its_status = 'SUCCESS' or not has_errors end;
        if initial_at is null and coalesce(its_text = 'error starting fax session', its_error = 'INIT_ERROR') then
            initial_at := moments[place];
            blank_at := null;
        end if;
        if blank_at is null and coalesce(its_status, its_error) = ''
           and moments[place] >= coalesce(initial_at, began_at, '-infinity') then
            blank_at := moments[place];
        end if;
        places := places || place;
        statuses := statuses || its_status;
        errors := errors || its_error;
        texts := texts || its_text;
        last_places := last_places || greatest(place, error_place, text_place);
        ends_of := ends_of || coalesce(ends, cardinality(names) + 1);
    end loop;
    -- the one that stands
    for i in 1..coalesce(cardinality(places), 0) loop
        continue when moments[places[i]] < coalesce(blank_at, listed_at, initial_at, began_at, '-infinity')
            or moments[places[i]] > completed_at;
        if coalesce(statuses[i], errors[i]) = '' then
            found_blank := coalesce(found_blank, i);
            continue;
        end if;
        results := results + 1;
        if completed_at is not null or results = 1 or (results = 2 and case
            when texts[found] in (
                'error starting fax session', 'failed to start FAX session', 'remote channel hungup', 'T.38 switch failed',
                'Failed to feed the smoother', 'fax session timed-out', 'error polling data',
                'gateway operation started successfully') then true
            when texts[found] is not null or statuses[found] = 'SUCCESS' then false
            else coalesce(errors[found] in ('INIT_ERROR', 'HANGUP', 'TIMEOUT', 'UNKNOWN'), true)
        end) then
            found := i;
        end if;
    end loop;
    found := coalesce(found, found_blank);
    if found is null then
        return;
    end if;
    status := nullif(statuses[found], '');
    error := nullif(fax.unescape(errors[found]), '');
    status_text := nullif(fax.unescape(texts[found]), '');
    set_at := moments[last_places[found]];
    place := array_position(names, 'LOCALSTATIONID', places[found]);
    if place < ends_of[found] then
        local_station_id := fax.unescape(nullif(settings[place], ''));
    end if;
    place := array_position(names, 'REMOTESTATIONID', places[found]);
    if place < ends_of[found] then
        remote_station_id := fax.unescape(nullif(settings[place], ''));
    end if;
end
$$;

comment on function fax.reported_result is 'The result of one fax as res_fax set it, from all values of its channel variables. NULLs if res_fax set none. The rules, and the parameters, are those of fax.result_by_observers(); the values are in the order of their moments, one at a moment. Most sessions have one observer: then a look at each write finds the same result in a fraction of the time.';

-- A text without blanks, no-break spaces and control characters at either end, as characters or as escapes (\x00 as the
-- history stores NUL, \xa0 a byte that is not UTF-8, \t as in VarSet). NULL if nothing else remains. Everything in
-- between stays, in any alphabet.
-- example: select fax.without_padding(E'  +49 30 5550100 \u00a0\\x00');
create function fax.without_padding(name text) returns text
language sql immutable parallel safe
as $$
    select nullif(regexp_replace(regexp_replace(name, '^' || p.padding, ''), p.padding || '$', ''), '')
    from (select '(?:[\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]|\\x[01][0-9a-fA-F]|\\x7f|\\xa0|\\[abfnrtv])+' as padding) p
$$;

comment on function fax.without_padding is 'A text without blanks, no-break spaces and control characters at either end, as characters or as escapes (\x00 as the history stores NUL, \xa0 a byte that is not UTF-8, \t as in VarSet). NULL if nothing else remains. Everything in between stays, in any alphabet.';

-- A station id or number without padding, by which the faxes of one peer are found (fax.without_padding).
-- Most have none, which their first and last character show without a regular expression, in a twentieth of the time.
-- example: select fax.peer_id('+49 30 5550100 ');
create function fax.peer_id(name text) returns text
language sql immutable parallel safe
as $$
    select case when ascii(name) between 33 and 126 and ascii(right(name, 1)) between 33 and 126 and strpos(name, '\') = 0
                then name else fax.without_padding(name) end
$$;

comment on function fax.peer_id is 'A station id or number without padding, by which the faxes of one peer are found (fax.without_padding). Most have none, which their first and last character show without a regular expression, in a twentieth of the time.';

-- Whether a station id or number is a given one, apart from padding: fax.peer_id(name) = peer, in a fraction of the time
-- for a name that does not contain it.
-- example: select count(*) from fax.sessions where fax.is_peer(remote_station_id, '+49 30 5550100');
create function fax.is_peer(name text, peer text) returns boolean
language sql immutable parallel safe
as $$
    select strpos(name, peer) > 0 and fax.peer_id(name) = peer
$$;

comment on function fax.is_peer is 'Whether a station id or number is a given one, apart from padding: fax.peer_id(name) = peer, in a fraction of the time for a name that does not contain it.';

-- The digits of a phone number, by which faxstore searches for it: without blanks, signs, brackets, and the + or 00 in
-- front of a country code. NULL if it is no number of 4 to 20 digits.
-- example: select fax.number_digits('+49 (0)151 9999-9992');
create function fax.number_digits(number text) returns text
language sql immutable parallel safe
as $$
    select case when d.digits ~ '^[0-9]{4,20}$' then d.digits end
    from (select regexp_replace(regexp_replace(regexp_replace(translate(number, '０１２３４５６７８９＋', '0123456789+'),
        '^(\s*(?:\+|00)[0-9\s]*)\(0\)', '\1'),
        '[\s\u00a0\u00ad\u2000-\u2015\u202a-\u202f\u2060-\u2069\u2212\ufeff\uff0d()/.-]', '', 'g'),
        '^(\+|00)', '') as digits) d
$$;

comment on function fax.number_digits is 'The digits of a phone number, by which faxstore searches for it: without blanks, signs, brackets, and the + or 00 in front of a country code. NULL if it is no number of 4 to 20 digits.';

-- The regular expression that finds a number, given as its digits, in a text. Between digits it admits up to three
-- blanks or signs, and (0). 00 may precede it.
-- It does not match a part of a longer number: digits directly before or after, or a + before it with so few digits in
-- between that both can be one number (15 digits at most). A number of fewer than 10 digits may lack its area code, so
-- digits behind a blank or a sign belong to it too, unless they are the suffix of a channel (PJSIP/5550177-00000001).
-- example: select '+49 151 9999-9992' ~ fax.number_pattern('4915199999992');
create function fax.number_pattern(digits text) returns text
language sql immutable parallel safe
as $$
    select case when length(digits) >= 10 then p.before || p.number || '(?![0-9])'
           else format('(?:%1$s(?<![0-9]%2$s{1,3})%3$s(?:(?![0-9]|%2$s{1,3}[0-9])|(?=-[0-9a-f]{8}(?![0-9A-Za-z])))'
                       '|(?<=[A-Za-z]/|[A-Za-z]/[a-z]?[0-9]{1,3}/)\+?%3$s(?![0-9]))', p.before, s.sign, p.number) end
    from (select '[ \t\u00a0\u00ad\u2000-\u2015\u202a-\u202f\u2060-\u2069\u2212\ufeff\uff0d()/.-]' as sign) s
    cross join lateral (
        select
            '(?<![0-9])' || case when digits ~ '^0' or length(digits) > 14 then ''
                else format('(?<!\+%1$s{0,3}(?:[0-9]%1$s{0,3}){1,%2$s})', s.sign, 15 - length(digits)) end as before,
            format('(?:0{2,3}%1$s{0,3})?', s.sign)
                || regexp_replace(digits, '(?!^)', format('%1$s{0,3}(?:\\(0\\)%1$s{0,3})?', replace(s.sign, '\', '\\')), 'g') as number
    ) p
$$;

comment on function fax.number_pattern is 'The regular expression that finds a number, given as its digits, in a text. Between digits it admits up to three blanks or signs, and (0). 00 may precede it. It does not match a part of a longer number: digits directly before or after, or a + before it with so few digits in between that both can be one number (15 digits at most). A number of fewer than 10 digits may lack its area code, so digits behind a blank or a sign belong to it too, unless they are the suffix of a channel (PJSIP/5550177-00000001).';

-- A text to search for a number: bytes that faxstore stored as \xNN, and \uNNNN, end a number or are blanks within it;
-- full-width digits are digits.
-- example: select fax.without_escapes('\x005550177\xa0');
create function fax.without_escapes(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(regexp_replace(translate(value, '０１２３４５６７８９＋', '0123456789+'),
        '\\+(x(a0|ad)|u00(a0|ad)|u20[01][0-9a-f]|u202f)', ' ', 'gi'),
        '\\+(x[0-9a-f]{2}|u[0-9a-f]{4})', '|', 'gi')
$$;

comment on function fax.without_escapes is 'A text to search for a number: bytes that faxstore stored as \xNN, and \uNNNN, end a number or are blanks within it; full-width digits are digits.';

-- A text to search for a number, with the escapes of a URI decoded as far as a number may contain them.
-- example: select fax.without_percent('sip:%2B49%20151%2099999992@example.org');
create function fax.without_percent(value text) returns text
language sql immutable parallel safe
as $$
    select regexp_replace(regexp_replace(regexp_replace(value,
        '%2B', '+', 'gi'),
        '%(20|28|29|2D|2E|2F|C2%A[0D]|E2%80%(8[0-9A-F]|9[0-5]|AF))', ' ', 'gi'),
        '%[0-9A-F]{2}', '|', 'gi')
$$;

comment on function fax.without_percent is 'A text to search for a number, with the escapes of a URI decoded as far as a number may contain them.';

-- Whether a text contains a number in any spelling: +49 151 …, 0049151…, with no-break spaces or hyphens, in a URI (also
-- with %2B), before the suffix of a channel. The number is given as fax.number_digits() returns it.
-- Its digits with anything but digits in between are tested first, which takes a hundredth of the time.
-- example: select fax.contains_number('PJSIP/4915199999992-00000000;1', '4915199999992');
create function fax.contains_number(value text, digits text) returns boolean
language sql immutable parallel safe
as $$
    select (value ~ regexp_replace(digits, '(?!^)', '[^1-9]{0,12}', 'g') and value ~ fax.number_pattern(digits))
        or (value ~ '[\\%０-９]' and (fax.without_escapes(value) ~ fax.number_pattern(digits)
                                     or fax.without_percent(value) ~ fax.number_pattern(digits)))
$$;

comment on function fax.contains_number is 'Whether a text contains a number in any spelling: +49 151 …, 0049151…, with no-break spaces or hyphens, in a URI (also with %2B), before the suffix of a channel. The number is given as fax.number_digits() returns it. Its digits with anything but digits in between are tested first, which takes a hundredth of the time.';

-- The other end of a fax: its station id, else its number (the caller's of a received fax, the called one otherwise),
-- both without padding (fax.peer_id). NULL if neither is known.
-- example: select fax.peer(direction, remote_station_id, caller_number, called_number) from fax.sessions;
create function fax.peer(direction text, remote_station_id text, caller_number text, called_number text) returns text
language sql immutable parallel safe
as $$
    select coalesce(fax.peer_id(remote_station_id),
                    fax.peer_id(case direction when 'received' then caller_number else called_number end))
$$;

comment on function fax.peer is 'The other end of a fax: its station id, else its number (the caller''s of a received fax, the called one otherwise), both without padding (fax.peer_id). NULL if neither is known.';

-- A timestamp in the details of one of faxstore's own events (ISO 8601, UTC).
-- Any other text is NULL, never an error: the content of a row must not break a view.
-- example: select fax.reported_time('{"LastPolled": "2026-11-23T14:17:54.123456+00:00"}', 'LastPolled');
create function fax.reported_time(details jsonb, name text) returns timestamptz
language sql stable parallel safe
begin atomic
    select case when details ->> name ~ '^20\d\d-(0[1-9]|1[0-2])-[0-3]\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?\+00:00$'
                -- computed from the first of the month: casting a day that the month does not have would fail
                then (left(details ->> name, 8) || '01' || substr(details ->> name, 11))::timestamptz
                     + (substr(details ->> name, 9, 2)::integer - 1) * interval '24 hours' end;
end;

comment on function fax.reported_time is 'A timestamp in the details of one of faxstore''s own events (ISO 8601, UTC). Any other text is NULL, never an error: the content of a row must not break a view.';

-- Why there was no good poll, from an event of the collector, in the words of fax.coverage_gaps.
-- The texts are those of faxstore/ami (connection, guard, collector) and of Asterisk (manager.c, process_message).
-- example: select fax.gap_reason('Disconnected', 'no answer to FAXSessions within 10 s');
create function fax.gap_reason(event text, reason text) returns text
language sql immutable parallel safe
as $$
    select case
        when event = 'Dropped' then 'dropped'
        when reason ilike any (array['permission denied%', 'login refused%', 'login not possible%']) then 'permission'
        when reason ilike any (array['no answer%', 'no greeting%', 'no connection within%', '%timed out%']) then 'server silent'
        when event = 'Connected' or reason ilike any (array['closed by faxstore%', 'faxstore %']) then 'collector down'
        when event in ('Disconnected', 'ConnectFailed') or reason ilike 'asterisk is shutting down%' then 'connection lost'
        when event = 'PollFailed' then 'poll refused'
        when event = 'Polled' then 'polls late'
    end
$$;

comment on function fax.gap_reason is 'Why there was no good poll, from an event of the collector, in the words of fax.coverage_gaps. The texts are those of faxstore/ami (connection, guard, collector) and of Asterisk (manager.c, process_message).';

-- The last moment in an interval, without its start, at which a row of the history proves that a collector polled a
-- server: a FAXSession answer, which a collector requests after a complete list, or Gone, which is the time of a
-- complete list. Of sessions that started up to two hours before. NULL if there is no such row.
-- Runs with the rights of the owner, because fax_masked reads gaps but not the history; it returns only a time.
-- example: select fax.last_poll_on_record('pbx1', 'host-a/5f3c9a1b', '2026-11-02 08:00+00', '2026-11-02 08:01+00');
create function fax.last_poll_on_record(of_server text, of_collector text, since timestamptz, until timestamptz)
returns timestamptz
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call plans all partitions
as $$
begin
    return (
        select max(h.observed_at)
        from fax.session s
        join fax.session_history h on h.session_id = s.session_id and h.started_at = s.started_at
        where s.server = of_server
          and s.started_at >= since - interval '2 hours' and s.started_at <= until
          and h.collector_id = of_collector
          and h.event in ('FAXSession', 'Gone')
          and h.observed_at > since and h.observed_at <= until
    );
end
$$;

comment on function fax.last_poll_on_record is 'The last moment in an interval, without its start, at which a row of the history proves that a collector polled a server: a FAXSession answer, which a collector requests after a complete list, or Gone, which is the time of a complete list. Of sessions that started up to two hours before. NULL if there is no such row. Runs with the rights of the owner, because fax_masked reads gaps but not the history; it returns only a time.';

-- grain: one server of which a poll is on record
-- example: select server, first_polled_at from fax.polled_servers order by server;
-- Reads one index entry per server, however long the history is.
create view fax.polled_servers as
with recursive known (server) as (
    select min(h.server) as server from fax.server_history h
    union all
    select (select min(h.server) from fax.server_history h where h.server > k.server) as server
    from known k
    where k.server is not null
)
select
    k.server,  -- Name of the server in the settings.
    p.first_polled_at  -- Time of its first recorded poll, by the observer's clock.
from known k
cross join lateral (
    select min(h.observed_at) as first_polled_at from fax.server_history h where h.server = k.server and h.event = 'Polled'
) p
where p.first_polled_at is not null;

comment on view fax.polled_servers is 'One server that was polled at least once. Its gaps (fax.coverage_gaps) begin with its first poll.';

comment on column fax.polled_servers.server is 'Name of the server in the settings.';

comment on column fax.polled_servers.first_polled_at is 'Time of its first recorded poll, by the observer''s clock.';

-- The time of which a row Dropped reports that records were lost: from its header From, at most an hour, to the row.
-- example: select fax.dropped_time('2026-11-23 15:00+00', '{"From": "2026-11-23T14:50:00+00:00"}');
create function fax.dropped_time(observed_at timestamptz, details jsonb) returns tstzrange
language sql stable parallel safe
begin atomic
    select tstzrange(
        greatest(observed_at - interval '1 hour', least(observed_at, fax.reported_time(details, 'From'))), observed_at, '[]');
end;

comment on function fax.dropped_time is 'The time of which a row Dropped reports that records were lost: from its header From, at most an hour, to the row.';

-- The time between two moments in which an observer polled a server successfully, from the evidence of each poll.
-- A recorded poll (Polled) covers the time until its observer's next one, if that follows within 150 s (they are
-- recorded once per minute). If the connection or the polls failed within an hour, it covers the time until the last
-- complete list (LastPolled), at most 150 s. If its observer was killed, it covers the time until the last row that a
-- poll of its left in the history within 150 s (fax.last_poll_on_record). Records that an observer dropped (Dropped) cut
-- their time out of it. So a row says nothing about time more than an hour before it or 150 s after it.
-- example: select fax.polled_time('pbx1', '2026-11-23', '2026-11-24');
create function fax.polled_time(of_server text, since timestamptz, until timestamptz) returns tstzmultirange
language sql stable parallel safe
set plan_cache_mode = force_generic_plan  -- planning costs more than the fold of a session's time
begin atomic
    with evidence as (
        select
            h.observed_at,
            h.event,
            h.collector_id,
            fax.reported_time(h.details, 'LastPolled') as last_polled_at,
            fax.reported_time(h.details, 'Previous') as previous_at,
            case when h.event = 'Dropped' then fax.dropped_time(h.observed_at, h.details) end as dropped
        from fax.server_history h
        where h.server = of_server
          and h.observed_at >= since - interval '150 seconds' and h.observed_at <= until + interval '1 hour'
          and h.event in ('Polled', 'PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
    ),
    followed as (
        select
            e.*,
            lead(e.event) over in_order as next_event,
            lead(e.observed_at) over in_order as next_at,
            lead(e.last_polled_at) over in_order as next_last_polled_at,
            lead(e.previous_at) over in_order as next_previous_at
        from evidence e
        where e.event <> 'Dropped'
        window in_order as (partition by e.collector_id order by e.observed_at, e.event)
    ),
    polled as (
        select f.collector_id, range_agg(tstzrange(f.observed_at, greatest(f.observed_at, case
            when f.next_event in ('Disconnected', 'PollFailed') and f.next_at <= f.observed_at + interval '1 hour'
                then f.next_last_polled_at
            when f.next_event = 'Polled' and f.next_previous_at is not null and f.next_at <= f.observed_at + interval '1 hour'
                then f.next_previous_at
            when f.next_event = 'Polled' and f.next_at <= f.observed_at + interval '150 seconds' then f.next_at
            -- its next record is not due yet, and no other observer has connected since
            when f.next_event is null and f.observed_at > now() - interval '150 seconds' and not exists (
                select 1 from evidence o
                where o.event = 'Connected' and o.collector_id <> f.collector_id and o.observed_at > f.observed_at) then now()
            else fax.last_poll_on_record(
                of_server, f.collector_id, f.observed_at, least(f.next_at, f.observed_at + interval '150 seconds'))
        end), '[]') * tstzrange(f.observed_at, f.observed_at + interval '150 seconds', '[]')) as time
        from followed f
        where f.event = 'Polled' and f.observed_at <= until
        group by f.collector_id
    ),
    dropped as (
        select e.collector_id, range_agg(e.dropped) as time
        from evidence e
        where e.event = 'Dropped'
        group by e.collector_id
    )
    select coalesce(
        range_agg(p.time - coalesce(d.time, '{}')) * tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end),
        '{}')
    from polled p
    left join dropped d on d.collector_id = p.collector_id;
end;

comment on function fax.polled_time is 'The time between two moments in which an observer polled a server successfully, from the evidence of each poll. A recorded poll (Polled) covers the time until its observer''s next one, if that follows within 150 s (they are recorded once per minute). If the connection or the polls failed within an hour, it covers the time until the last complete list (LastPolled), at most 150 s. If its observer was killed, it covers the time until the last row that a poll of its left in the history within 150 s (fax.last_poll_on_record). Records that an observer dropped (Dropped) cut their time out of it. So a row says nothing about time more than an hour before it or 150 s after it.';

-- The time with good polls of a server that overlaps the interval between two moments: of days that are stored
-- (fax.coverage_day) the whole day, of other time what fax.polled_time() computes.
-- example: select fax.covered_time('pbx1', '2026-11-23', '2026-11-24');
create function fax.covered_time(of_server text, since timestamptz, until timestamptz) returns tstzmultirange
language sql stable parallel safe
set plan_cache_mode = force_generic_plan  -- planning costs more than the fold of a session's time
begin atomic
    with stored as (
        select
            coalesce(range_agg(tstzrange(d.day::timestamp at time zone 'UTC', d.until, '[]')), '{}') as time,
            coalesce(range_agg(d.covered), '{}') as covered
        from fax.coverage_day d
        where d.server = of_server
          and d.day >= (since at time zone 'UTC')::date and d.day <= (covered_time.until at time zone 'UTC')::date
    )
    select s.covered + coalesce(
        (select range_agg(fax.polled_time(of_server, lower(u.time), upper(u.time)))
         from unnest(tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end) - s.time) as u (time)),
        '{}')
    from stored s;
end;

comment on function fax.covered_time is 'The time with good polls of a server that overlaps the interval between two moments: of days that are stored (fax.coverage_day) the whole day, of other time what fax.polled_time() computes.';

-- grain: one UTC day of one server whose coverage is not stored (fax.coverage_day), or only up to more than an hour earlier
-- The part of the day before a moment is to be stored. A day of more than 20 years ago shows a wrong clock and is left out.
-- example: select * from fax.uncovered_days(now() - interval '1 day');
create function fax.uncovered_days(until_at timestamptz) returns table (server text, day date, until timestamptz)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select s.server, t.day, t.until
    from fax.polled_servers s
    cross join lateral generate_series(
        date_trunc('day', greatest(s.first_polled_at, now() - interval '20 years') at time zone 'UTC'),
        until_at at time zone 'UTC' - interval '1 microsecond',
        interval '1 day') as g (began)
    cross join lateral (
        select g.began::date as day, least((g.began + interval '1 day') at time zone 'UTC', until_at) as until
    ) t
    left join fax.coverage_day d on d.server = s.server and d.day = t.day
    where coalesce(d.until < t.until, true)
$$;

comment on function fax.uncovered_days is 'The part of the day before a moment is to be stored. A day of more than 20 years ago shows a wrong clock and is left out.';

-- Stores the coverage (fax.coverage_day) of up to `most` days that lack it (fax.uncovered_days), the newest first, and
-- returns their number: 0 if nothing is due. Coverage is stored up to a full hour, two hours late, when most evidence has
-- arrived. Takes the lock of all appenders, so that no evidence is appended meanwhile.
-- example: select fax.write_coverage(10);
create function fax.write_coverage(most integer default 1) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    due fax.coverage_day[];
begin
    select array_agg(n.stored)
    into due
    from (
        select row(u.server, u.day, u.until, '{}')::fax.coverage_day as stored
        from fax.uncovered_days(date_trunc('hour', now() - interval '2 hours', 'UTC')) u
        order by u.day desc, u.server
        limit most
    ) n;
    if due is null then
        return 0;
    end if;
    perform fax.lock_append();
    insert into fax.coverage_day (server, day, until, covered)
    select d.server, d.day, d.until, fax.polled_time(d.server, d.day::timestamp at time zone 'UTC', d.until)
    from unnest(due) d
    on conflict (server, day) do update set until = excluded.until, covered = excluded.covered;
    return cardinality(due);
end
$$;

comment on function fax.write_coverage is 'Stores the coverage (fax.coverage_day) of up to `most` days that lack it (fax.uncovered_days), the newest first, and returns their number: 0 if nothing is due. Coverage is stored up to a full hour, two hours late, when most evidence has arrived. Takes the lock of all appenders, so that no evidence is appended meanwhile.';

-- Whether there is an interval without a good poll between two moments. False if the first moment is the later one.
-- example: select fax.has_gap('pbx1', '2026-11-23 14:00+00', '2026-11-23 14:05+00');
create function fax.has_gap(of_server text, since timestamptz, until timestamptz) returns boolean
language sql stable parallel safe
begin atomic
    select since <= until
           and not fax.covered_time(of_server, since, until) @> case when since <= until then tstzrange(since, until, '[]') end;
end;

comment on function fax.has_gap is 'Whether there is an interval without a good poll between two moments. False if the first moment is the later one.';

-- The intervals between two moments in which no observer polled a server successfully (fax.covered_time), with the
-- reasons that were recorded in each.
-- example: select * from fax.gaps('pbx1', '2026-11-23', '2026-11-24');
create function fax.gaps(of_server text, since timestamptz, until timestamptz)
returns table (began_at timestamptz, ended_at timestamptz, reason text, reasons text[], messages text[])
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        g.began_at,
        g.ended_at,
        coalesce(w.reasons[1], 'collector down'),
        coalesce(w.reasons, array['collector down']),
        w.messages
    from (
        select lower(n.time) as began_at, upper(n.time) as ended_at
        from unnest(tstzmultirange(case when since <= until then tstzrange(since, until, '[]') end)
                    - fax.covered_time(of_server, since, until)) as n (time)
    ) g
    cross join lateral (
        with trouble as (
            select h.observed_at, h.event, h.details ->> 'Reason' as message, lower(t.time) as from_at
            from fax.server_history h
            cross join lateral (
                select case when h.event = 'Dropped' then fax.dropped_time(h.observed_at, h.details)
                            else tstzrange(h.observed_at, h.observed_at, '[]') end as time
            ) t
            where h.server = of_server
              and h.observed_at >= g.began_at and h.observed_at <= g.ended_at + interval '1 hour'
              and (h.event in ('PollFailed', 'Connected', 'Disconnected', 'ConnectFailed', 'Dropped')
                   or (h.event = 'Polled' and h.details ? 'Previous'))
              and (h.event <> 'Polled' or fax.reported_time(h.details, 'Previous') is not null)
              and t.time && tstzrange(g.began_at, g.ended_at, '[]')
        )
        select
            array_agg(r.reason order by r.first_at, r.reason) as reasons,
            (select array_agg(m.message order by m.first_at, m.message)
             from (select e.message, min(e.from_at) as first_at from trouble e where e.message is not null
                   group by e.message) m) as messages
        from (
            select p.reason, min(p.from_at) as first_at
            from (
                select
                    e.from_at,
                    -- An observer that connects without a recorded loss of its connection was not running.
                    case when e.event = 'ConnectFailed' and row_number() over (order by e.from_at, e.event) = 1 then 'collector down'
                         else fax.gap_reason(e.event, e.message) end as reason
                from trouble e
                where e.event <> 'Connected' or not exists (
                    select 1 from trouble d
                    where d.event in ('Disconnected', 'ConnectFailed') and d.observed_at < e.observed_at)
            ) p
            group by p.reason
        ) r
    ) w;
end
$$;

comment on function fax.gaps is 'The intervals between two moments in which no observer polled a server successfully (fax.covered_time), with the reasons that were recorded in each.';

-- The last recorded complete list of a server at least 15 s before a moment, if polls succeeded from then to the moment.
-- A fax that ended then and was never listed started after that list: a completion event can follow the end by more than
-- 5 s (res_fax.c, disable_t38). NULL if there is no such list.
-- example: select fax.last_list_before('pbx1', '2026-11-02 08:10+00');
create function fax.last_list_before(of_server text, moment timestamptz) returns timestamptz
language sql stable parallel safe
set plan_cache_mode = force_generic_plan  -- else each call is planned
begin atomic
    select p.polled_at
    from (
        -- lists are recorded once per minute, and without one for 150 s there is a gap
        select max(h.observed_at) as polled_at
        from fax.server_history h
        where h.server = of_server and h.event = 'Polled'
          and h.observed_at between moment - interval '5 minutes' and moment - interval '15 seconds'
    ) p
    where not coalesce(fax.has_gap(of_server, p.polled_at, moment), false);
end;

comment on function fax.last_list_before is 'The last recorded complete list of a server at least 15 s before a moment, if polls succeeded from then to the moment. A fax that ended then and was never listed started after that list: a completion event can follow the end by more than 5 s (res_fax.c, disable_t38). NULL if there is no such list.';

-- Whether a server's TransmitAttempts and ReceiveAttempts count a session: a run of SendFAX or ReceiveFAX with valid
-- arguments (res_fax.c, sendfax_exec and receivefax_exec; the recording failures-22).
-- example: select count(*) from fax.sessions where fax.is_attempt(operation, result_error);
create function fax.is_attempt(operation text, error text) returns boolean
language sql immutable parallel safe
as $$
    select (operation is null or operation in ('send', 'receive'))
           and coalesce(error not in ('INVALID_ARGUMENTS', 'NATIVE_T38'), true)
$$;

comment on function fax.is_attempt is 'Whether a server''s TransmitAttempts and ReceiveAttempts count a session: a run of SendFAX or ReceiveFAX with valid arguments (res_fax.c, sendfax_exec and receivefax_exec; the recording failures-22).';

-- The last time between two moments at which a server's counters restarted at 0: a start (FullyBooted, by its Uptime)
-- or a load of res_fax.so: one row, NULL if no event shows one.
-- example: select began_at from fax.restarted_at('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
create function fax.restarted_at(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (began_at timestamptz)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
#variable_conflict use_column
begin
    return query
    select max(b.began_at)
    from fax.server_history h
    cross join lateral (
        select case h.event when 'Load' then h.observed_at
                            else h.observed_at - fax.counter(h.details, 'Uptime') * interval '1 second' end as began_at
    ) b
    where h.server = of_server and h.observed_at > from_moment and h.observed_at <= to_moment
      and (h.event = 'FullyBooted' or (h.event = 'Load' and h.details ->> 'Module' ilike 'res_fax%'
                                       and coalesce(h.details ->> 'Status', 'Success') ilike 'success'))
      and b.began_at > from_moment;
end
$$;

comment on function fax.restarted_at is 'The last time between two moments at which a server''s counters restarted at 0: a start (FullyBooted, by its Uptime) or a load of res_fax.so: one row, NULL if no event shows one.';

-- grain: one row of the history, interpreted
-- example: select observed_at, pages, data_rate from fax.session_rows where session_id = '…' and started_at = '…';
-- All other views rest on two rules applied here:
--   pages     PageNumber is completed pages plus one, so pages come from the counters; only gateways have no counters.
--   measured  Before negotiation, rate and ECM are defaults. They count once a resolution (gateway: a rate) is known.
create view fax.session_rows as
select
    h.session_id,  -- The session.
    h.started_at,  -- First observation of the session.
    h.observed_at,  -- Time of the observation, by the observer's clock.
    h.position,  -- Position in the history.
    (array(select c.collector_id from fax.collector c order by c.collector))[h.collector] as collector_id,  -- Collector that observed it.
    h.event,  -- AMI event, or Gone.
    h.is_snapshot,  -- Whether a poll produced the row: FAXSession, or a list entry without detail.
    h.measured,  -- Whether negotiation is complete, so that rate, ECM and resolution are measurements. NULL if not reported.
    h.operation,  -- send, receive, gateway, V.21 or none, as sent. NULL if not reported.
    h.state,  -- State as sent. NULL if not reported.
    h.session_type,  -- G.711, T.38 or none. NULL if not reported.
    h.page_number,  -- PageNumber as sent: completed pages plus one. NULL if not reported.
    case h.operation
        when 'receive' then h.pages_received
        when 'send' then h.pages_transmitted
        when 'gateway' then case when h.page_number > -2147483648 then h.page_number - 1 end
    end as pages,  -- Completed pages so far; of a completion event, pages transferred. NULL if not reported.
    h.total_bad_lines,  -- Bad lines of the current page so far. NULL if not reported.
    -- 33600 is V.34, the fastest fax modem; spandsp can report any number for a modem that it does not know
    case when h.measured and h.data_rate between 1 and 33600 then h.data_rate end as data_rate,  -- Measured rate, bit/s. NULL if not measured.
    case when h.measured then h.error_correction_mode end as error_correction_mode,  -- Whether ECM is in use. NULL if not measured.
    case when h.measured and h.x_resolution > 0 then h.x_resolution end as x_resolution,  -- Horizontal resolution, pixels per metre. NULL if not measured.
    case when h.measured and h.y_resolution > 0 then h.y_resolution end as y_resolution,  -- Vertical resolution, pixels per metre. NULL if not measured.
    h.file_name,  -- File being sent or received (personal). NULL if not reported.
    h.details  -- Headers without a column of their own, as sent (personal). NULL if none.
from (
    select
        u.*,
        case u.operation when 'gateway' then u.data_rate > 0 else u.x_resolution > 0 or u.y_resolution > 0 end as measured
    from (
        -- not fax.session_history: a condition on these columns reaches the rows before they are read
        select
            o.session_id, o.started_at, o.observed_at, o.position, o.data_rate, o.x_resolution, o.y_resolution, o.page_number,
            o.pages_transmitted, o.pages_received, o.total_bad_lines, o.error_correction_mode,
            coalesce(o.event, 'FAXSession') as event,
            coalesce(o.operation, fax.snapshot_operation(o.words)) as operation,
            coalesce(o.state, fax.snapshot_state(o.words)) as state,
            coalesce(o.session_type, fax.snapshot_type(o.words)) as session_type,
            o.collector, o.file_name, o.details,
            -- comparisons: a list of values takes longer, and each aggregate of a fold tests it again
            o.event is null or o.event = 'FAXSession' or o.event = 'FAXSessionsEntry' as is_snapshot
        from fax.observation o
        union all
        select
            p.session_id, p.started_at, k.observed_at, k.position, k.data_rate, k.x_resolution, k.y_resolution, k.page_number,
            k.pages_transmitted, k.pages_received, k.total_bad_lines, k.error_correction_mode,
            coalesce(k.event, 'FAXSession') as event,
            coalesce(k.operation, fax.snapshot_operation(k.words)) as operation,
            coalesce(k.state, fax.snapshot_state(k.words)) as state,
            coalesce(k.session_type, fax.snapshot_type(k.words)) as session_type,
            k.collector, k.file_name, k.details,
            k.event is null or k.event = 'FAXSession' or k.event = 'FAXSessionsEntry' as is_snapshot
        from fax.session_pack p
        cross join lateral unnest(p.rows) k
    ) u
) h;

comment on view fax.session_rows is 'One row of the history, interpreted: completed pages, and measured values without the defaults from before negotiation. The base of the other views.';

comment on column fax.session_rows.session_id is 'The session.';

comment on column fax.session_rows.started_at is 'First observation of the session.';

comment on column fax.session_rows.observed_at is 'Time of the observation, by the observer''s clock.';

comment on column fax.session_rows.position is 'Position in the history.';

comment on column fax.session_rows.collector_id is 'Collector that observed it.';

comment on column fax.session_rows.event is 'AMI event, or Gone.';

comment on column fax.session_rows.is_snapshot is 'Whether a poll produced the row: FAXSession, or a list entry without detail.';

comment on column fax.session_rows.measured is 'Whether negotiation is complete, so that rate, ECM and resolution are measurements. NULL if not reported.';

comment on column fax.session_rows.operation is 'send, receive, gateway, V.21 or none, as sent. NULL if not reported.';

comment on column fax.session_rows.state is 'State as sent. NULL if not reported.';

comment on column fax.session_rows.session_type is 'G.711, T.38 or none. NULL if not reported.';

comment on column fax.session_rows.page_number is 'PageNumber as sent: completed pages plus one. NULL if not reported.';

comment on column fax.session_rows.pages is 'Completed pages so far; of a completion event, pages transferred. NULL if not reported.';

comment on column fax.session_rows.total_bad_lines is 'Bad lines of the current page so far. NULL if not reported.';

comment on column fax.session_rows.data_rate is 'Measured rate, bit/s. NULL if not measured.';

comment on column fax.session_rows.error_correction_mode is 'Whether ECM is in use. NULL if not measured.';

comment on column fax.session_rows.x_resolution is 'Horizontal resolution, pixels per metre. NULL if not measured.';

comment on column fax.session_rows.y_resolution is 'Vertical resolution, pixels per metre. NULL if not measured.';

comment on column fax.session_rows.file_name is 'File being sent or received (personal). NULL if not reported.';

comment on column fax.session_rows.details is 'Headers without a column of their own, as sent (personal). NULL if none.';

-- grain: the snapshots of one session
-- example: select moments, page_numbers from fax.session_snapshots where session_id = '…' and started_at = '…';
-- Arrays have one element per snapshot, the latest first. One pass over the rows groups all sessions of a query; what
-- depends on the order of the snapshots is computed from the arrays, session by session, without reading rows again.
create view fax.session_snapshots as
select
    r.session_id,  -- The session.
    r.started_at,  -- First observation of the session.
    count(*) as snapshots,  -- Snapshots by polls.
    min(r.observed_at) as first_at,  -- First snapshot.
    max(r.observed_at) as last_at,  -- Last snapshot.
    min(r.observed_at) filter (where r.observed_at >= r.started_at) as ran_at,  -- First snapshot from started_at on. NULL if none.
    min(r.position) as first_position,  -- Their first position in the history.
    max(r.position) as last_position,  -- Their last position in the history.
    max(r.pages) as pages,  -- Highest number of pages. NULL if not reported.
    min(r.data_rate) as lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    array_agg(r.observed_at order by r.observed_at desc) as moments,  -- Times of the snapshots.
    array_agg(r.position order by r.observed_at desc) as positions,  -- Their positions in the history.
    array_agg(r.collector_id order by r.observed_at desc) as observers,  -- Their collectors.
    array_agg(r.operation order by r.observed_at desc) as operations,  -- Operation of each, as sent.
    array_agg(r.state order by r.observed_at desc) as states,  -- State of each, as sent.
    array_agg(r.session_type order by r.observed_at desc) as session_types,  -- Transport of each, as sent.
    array_agg(r.page_number order by r.observed_at desc) as page_numbers,  -- PageNumber of each, as sent.
    array_agg(r.total_bad_lines order by r.observed_at desc) as bad_lines,  -- TotalBadLines of each, as sent.
    array_agg(r.measured order by r.observed_at desc) as measured,  -- Whether negotiation was complete at each.
    array_agg(r.data_rate order by r.observed_at desc) as data_rates,  -- Measured rate of each, bit/s.
    array_agg(r.error_correction_mode order by r.observed_at desc) as error_correction_modes,  -- Measured ECM of each.
    array_agg(r.x_resolution order by r.observed_at desc) as x_resolutions,  -- Measured horizontal resolution of each, pixels per metre.
    array_agg(r.y_resolution order by r.observed_at desc) as y_resolutions,  -- Measured vertical resolution of each, pixels per metre.
    array_agg(r.file_name order by r.observed_at desc) as file_names  -- File of each (personal).
from fax.session_rows r
where r.is_snapshot
group by r.session_id, r.started_at;

comment on view fax.session_snapshots is 'The snapshots of one session as arrays, the latest first. A base of fax.session_facts.';

comment on column fax.session_snapshots.session_id is 'The session.';

comment on column fax.session_snapshots.started_at is 'First observation of the session.';

comment on column fax.session_snapshots.snapshots is 'Snapshots by polls.';

comment on column fax.session_snapshots.first_at is 'First snapshot.';

comment on column fax.session_snapshots.last_at is 'Last snapshot.';

comment on column fax.session_snapshots.ran_at is 'First snapshot from started_at on. NULL if none.';

comment on column fax.session_snapshots.first_position is 'Their first position in the history.';

comment on column fax.session_snapshots.last_position is 'Their last position in the history.';

comment on column fax.session_snapshots.pages is 'Highest number of pages. NULL if not reported.';

comment on column fax.session_snapshots.lowest_data_rate is 'Lowest measured rate, bit/s. NULL if never negotiated.';

comment on column fax.session_snapshots.moments is 'Times of the snapshots.';

comment on column fax.session_snapshots.positions is 'Their positions in the history.';

comment on column fax.session_snapshots.observers is 'Their collectors.';

comment on column fax.session_snapshots.operations is 'Operation of each, as sent.';

comment on column fax.session_snapshots.states is 'State of each, as sent.';

comment on column fax.session_snapshots.session_types is 'Transport of each, as sent.';

comment on column fax.session_snapshots.page_numbers is 'PageNumber of each, as sent.';

comment on column fax.session_snapshots.bad_lines is 'TotalBadLines of each, as sent.';

comment on column fax.session_snapshots.measured is 'Whether negotiation was complete at each.';

comment on column fax.session_snapshots.data_rates is 'Measured rate of each, bit/s.';

comment on column fax.session_snapshots.error_correction_modes is 'Measured ECM of each.';

comment on column fax.session_snapshots.x_resolutions is 'Measured horizontal resolution of each, pixels per metre.';

comment on column fax.session_snapshots.y_resolutions is 'Measured vertical resolution of each, pixels per metre.';

comment on column fax.session_snapshots.file_names is 'File of each (personal).';

-- grain: the events of one session: all of its rows that are no snapshots
-- example: select completion, moments from fax.session_events where session_id = '…' and started_at = '…';
-- One pass over the rows groups all sessions of a query.
create view fax.session_events as
select
    r.session_id,  -- The session.
    r.started_at,  -- First observation of the session.
    (array_agg(r::fax.session_rows order by r.observed_at) filter (where r.event = 'SendFAX' or r.event = 'ReceiveFAX'))[1] as completion,  -- First completion event (personal). NULL if none.
    (array_agg(r.details order by r.observed_at) filter (where r.event = 'Status'))[1] as channel_status,  -- Headers of its first Status (personal). NULL if none.
    (array_agg(r.details order by r.observed_at) filter (where r.event = 'FAXStatus' or r.event = 'Newexten'))[1] as channel_event,  -- Headers of its first FAXStatus or Newexten (personal). NULL if none.
    (array_agg(r.details order by r.observed_at)
        filter (where r.event = 'VarSet' and r.details ->> 'Variable' = 'FAXERROR'))[1] as channel_variable,  -- Headers of its first VarSet of FAXERROR (personal). NULL if none.
    (array_agg(r.details order by r.observed_at) filter (where r.event = 'DialBegin'))[1] as dial,  -- Headers of its first DialBegin (personal). NULL if none.
    (array_agg(r.operation order by r.observed_at)
        filter (where r.operation is not null and (r.event = 'FAXStatus' or r.event = 'Newexten')))[1] as operation,  -- First operation of a FAXStatus or Newexten. NULL if not reported.
    (array_agg(r.details ->> 'AppData' order by r.observed_at) filter (where r.event = 'Newexten'))[1] as arguments,  -- Arguments of its application, by the first Newexten (personal). NULL if not reported.
    -- sendfax_exec and receivefax_exec set INIT_ERROR first
    min(r.observed_at) filter (where r.observed_at >= r.started_at and (
        r.event = 'FAXStatus' or r.event = 'Newexten' or r.event = 'Status'
        or (r.event = 'VarSet' and r.details ->> 'Variable' = 'FAXERROR' and r.details ->> 'Value' = 'INIT_ERROR'))) as ran_at,  -- First event from started_at on that shows that the fax ran, without its completion event. NULL if none.
    array_agg(r.observed_at order by r.observed_at) filter (where r.event = 'Gone') as gone_moments,  -- Times of complete lists without it. NULL if none.
    array_agg(r.position order by r.observed_at) filter (where r.event = 'Gone') as gone_positions,  -- Positions of these in the history.
    array_agg(r.collector_id order by r.observed_at) filter (where r.event = 'Gone') as gone_observers,  -- Collectors of these.
    array_agg(case when r.event = 'VarSet' then coalesce(r.details ->> 'Variable', '') else 'completion event' end order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as variables,  -- Names of its channel variables as they were set, and 'completion event'. NULL if none.
    array_agg(case when r.event = 'VarSet' then coalesce(r.details ->> 'Value', '') end order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as settings,  -- Their values (personal).
    array_agg(r.collector_id order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as observers,  -- Their collectors.
    array_agg(r.observed_at order by r.observed_at)
        filter (where r.event = 'VarSet' or r.event = 'SendFAX' or r.event = 'ReceiveFAX') as moments,  -- Their times.
    min(r.position) as first_position,  -- First position of these rows.
    max(r.position) as last_position,  -- Last position of these rows.
    max(r.observed_at) as last_row_at,  -- Last of these rows.
    max(r.observed_at) filter (where r.event <> 'VarSet') as last_event_at  -- Last of these rows without variables, which a dialplan may set later. NULL if none.
from (select * from fax.session_rows) r
where not r.is_snapshot
group by r.session_id, r.started_at;

comment on view fax.session_events is 'The events of one session, its absences from lists and its channel variables. A base of fax.session_facts.';

comment on column fax.session_events.session_id is 'The session.';

comment on column fax.session_events.started_at is 'First observation of the session.';

comment on column fax.session_events.completion is 'First completion event (personal). NULL if none.';

comment on column fax.session_events.channel_status is 'Headers of its first Status (personal). NULL if none.';

comment on column fax.session_events.channel_event is 'Headers of its first FAXStatus or Newexten (personal). NULL if none.';

comment on column fax.session_events.channel_variable is 'Headers of its first VarSet of FAXERROR (personal). NULL if none.';

comment on column fax.session_events.dial is 'Headers of its first DialBegin (personal). NULL if none.';

comment on column fax.session_events.operation is 'First operation of a FAXStatus or Newexten. NULL if not reported.';

comment on column fax.session_events.arguments is 'Arguments of its application, by the first Newexten (personal). NULL if not reported.';

comment on column fax.session_events.ran_at is 'First event from started_at on that shows that the fax ran, without its completion event. NULL if none.';

comment on column fax.session_events.gone_moments is 'Times of complete lists without it. NULL if none.';

comment on column fax.session_events.gone_positions is 'Positions of these in the history.';

comment on column fax.session_events.gone_observers is 'Collectors of these.';

comment on column fax.session_events.variables is 'Names of its channel variables as they were set, and ''completion event''. NULL if none.';

comment on column fax.session_events.settings is 'Their values (personal).';

comment on column fax.session_events.observers is 'Their collectors.';

comment on column fax.session_events.moments is 'Their times.';

comment on column fax.session_events.first_position is 'First position of these rows.';

comment on column fax.session_events.last_position is 'Last position of these rows.';

comment on column fax.session_events.last_row_at is 'Last of these rows.';

comment on column fax.session_events.last_event_at is 'Last of these rows without variables, which a dialplan may set later. NULL if none.';

-- grain: one session: what identifies it, its snapshots and its events
-- example: select (snapshots).pages, (events).completion from fax.session_evidence where session_id = '…';
-- One GROUP BY over all three instead of joins: PostgreSQL derives only equalities through a join, so a period would
-- reach one of the joined folds and the others would fold the whole history. A condition on session_id or started_at
-- reaches each part.
-- The rows are those of subqueries, because a node of a distributed database has other row types for its tables.
create view fax.session_evidence as
select
    p.session_id,  -- The session.
    p.started_at,  -- First observation of the session.
    (array_agg(p.session) filter (where p.part = 'session'))[1] as session,  -- Its row in fax.session (personal).
    (array_agg(p.snapshots) filter (where p.part = 'snapshots'))[1] as snapshots,  -- Its snapshots (personal). NULL if none.
    (array_agg(p.events) filter (where p.part = 'events'))[1] as events  -- Its events (personal). NULL if none.
from (
    select s.session_id, s.started_at, 'session' as part, s::fax.session as session, null::fax.session_snapshots as snapshots, null::fax.session_events as events
    from (select * from fax.session) s
    union all
    select n.session_id, n.started_at, 'snapshots' as part, null::fax.session as session, n::fax.session_snapshots as snapshots, null::fax.session_events as events
    from (select * from fax.session_snapshots) n
    union all
    select v.session_id, v.started_at, 'events' as part, null::fax.session as session, null::fax.session_snapshots as snapshots, v::fax.session_events as events
    from (select * from fax.session_events) v
) p
group by p.session_id, p.started_at;

comment on view fax.session_evidence is 'All that the rows of one session show, gathered in one pass over the history. The base of fax.session_facts.';

comment on column fax.session_evidence.session_id is 'The session.';

comment on column fax.session_evidence.started_at is 'First observation of the session.';

comment on column fax.session_evidence.session is 'Its row in fax.session (personal).';

comment on column fax.session_evidence.snapshots is 'Its snapshots (personal). NULL if none.';

comment on column fax.session_evidence.events is 'Its events (personal). NULL if none.';

-- The attempts at each page of a session, from its snapshots.
-- TotalBadLines counts the current page. An attempt ends when PageNumber advances or the count falls (the page is sent
-- again). The last value of an attempt is its bad lines. PageNumber falls only when the session switches to T.38 and
-- restarts; rows after that count only once PageNumber reaches its previous maximum again.
-- Several observers: one that took over from another continues its attempts. If they overlapped, their clocks may
-- differ, so each page is taken from one of them, the one that observed more.
-- Unless by_page, the technology counts per session (fax.technology): the bad lines of earlier pages are subtracted; a
-- page that is sent again is not visible there.
-- Arrays as in fax.session_snapshots. Columns as in fax.page_attempts.
-- example: select a.* from fax.session_snapshots s, fax.attempts_at_pages(s.observers, s.moments, s.page_numbers, s.bad_lines, s.measured, s.data_rates, s.y_resolutions, true) a where s.session_id = '…';
create function fax.attempts_at_pages(
    observers text[], moments timestamptz[], page_numbers integer[], bad_lines integer[], measured boolean[],
    data_rates integer[], y_resolutions integer[], by_page boolean)
returns table (
    page integer, attempt bigint, first_seen_at timestamptz, last_seen_at timestamptz, snapshots bigint,
    bad_lines integer, first_measured_at timestamptz, data_rate integer, y_resolution integer, kept boolean
)
language sql immutable parallel safe
begin atomic
    with snapshot as (
        select u.*
        from unnest(observers, moments, page_numbers, attempts_at_pages.bad_lines, attempts_at_pages.measured, data_rates, y_resolutions)
            u (observer, seen_at, page_number, total_bad_lines, measured, data_rate, y_resolution)
        where u.page_number is not null
    ),
    followed as (
        select
            s.*,
            case when w.overlap then s.observer else '' end as stream,
            max(s.page_number) over (partition by s.observer order by s.seen_at) as furthest_page
        from snapshot s
        -- whether two observers overlapped; offset 0: computed once, not for each snapshot
        cross join (
            select case when array_remove(observers, observers[1]) <> '{}' then (
                select bool_or(b.began_during_another)
                from (
                    select o.began_at <= max(o.ended_at) over (
                        order by o.began_at, o.observer groups between unbounded preceding and 1 preceding) as began_during_another
                    from (select i.observer, min(i.seen_at) as began_at, max(i.seen_at) as ended_at from snapshot i group by i.observer) o
                ) b
            ) end as overlap
            offset 0
        ) w
    ),
    counted as (
        select
            f.*,
            case when by_page or f.total_bad_lines is null then f.total_bad_lines
                 else greatest(greatest(f.total_bad_lines, 0) - (
                     select greatest(max(b.total_bad_lines), 0)
                     from snapshot b
                     where b.observer = f.observer and b.page_number < f.page_number), 0) end as page_bad_lines
        from followed f
        where f.page_number = f.furthest_page
    ),
    compared as (
        select
            i.*,
            lag(i.page_bad_lines) over (partition by i.page_number, i.stream order by i.seen_at) as bad_lines_before
        from counted i
    ),
    numbered as (
        select
            c.*,
            1 + count(*) filter (where by_page and c.page_bad_lines < c.bad_lines_before)
                over (partition by c.page_number, c.stream order by c.seen_at) as attempt
        from compared c
    ),
    attempts as (
        select
            n.page_number as page,
            n.stream,
            n.attempt,
            min(n.seen_at) as first_seen_at,
            max(n.seen_at) as last_seen_at,
            count(*) as snapshots,
            (array_agg(n.page_bad_lines order by n.seen_at desc))[1] as bad_lines,
            min(n.seen_at) filter (where n.measured) as first_measured_at,
            (array_agg(n.data_rate order by n.seen_at desc) filter (where n.data_rate is not null))[1] as data_rate,
            (array_agg(n.y_resolution order by n.seen_at desc) filter (where n.y_resolution is not null))[1] as y_resolution
        from numbered n
        group by n.page_number, n.stream, n.attempt
    ),
    judged as (
        select
            a.*,
            a.attempt = max(a.attempt) over (partition by a.page, a.stream) as kept,
            first_value(a.stream) over (partition by a.page
                                        order by a.attempt desc, a.bad_lines desc nulls last, a.stream) as best_stream
        from attempts a
    )
    select j.page, j.attempt, j.first_seen_at, j.last_seen_at, j.snapshots, j.bad_lines, j.first_measured_at, j.data_rate, j.y_resolution, j.kept
    from judged j
    where j.stream = j.best_stream;
end;

comment on function fax.attempts_at_pages is 'The attempts at each page of a session, from its snapshots. TotalBadLines counts the current page. An attempt ends when PageNumber advances or the count falls (the page is sent again). The last value of an attempt is its bad lines. PageNumber falls only when the session switches to T.38 and restarts; rows after that count only once PageNumber reaches its previous maximum again. Several observers: one that took over from another continues its attempts. If they overlapped, their clocks may differ, so each page is taken from one of them, the one that observed more. Unless by_page, the technology counts per session (fax.technology): the bad lines of earlier pages are subtracted; a page that is sent again is not visible there. Arrays as in fax.session_snapshots. Columns as in fax.page_attempts.';

-- grain: one attempt at one page of one session
-- example: select page, attempt, bad_lines from fax.page_attempts where session_id = '…' and started_at = '…';
-- The rules are those of fax.attempts_at_pages().
create view fax.page_attempts as
select
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session.
    a.page,  -- Current page, from 1; one past the last page once all are done.
    a.attempt,  -- Attempt at this page, from 1.
    a.first_seen_at,  -- First snapshot of the attempt.
    a.last_seen_at,  -- Last snapshot of the attempt.
    a.snapshots,  -- Snapshots of the attempt.
    a.bad_lines,  -- Last TotalBadLines of the attempt, lines. Not a measurement for a sender, with ECM, or past the last page. NULL if not reported.
    a.first_measured_at,  -- First snapshot of the attempt after negotiation. NULL if none.
    a.data_rate,  -- Last rate in the attempt, bit/s. NULL if not measured.
    a.y_resolution,  -- Last vertical resolution in the attempt, pixels per metre. NULL if not measured.
    a.kept  -- Whether this is the last attempt at the page, whose bad lines count.
from fax.session_snapshots s
join fax.session i on i.session_id = s.session_id and i.started_at = s.started_at
left join fax.technology t on t.technology = i.technology
cross join lateral fax.attempts_at_pages(
    s.observers, s.moments, s.page_numbers, s.bad_lines, s.measured, s.data_rates, s.y_resolutions,
    t.bad_lines_counted_by is distinct from 'session') a;

comment on view fax.page_attempts is 'One attempt at one page of one session, as far as snapshots show it. A page that was sent again has several.';

comment on column fax.page_attempts.session_id is 'The session.';

comment on column fax.page_attempts.started_at is 'First observation of the session.';

comment on column fax.page_attempts.page is 'Current page, from 1; one past the last page once all are done.';

comment on column fax.page_attempts.attempt is 'Attempt at this page, from 1.';

comment on column fax.page_attempts.first_seen_at is 'First snapshot of the attempt.';

comment on column fax.page_attempts.last_seen_at is 'Last snapshot of the attempt.';

comment on column fax.page_attempts.snapshots is 'Snapshots of the attempt.';

comment on column fax.page_attempts.bad_lines is 'Last TotalBadLines of the attempt, lines. Not a measurement for a sender, with ECM, or past the last page. NULL if not reported.';

comment on column fax.page_attempts.first_measured_at is 'First snapshot of the attempt after negotiation. NULL if none.';

comment on column fax.page_attempts.data_rate is 'Last rate in the attempt, bit/s. NULL if not measured.';

comment on column fax.page_attempts.y_resolution is 'Last vertical resolution in the attempt, pixels per metre. NULL if not measured.';

comment on column fax.page_attempts.kept is 'Whether this is the last attempt at the page, whose bad lines count.';

-- grain: one page of one session, as polls observed it: an element of observed_pages in fax.session_fold
-- example: select p.page, p.bad_lines from fax.session_fold f, unnest(f.observed_pages) p where f.session_id = '…';
create type fax.observed_page as (
    page                integer,  -- Page number, from 1; one past the last page once all are done.
    attempts            bigint,  -- How often it was sent, as far as bad lines show it.
    first_seen_at       timestamptz,  -- First snapshot of the page.
    last_seen_at        timestamptz,  -- Last snapshot of the page.
    next_seen_at        timestamptz,  -- First snapshot of a later page. NULL if none.
    first_measured_at   timestamptz,  -- First snapshot of the page after negotiation. NULL if none.
    bad_lines           integer,  -- Last TotalBadLines of the accepted attempt, lines. NULL if not reported.
    bad_lines_discarded bigint,  -- Last TotalBadLines of each attempt that was sent again, together, lines. NULL if not reported.
    data_rate           integer,  -- Last rate during the page, bit/s. NULL if not measured.
    y_resolution        integer  -- Last vertical resolution during the page, pixels per metre. NULL if not measured.
);

comment on type fax.observed_page is 'One page of one session as polls observed it, in fax.session_fold.';

comment on column fax.observed_page.page is 'Page number, from 1; one past the last page once all are done.';

comment on column fax.observed_page.attempts is 'How often it was sent, as far as bad lines show it.';

comment on column fax.observed_page.first_seen_at is 'First snapshot of the page.';

comment on column fax.observed_page.last_seen_at is 'Last snapshot of the page.';

comment on column fax.observed_page.next_seen_at is 'First snapshot of a later page. NULL if none.';

comment on column fax.observed_page.first_measured_at is 'First snapshot of the page after negotiation. NULL if none.';

comment on column fax.observed_page.bad_lines is 'Last TotalBadLines of the accepted attempt, lines. NULL if not reported.';

comment on column fax.observed_page.bad_lines_discarded is 'Last TotalBadLines of each attempt that was sent again, together, lines. NULL if not reported.';

comment on column fax.observed_page.data_rate is 'Last rate during the page, bit/s. NULL if not measured.';

comment on column fax.observed_page.y_resolution is 'Last vertical resolution during the page, pixels per metre. NULL if not measured.';

-- The pages of a session as polls observed them, by page, from its snapshots; NULL if none reported a page.
-- The rules are those of fax.attempts_at_pages(). Most sessions have one observer and a technology that counts by page:
-- then one pass over the snapshots finds the same pages in a fraction of the time.
-- Arrays as in fax.session_snapshots.
-- example: select fax.observed_pages(s.observers, s.moments, s.page_numbers, s.bad_lines, s.measured, s.data_rates, s.y_resolutions, true) from fax.session_snapshots s where s.session_id = '…';
create function fax.observed_pages(
    observers text[], moments timestamptz[], page_numbers integer[], bad_lines integer[], measured boolean[],
    data_rates integer[], y_resolutions integer[], by_page boolean) returns fax.observed_page[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    pages fax.observed_page[];
    number integer;
    sent bigint;
    first_at timestamptz;
    last integer;
    measured_at timestamptz;
    lines integer;
    discarded bigint;
    rate integer;
    resolution integer;
begin
    if not by_page or array_remove(observers, observers[1]) <> '{}' then
        return (
            select array_agg(row(o.*)::fax.observed_page order by o.page)
            from (
                select
                    a.page,
                    max(a.attempt) as attempts,
                    min(a.first_seen_at) as first_seen_at,
                    max(a.last_seen_at) as last_seen_at,
                    min(min(a.first_seen_at)) over (order by a.page desc rows between unbounded preceding and 1 preceding) as next_seen_at,
                    min(a.first_measured_at) as first_measured_at,
                    max(a.bad_lines) filter (where a.kept) as bad_lines,
                    coalesce(sum(a.bad_lines) filter (where not a.kept),
                             case when count(a.bad_lines) filter (where a.kept) > 0 then 0 end) as bad_lines_discarded,
                    (array_agg(a.data_rate order by a.attempt desc) filter (where a.data_rate is not null))[1] as data_rate,
                    (array_agg(a.y_resolution order by a.attempt desc) filter (where a.y_resolution is not null))[1] as y_resolution
                from fax.attempts_at_pages($1, $2, $3, $4, $5, $6, $7, $8) a
                group by a.page
            ) o
        );
    end if;
    for i in reverse coalesce(cardinality(moments), 0)..1 loop
        -- most snapshots are like the one before
        if page_numbers[i] = number and bad_lines[i] = lines and data_rates[i] = rate and y_resolutions[i] = resolution
           and measured_at is not null then
            last := i;
            continue;
        end if;
        continue when page_numbers[i] is null or page_numbers[i] < number;
        if number is null or page_numbers[i] > number then
            if number is not null then
                pages := array_append(pages, row(
                    number, sent, first_at, moments[last], moments[i], measured_at, lines,
                    coalesce(discarded, case when lines is not null then 0 end), rate, resolution)::fax.observed_page);
            end if;
            number := page_numbers[i];
            sent := 1;
            first_at := moments[i];
            measured_at := null;
            discarded := null;
            rate := null;
            resolution := null;
        elsif bad_lines[i] < lines then
            sent := sent + 1;
            discarded := coalesce(discarded, 0) + lines;
        end if;
        last := i;
        lines := bad_lines[i];
        if measured_at is null and measured[i] then
            measured_at := moments[i];
        end if;
        rate := coalesce(data_rates[i], rate);
        resolution := coalesce(y_resolutions[i], resolution);
    end loop;
    if number is not null then
        pages := array_append(pages, row(
            number, sent, first_at, moments[last], null, measured_at, lines,
            coalesce(discarded, case when lines is not null then 0 end), rate, resolution)::fax.observed_page);
    end if;
    return pages;
end
$$;

comment on function fax.observed_pages is 'The pages of a session as polls observed them, by page, from its snapshots; NULL if none reported a page. The rules are those of fax.attempts_at_pages(). Most sessions have one observer and a technology that counts by page: then one pass over the snapshots finds the same pages in a fraction of the time. Arrays as in fax.session_snapshots.';

-- Seconds from the last poll during a page to the next poll during a later one, or to the end of its session. NULL if
-- its end is unknown, or if two observers' clocks reverse them.
-- example: select fax.poll_gap_seconds(p, f.completed_at) from fax.session_facts f, unnest(f.observed_pages) p where f.session_id = '…';
create function fax.poll_gap_seconds(page fax.observed_page, ended_at timestamptz) returns numeric
language sql immutable parallel safe
as $$
    select case when coalesce((page).next_seen_at, ended_at) >= (page).last_seen_at
                then extract(epoch from coalesce((page).next_seen_at, ended_at) - (page).last_seen_at) end
$$;

comment on function fax.poll_gap_seconds is 'Seconds from the last poll during a page to the next poll during a later one, or to the end of its session. NULL if its end is unknown, or if two observers'' clocks reverse them.';

-- Seconds from the last poll during a page to the next poll, the widest of the counted pages. NULL if no poll observed
-- one of them, or if its end is unknown.
-- observed_pages: as in fax.session_fold. pages: how many pages count. ended_at: the end of the session, NULL if unknown.
-- example: select fax.widest_poll_gap(f.observed_pages, f.pages, f.completed_at) from fax.session_fold f where f.session_id = '…';
create function fax.widest_poll_gap(observed_pages fax.observed_page[], pages integer, ended_at timestamptz) returns numeric
language sql immutable parallel safe
begin atomic
    select max(fax.poll_gap_seconds(o, ended_at)) from unnest(observed_pages) o where o.page between 1 and pages;
end;

comment on function fax.widest_poll_gap is 'Seconds from the last poll during a page to the next poll, the widest of the counted pages. NULL if no poll observed one of them, or if its end is unknown. observed_pages: as in fax.session_fold. pages: how many pages count. ended_at: the end of the session, NULL if unknown.';

-- Whether a receiver may have counted more bad lines than polls observed: a page was in no poll, or a gap between polls
-- exceeds 0.85 s, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL if the
-- number of pages is unknown.
-- Parameters as of fax.widest_poll_gap().
-- example: select fax.may_miss_bad_lines(f.observed_pages, f.pages, f.completed_at) from fax.session_fold f where f.session_id = '…';
create function fax.may_miss_bad_lines(observed_pages fax.observed_page[], pages integer, ended_at timestamptz) returns boolean
language sql immutable parallel safe
begin atomic
    select coalesce(max(g.seconds) > 0.85 or count(g.seconds) < pages, pages > 0)
    from unnest(observed_pages) o
    cross join lateral (select fax.poll_gap_seconds(o, ended_at) as seconds) g
    where o.page between 1 and pages;
end;

comment on function fax.may_miss_bad_lines is 'Whether a receiver may have counted more bad lines than polls observed: a page was in no poll, or a gap between polls exceeds 0.85 s, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL if the number of pages is unknown. Parameters as of fax.widest_poll_gap().';

-- How often the measured rate of a session fell: of each fall its page, the rate before it and the rate after it, bit/s,
-- in their order. NULL if it never fell. Of observers that watched at the same time, the one that saw the most falls
-- counts, because their clocks may differ; observers that took over from each other are one.
-- Arrays as in fax.session_snapshots: one element per snapshot, the latest first. Most sessions have one observer: then
-- one pass over the arrays finds the same falls in a fraction of the time.
-- example: select fax.rate_falls('{a,a,a}', '{2026-11-02 08:02+00,2026-11-02 08:01+00,2026-11-02 08:00+00}', '{2,1,1}', '{9600,9600,14400}');
create function fax.rate_falls(observers text[], moments timestamptz[], page_numbers integer[], data_rates integer[])
returns integer[]
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    falls integer[];
    rate_before integer;
begin
    if array_remove(observers, observers[1]) <> '{}' then
        return (
            with snapshot as (
                select u.observer, u.seen_at, u.page_number, u.data_rate
                from unnest($1, $2, $3, $4) u (observer, seen_at, page_number, data_rate)
            ),
            observed as (
                select s.observer, min(s.seen_at) as began_at, max(s.seen_at) as ended_at
                from snapshot s
                group by s.observer
            ),
            stream as (
                select
                    i.observer,
                    case when exists (
                        select 1
                        from observed j
                        join observed k on k.observer > j.observer and k.began_at <= j.ended_at and j.began_at <= k.ended_at
                    ) then i.observer else '' end as name
                from observed i
            )
            select array_agg(array[c.page_number, c.rate_before, c.data_rate] order by c.seen_at)
            from (
                select
                    w.name, s.seen_at, s.page_number, s.data_rate,
                    lag(s.data_rate) over (partition by w.name order by s.seen_at) as rate_before
                from stream w
                join snapshot s on s.observer = w.observer
                where s.data_rate is not null
            ) c
            where c.data_rate < c.rate_before
            group by c.name
            order by count(*) desc, c.name
            limit 1
        );
    end if;
    for i in reverse cardinality(data_rates)..1 loop
        continue when data_rates[i] is null;
        if data_rates[i] < rate_before then
            falls := falls || array[array[page_numbers[i], rate_before, data_rates[i]]];
        end if;
        rate_before := data_rates[i];
    end loop;
    return falls;
end
$$;

comment on function fax.rate_falls is 'How often the measured rate of a session fell: of each fall its page, the rate before it and the rate after it, bit/s, in their order. NULL if it never fell. Of observers that watched at the same time, the one that saw the most falls counts, because their clocks may differ; observers that took over from each other are one. Arrays as in fax.session_snapshots: one element per snapshot, the latest first. Most sessions have one observer: then one pass over the arrays finds the same falls in a fraction of the time.';

-- The first complete list without a session that no snapshot refutes, or NULL. A snapshot of the same observer refutes
-- it if it is later both by its clock and in the history, one of another observer if it is later by more than clocks may
-- differ (30 s).
-- Arrays as in fax.session_events and fax.session_snapshots; NULL if there are no such rows.
-- example: select fax.absent_since('{a}', '{2026-11-02 08:01+00}', '{7}', '{a}', '{2026-11-02 08:00+00}', '{6}');
create function fax.absent_since(
    gone_observers text[], gone_moments timestamptz[], gone_positions bigint[],
    observers text[], moments timestamptz[], positions bigint[]) returns timestamptz
language sql immutable parallel safe
begin atomic
    select min(g.seen_at)
    from unnest(gone_observers, gone_moments, gone_positions) g (observer, seen_at, position)
    where not exists (
        select 1
        from unnest(observers, moments, positions) s (observer, seen_at, position)
        where case when s.observer = g.observer then s.seen_at > g.seen_at and s.position > g.position
                   else s.seen_at > g.seen_at + interval '30 seconds' end
    );
end;

comment on function fax.absent_since is 'The first complete list without a session that no snapshot refutes, or NULL. A snapshot of the same observer refutes it if it is later both by its clock and in the history, one of another observer if it is later by more than clocks may differ (30 s). Arrays as in fax.session_events and fax.session_snapshots; NULL if there are no such rows.';

-- grain: one epoch and one life of its server that followed it
-- example: select min(began_at) from fax.later_lives where epoch_id = '…';
-- The next life of a server ends its sessions, if nothing else shows their end. Read it of one epoch at a time, as in
-- the example: all pairs are many.
create view fax.later_lives as
select
    mine.epoch_id,  -- The epoch (fax.epoch).
    coalesce(later.reloaded_at, later.started_at, later.first_seen_at) as began_at,  -- Start of the later life.
    later.known_after  -- Last position of the history when the later life was added.
from fax.epoch mine
join fax.epoch later on later.server = mine.server and later.epoch_id <> mine.epoch_id
where (coalesce(later.reloaded_at, later.started_at, later.first_seen_at), later.reload_ordinal)
      > (coalesce(mine.reloaded_at, mine.started_at, mine.first_seen_at), mine.reload_ordinal);

comment on view fax.later_lives is 'The lives of a server that followed an epoch. The base of next_life_at in fax.session_facts.';

comment on column fax.later_lives.epoch_id is 'The epoch (fax.epoch).';

comment on column fax.later_lives.began_at is 'Start of the later life.';

comment on column fax.later_lives.known_after is 'Last position of the history when the later life was added.';

-- grain: one session: what its own rows show together
-- example: select pages, status from fax.session_fold where started_at >= '2026-11-01' and started_at < '2026-11-02';
-- A query reads the rows of all its sessions at once (fax.session_evidence); what depends on their order is computed from
-- arrays. Conditions on session_id and started_at reach the history. No part of it reads the rows of one session on
-- behalf of another part, so that a distributed database can run it where the rows are.
-- For a few sessions that are found by something else (a server, the latest ones) use fax.session_facts.
create view fax.session_fold as
select
    e.session_id,  -- The session.
    e.started_at,  -- First observation of the session.
    s.epoch_id,  -- Epoch in which session_number counts.
    s.server,  -- Name of the server in the settings.
    s.session_number,  -- SessionNumber of Asterisk. NULL if never listed.
    s.is_fax,  -- False: a call that ran no fax, whose dialplan set fax variables.
    s.channel,  -- Channel name (personal). NULL if not reported.
    s.technology,  -- Technology of the list entry. NULL if never listed.
    f.operation,  -- send, receive, gateway, V.21 or none, as last reported. NULL if not reported.
    coalesce(s.uniqueid, c.details ->> 'Uniqueid') as uniqueid,  -- Uniqueid of the channel. NULL if no event reported it.
    (array_remove(n.states, null))[1] as state,  -- Last state, as sent. NULL if never listed.
    (array_remove(array_remove(n.session_types, null), 'none'))[1] as transport,  -- Last transport, G.711 or T.38. NULL if not reported.
    coalesce(
        case when f.files = '{}' then null
             when array_remove(f.files, f.files[1]) = '{}' then f.files[:1]
             else (select array_agg(distinct i.name) from unnest(f.files) i (name)) end,
        case when jsonb_typeof(c.details -> 'FileName') = 'array'
             then (select array_agg(i.name) from jsonb_array_elements_text(c.details -> 'FileName') i (name))
             when c.file_name is not null then array[c.file_name] end,
        -- the application's first argument: SendFAX(file&file,options) (res_fax.c, sendfax_exec)
        string_to_array(nullif(split_part(v.arguments, ',', 1), ''), '&')) as file_names,  -- Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.
    coalesce(n.snapshots, 0) as snapshots,  -- Snapshots by polls.
    n.pages as pages_observed,  -- Highest number of pages that a poll observed. NULL if not reported.
    g.pages,  -- Pages by the completion event, else pages_observed. NULL if not reported.
    n.first_at as first_snapshot_at,  -- First snapshot. NULL if none.
    n.last_at as last_snapshot_at,  -- Last snapshot. NULL if none.
    c.observed_at as completed_at,  -- Time of the completion event. NULL if none.
    f.gone_at,  -- First complete list without the session. NULL if none.
    f.last_row_at,  -- Last observation of any kind.
    coalesce(greatest(r.set_at, n.last_at, v.last_event_at), f.last_row_at) as last_shown_at,  -- Last observation of the fax itself, without variables that a dialplan set later.
    f.error_correction_mode,  -- ECM by the last measurement. NULL if never negotiated.
    f.data_rates[cardinality(f.data_rates)] as first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    coalesce(f.data_rates[1], nullif(c.data_rate, 0)) as last_data_rate,  -- Last measured rate, bit/s; if no poll measured it, that of the completion event. NULL if not reported.
    n.lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    case when n.lowest_data_rate is not null then coalesce(array_length(w.observed_falls, 1), 0) end as rate_falls,  -- How often the measured rate fell, by the observer that saw the most falls. NULL if no poll measured it.
    coalesce((array_remove(n.x_resolutions, null))[1], c.x_resolution) as x_resolution,  -- Horizontal resolution, pixels per metre. NULL if not reported.
    coalesce((array_remove(n.y_resolutions, null))[1], c.y_resolution) as y_resolution,  -- Vertical resolution, pixels per metre. NULL if not reported.
    g.bad_lines_measurable,  -- Whether the fax was received without ECM.
    coalesce(t.bad_lines_counted_by, 'page') as bad_lines_counted_by,  -- What the technology counts bad lines by: page or session (fax.technology).
    c.event is not null as completed,  -- Whether a completion event arrived.
    f.start_observed,  -- Whether anything from started_at on, before its completion event, shows that it ran. False if only its end was observed.
    nullif(w.call ->> 'Linkedid', '') as linkedid,  -- Linkedid of the call, from its events or its Status. NULL if not reported.
    nullif(w.call ->> 'AccountCode', '') as account_code,  -- Account code of the channel, from its events or its Status. NULL if none or not reported.
    p.caller_number,  -- Caller, as in fax.sessions (personal). NULL if unknown.
    p.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    -- of the completion event, unless a dialplan changed FAXSTATUS before it
    coalesce(case when k.stands then k.status end, r.status) as status,  -- FAXSTATUS as res_fax set it at the end, SUCCESS or FAILED; no later value of a dialplan. NULL if not on the wire, or blank.
    coalesce(case when k.stands then k.error end, r.error, k.error) as error,  -- FAXERROR as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.
    coalesce(case when k.stands then k.status_text end, r.status_text, k.status_text) as status_text,  -- FAXSTATUSSTRING as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.
    coalesce(nullif(c.details ->> 'LocalStationID', ''), r.local_station_id) as local_station_id,  -- Station id of this end (personal). NULL if none or not reported.
    coalesce(nullif(c.details ->> 'RemoteStationID', ''), r.remote_station_id) as remote_station_id,  -- Station id of the other end (personal). NULL if none or not reported.
    least(n.first_position, v.first_position) as first_position,  -- First position of its rows.
    greatest(n.last_position, v.last_position) as last_position,  -- Last position of its rows.
    case when g.bad_lines_measurable then case when g.pages = 0 then 0 else x.bad_lines end end as bad_lines,  -- Bad lines on accepted pages, as in fax.sessions. NULL if not measurable, or if no poll reported them for any of its pages.
    case when g.bad_lines_measurable and t.bad_lines_counted_by is distinct from 'session'
         then case when g.pages = 0 then 0 else x.bad_lines_discarded end end as bad_lines_discarded,  -- Bad lines of attempts that were sent again, as in fax.sessions. NULL if not measurable, if no poll reported bad lines, or if the technology counts per session.
    case when g.bad_lines_measurable then case when g.pages = 0 then 0 else x.worst_page_bad_lines end end as worst_page_bad_lines,  -- Bad lines on the worst accepted page. NULL if bad_lines is.
    case when g.bad_lines_measurable then x.measurable_pages else 0 end as measurable_pages,  -- Pages with measurable bad lines: of which a poll reported them.
    case when g.bad_lines_measurable then x.error_free_pages else 0 end as error_free_pages,  -- Pages without bad lines, of measurable_pages.
    case when g.bad_lines_measurable then x.lines_estimated else 0 end as lines_estimated,  -- Estimated lines of measurable_pages (fax.page_lines), as far as their resolution is measured.
    x.resent_pages,  -- Pages that were sent more than once, as far as bad lines show it.
    x.timed_pages,  -- Pages whose start and end polls observed.
    x.page_seconds,  -- Seconds of timed_pages together. NULL if there are none.
    case when g.bad_lines_measurable
         then fax.widest_poll_gap(w.observed_pages, g.pages, coalesce(c.observed_at, f.gone_at)) end as poll_gap_seconds,  -- Widest gap between polls at one of its pages (fax.widest_poll_gap), without the end of the server's life, seconds. NULL if not measurable, or no poll observed a page.
    case when g.bad_lines_measurable
         then fax.may_miss_bad_lines(w.observed_pages, g.pages, coalesce(c.observed_at, f.gone_at)) end as bad_lines_lower_bound,  -- Whether there may be more bad lines (fax.may_miss_bad_lines), without the end of the server's life. NULL if not measurable, or if the number of pages is unknown.
    w.observed_pages,  -- Its pages as polls observed them, by page. NULL if no poll reported a page.
    w.observed_falls  -- Of each fall of the measured rate, its page, the rate before it and the rate after it, bit/s (fax.rate_falls). NULL if it never fell.
from fax.session_evidence e
cross join lateral (select (e.session).*) s
cross join lateral (select (e.snapshots).*) n
cross join lateral (select (e.events).*) v
cross join lateral (select (v.completion).*) c
left join fax.technology t on t.technology = s.technology
cross join lateral (
    select
        coalesce((array_remove(n.operations, null))[1],
                 case c.event when 'SendFAX' then 'send' when 'ReceiveFAX' then 'receive' end,
                 v.operation, s.operation) as operation,
        (array_remove(n.error_correction_modes, null))[1] as error_correction_mode,
        array_remove(n.data_rates, null) as data_rates,
        array_remove(n.file_names, null) as files,
        case when n.last_at > v.gone_moments[1]
             then fax.absent_since(v.gone_observers, v.gone_moments, v.gone_positions, n.observers, n.moments, n.positions)
             else v.gone_moments[1] end as gone_at,
        coalesce(least(n.ran_at, v.ran_at) < coalesce(c.observed_at, 'infinity'), false) as start_observed,
        greatest(n.last_at, v.last_row_at) as last_row_at
) f
cross join lateral (
    select
        coalesce(c.pages, n.pages) as pages,
        -- Only a receiver without ECM counts bad lines (spandsp, t30.c and t4_rx.c).
        coalesce(f.operation = 'receive', false) and f.error_correction_mode is false as bad_lines_measurable
) g
-- offset 0: computed once, although several columns use it, and not at all if none does
cross join lateral (
    select
        -- Headers of the channel, from its completion event (not if that names another channel), else Status, else
        -- FAXStatus or Newexten, else the completion event, else the VarSet of FAXERROR. If its channel was replaced, a
        -- fax belongs to the call and account that it began with. Only the details of an event under another name
        -- contain a Uniqueid; its Channel is personal and may be erased.
        coalesce(case when c.details ->> 'Uniqueid' is null then c.details end, v.channel_status, v.channel_event, c.details,
                 v.channel_variable) as call,
        fax.observed_pages(n.observers, n.moments, n.page_numbers, n.bad_lines, n.measured, n.data_rates, n.y_resolutions,
                           t.bad_lines_counted_by is distinct from 'session') as observed_pages,
        case when array_remove(f.data_rates, n.lowest_data_rate) <> '{}'
             then fax.rate_falls(n.observers, n.moments, n.page_numbers, n.data_rates) end as observed_falls
    offset 0
) w
-- its counted pages, in one pass; a left join, so that it is not computed at all if no column uses it
left join lateral (
    select
        sum(o.bad_lines)::bigint as bad_lines,
        sum(o.bad_lines_discarded)::bigint as bad_lines_discarded,
        max(o.bad_lines) as worst_page_bad_lines,
        count(o.bad_lines)::integer as measurable_pages,
        (count(*) filter (where o.bad_lines = 0))::integer as error_free_pages,
        coalesce(sum(round(fax.page_lines(o.y_resolution))) filter (where o.bad_lines is not null), 0)::bigint as lines_estimated,
        (count(*) filter (where o.attempts > 1))::integer as resent_pages,
        count(i.passed)::integer as timed_pages,
        extract(epoch from sum(i.passed)) as page_seconds
    from lateral unnest(w.observed_pages) o
    -- page 1 is current from the start of the session; it starts once negotiation is complete
    cross join lateral (select case when o.page > 1 then o.first_seen_at else o.first_measured_at end as began_at) b
    cross join lateral (select case when o.next_seen_at >= b.began_at then o.next_seen_at - b.began_at end as passed) i
    where o.page between 1 and g.pages
) x on true
cross join lateral fax.reported_result(
    v.variables, v.settings, v.observers, v.moments, case when f.start_observed then s.started_at end, n.first_at) r
-- the variables that the completion event contains (channelvars in manager.conf)
cross join lateral (
    select
        i.status,
        case when i.is_set then nullif(fax.unescape(fax.channel_variable(c.details, 'FAXERROR')), '') end as error,
        case when i.is_set then nullif(fax.unescape(fax.channel_variable(c.details, 'FAXSTATUSSTRING')), '') end as status_text,
        coalesce(i.status in ('SUCCESS', 'FAILED'), true) as stands
    from (
        select
            o.is_set,
            case when o.is_set then fax.channel_variable(c.details, 'FAXSTATUS') end as status
        from (select c.details ? 'ChanVariable' as is_set) o
        offset 0
    ) i
    offset 0
) k
-- The parties. A channel that was dialled has the far end as its caller and this end as its connected line (dial.c,
-- begin_dial_prerun; app_dial.c, dial_exec_full); Originate and call files make both the number of this end.
cross join lateral (
    select
        case when n.was_dialled then coalesce(n.own, n.caller) else n.caller end as caller_number,
        case
            when f.operation = 'receive'
                then coalesce(nullif(v.channel_status ->> 'DNID', ''), case when w.call ->> 'Exten' not in ('', 's', 'fax', 'failed', 'h', 'i', 't', 'T', 'o', 'a', 'e') then w.call ->> 'Exten' end)
            when n.dialled is not null then n.dialled
            when n.connected is distinct from n.caller and n.connected is distinct from n.own then n.connected
        end as called_number
    from (
        select
            d.dialled,
            f.operation is distinct from 'receive' and (v.dial is not null or d.dialled = c.caller) as was_dialled,
            case when v.dial is not null then c.own when d.dialled = c.caller then c.connected end as own,
            c.caller,
            c.connected
        from (
            select
                nullif(nullif(w.call ->> 'CallerIDNum', ''), '<unknown>') as caller,
                nullif(nullif(w.call ->> 'ConnectedLineNum', ''), '<unknown>') as connected,
                nullif(nullif(v.dial ->> 'DestConnectedLineNum', ''), '<unknown>') as own
        ) c
        cross join lateral (
            select coalesce(
                case when v.dial is not null
                     then fax.dialled_number(v.dial ->> 'DialString', split_part(v.dial ->> 'DestChannel', '/', 1)) end,
                case when s.channel like 'Local/%;1' then fax.dialled_number(substr(s.channel, 7), 'Local') end
            ) as dialled
            offset 0
        ) d
    ) n
) p;

comment on view fax.session_fold is 'One session as its own rows show it, for all sessions of a query in one pass. The base of fax.session_facts.';

comment on column fax.session_fold.session_id is 'The session.';

comment on column fax.session_fold.started_at is 'First observation of the session.';

comment on column fax.session_fold.epoch_id is 'Epoch in which session_number counts.';

comment on column fax.session_fold.server is 'Name of the server in the settings.';

comment on column fax.session_fold.session_number is 'SessionNumber of Asterisk. NULL if never listed.';

comment on column fax.session_fold.is_fax is 'False: a call that ran no fax, whose dialplan set fax variables.';

comment on column fax.session_fold.channel is 'Channel name (personal). NULL if not reported.';

comment on column fax.session_fold.technology is 'Technology of the list entry. NULL if never listed.';

comment on column fax.session_fold.operation is 'send, receive, gateway, V.21 or none, as last reported. NULL if not reported.';

comment on column fax.session_fold.uniqueid is 'Uniqueid of the channel. NULL if no event reported it.';

comment on column fax.session_fold.state is 'Last state, as sent. NULL if never listed.';

comment on column fax.session_fold.transport is 'Last transport, G.711 or T.38. NULL if not reported.';

comment on column fax.session_fold.file_names is 'Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.';

comment on column fax.session_fold.snapshots is 'Snapshots by polls.';

comment on column fax.session_fold.pages_observed is 'Highest number of pages that a poll observed. NULL if not reported.';

comment on column fax.session_fold.pages is 'Pages by the completion event, else pages_observed. NULL if not reported.';

comment on column fax.session_fold.first_snapshot_at is 'First snapshot. NULL if none.';

comment on column fax.session_fold.last_snapshot_at is 'Last snapshot. NULL if none.';

comment on column fax.session_fold.completed_at is 'Time of the completion event. NULL if none.';

comment on column fax.session_fold.gone_at is 'First complete list without the session. NULL if none.';

comment on column fax.session_fold.last_row_at is 'Last observation of any kind.';

comment on column fax.session_fold.last_shown_at is 'Last observation of the fax itself, without variables that a dialplan set later.';

comment on column fax.session_fold.error_correction_mode is 'ECM by the last measurement. NULL if never negotiated.';

comment on column fax.session_fold.first_data_rate is 'First measured rate, bit/s. NULL if never negotiated.';

comment on column fax.session_fold.last_data_rate is 'Last measured rate, bit/s; if no poll measured it, that of the completion event. NULL if not reported.';

comment on column fax.session_fold.lowest_data_rate is 'Lowest measured rate, bit/s. NULL if never negotiated.';

comment on column fax.session_fold.rate_falls is 'How often the measured rate fell, by the observer that saw the most falls. NULL if no poll measured it.';

comment on column fax.session_fold.x_resolution is 'Horizontal resolution, pixels per metre. NULL if not reported.';

comment on column fax.session_fold.y_resolution is 'Vertical resolution, pixels per metre. NULL if not reported.';

comment on column fax.session_fold.bad_lines_measurable is 'Whether the fax was received without ECM.';

comment on column fax.session_fold.bad_lines_counted_by is 'What the technology counts bad lines by: page or session (fax.technology).';

comment on column fax.session_fold.completed is 'Whether a completion event arrived.';

comment on column fax.session_fold.start_observed is 'Whether anything from started_at on, before its completion event, shows that it ran. False if only its end was observed.';

comment on column fax.session_fold.linkedid is 'Linkedid of the call, from its events or its Status. NULL if not reported.';

comment on column fax.session_fold.account_code is 'Account code of the channel, from its events or its Status. NULL if none or not reported.';

comment on column fax.session_fold.caller_number is 'Caller, as in fax.sessions (personal). NULL if unknown.';

comment on column fax.session_fold.called_number is 'Called number, as in fax.sessions (personal). NULL if unknown.';

comment on column fax.session_fold.status is 'FAXSTATUS as res_fax set it at the end, SUCCESS or FAILED; no later value of a dialplan. NULL if not on the wire, or blank.';

comment on column fax.session_fold.error is 'FAXERROR as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.';

comment on column fax.session_fold.status_text is 'FAXSTATUSSTRING as res_fax set it with that FAXSTATUS. NULL if not on the wire, or blank.';

comment on column fax.session_fold.local_station_id is 'Station id of this end (personal). NULL if none or not reported.';

comment on column fax.session_fold.remote_station_id is 'Station id of the other end (personal). NULL if none or not reported.';

comment on column fax.session_fold.first_position is 'First position of its rows.';

comment on column fax.session_fold.last_position is 'Last position of its rows.';

comment on column fax.session_fold.bad_lines is 'Bad lines on accepted pages, as in fax.sessions. NULL if not measurable, or if no poll reported them for any of its pages.';

comment on column fax.session_fold.bad_lines_discarded is 'Bad lines of attempts that were sent again, as in fax.sessions. NULL if not measurable, if no poll reported bad lines, or if the technology counts per session.';

comment on column fax.session_fold.worst_page_bad_lines is 'Bad lines on the worst accepted page. NULL if bad_lines is.';

comment on column fax.session_fold.measurable_pages is 'Pages with measurable bad lines: of which a poll reported them.';

comment on column fax.session_fold.error_free_pages is 'Pages without bad lines, of measurable_pages.';

comment on column fax.session_fold.lines_estimated is 'Estimated lines of measurable_pages (fax.page_lines), as far as their resolution is measured.';

comment on column fax.session_fold.resent_pages is 'Pages that were sent more than once, as far as bad lines show it.';

comment on column fax.session_fold.timed_pages is 'Pages whose start and end polls observed.';

comment on column fax.session_fold.page_seconds is 'Seconds of timed_pages together. NULL if there are none.';

comment on column fax.session_fold.poll_gap_seconds is 'Widest gap between polls at one of its pages (fax.widest_poll_gap), without the end of the server''s life, seconds. NULL if not measurable, or no poll observed a page.';

comment on column fax.session_fold.bad_lines_lower_bound is 'Whether there may be more bad lines (fax.may_miss_bad_lines), without the end of the server''s life. NULL if not measurable, or if the number of pages is unknown.';

comment on column fax.session_fold.observed_pages is 'Its pages as polls observed them, by page. NULL if no poll reported a page.';

comment on column fax.session_fold.observed_falls is 'Of each fall of the measured rate, its page, the rate before it and the rate after it, bit/s (fax.rate_falls). NULL if it never fell.';

-- grain: one session that has been quiet for a while, with what its own rows show together
-- example: select session_id, pages, bad_lines from fax.session_total where started_at >= '2026-11-01';
-- Columns are in order of decreasing alignment, so that rows contain no padding. Of pages, a column is NULL if all of
-- its elements have their usual value, so that most rows are short.
-- Nothing here depends on other sessions or on the server's next start: views join those.
create table fax.session_total (
    session_id              uuid not null,  -- The session (fax.session).
    epoch_id                uuid not null,  -- As in fax.session.
    started_at              timestamptz not null,  -- As in fax.session.
    session_number          bigint,  -- As in fax.session.
    first_snapshot_at       timestamptz,  -- First snapshot. NULL if none.
    last_snapshot_at        timestamptz,  -- Last snapshot. NULL if none.
    completed_at            timestamptz,  -- Time of the completion event. NULL if none.
    gone_at                 timestamptz,  -- First complete list without the session. NULL if none.
    last_row_at             timestamptz,  -- Last observation of any kind. NULL if the session has no rows.
    last_shown_at           timestamptz,  -- Last observation of the fax itself. NULL if the session has no rows.
    first_position          bigint,  -- First position of its rows. NULL if it has none.
    last_position           bigint,  -- Last position of its rows. NULL if it has none.
    bad_lines               bigint,  -- Bad lines on accepted pages. NULL if not measurable, or not reported.
    bad_lines_discarded     bigint,  -- Bad lines of attempts that were sent again. NULL if not measurable, or not reported.
    lines_estimated         bigint,  -- Estimated lines of measurable_pages. NULL if all have y_resolution.
    snapshots               integer not null,  -- Snapshots by polls.
    pages                   integer,  -- Pages by the completion event, else pages_observed. NULL if not reported.
    pages_observed          integer,  -- Highest number of pages that a poll observed. NULL if not reported.
    worst_page_bad_lines    integer,  -- Bad lines on the worst accepted page. NULL if bad_lines is.
    measurable_pages        integer,  -- Pages with measurable bad lines. NULL if bad lines are not measurable.
    error_free_pages        integer,  -- Pages without bad lines, of these. NULL if that is all of them.
    resent_pages            integer,  -- Pages that were sent more than once. NULL if none.
    timed_pages             integer,  -- Pages whose start and end polls observed. NULL if that is all pages, or none.
    first_data_rate         integer,  -- First measured rate, bit/s. NULL if never negotiated.
    last_data_rate          integer,  -- Last rate, bit/s. NULL if not reported.
    lowest_data_rate        integer,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    x_resolution            integer,  -- Horizontal resolution, pixels per metre. NULL if not reported.
    y_resolution            integer,  -- Vertical resolution, pixels per metre. NULL if not reported.
    is_fax                  boolean not null,  -- As in fax.session.
    error_correction_mode   boolean,  -- ECM by the last measurement. NULL if never negotiated.
    bad_lines_measurable    boolean not null,  -- Whether the fax was received without ECM.
    bad_lines_lower_bound   boolean,  -- Whether there may be more bad lines. NULL if not measurable, or if the number of pages is unknown.
    counts_by_session       boolean not null,  -- Whether the technology counts bad lines by session (fax.technology).
    start_observed          boolean not null,  -- Whether anything but its end was observed.
    server                  text not null,  -- As in fax.session.
    channel                 text,  -- As in fax.session (personal). NULL if not reported.
    technology              text,  -- As in fax.session. NULL if never listed.
    operation               text,  -- Last operation. NULL if not reported.
    uniqueid                text,  -- Uniqueid of the channel. NULL if no event reported it.
    state                   text,  -- Last state, as sent. NULL if never listed.
    transport               text,  -- Last transport, G.711 or T.38. NULL if not reported.
    linkedid                text,  -- Linkedid of the call. NULL if not reported.
    account_code            text,  -- Account code of the channel. NULL if none or not reported.
    caller_number           text,  -- Caller, as in fax.sessions (personal). NULL if unknown.
    called_number           text,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    status                  text,  -- FAXSTATUS as res_fax set it at the end. NULL if not on the wire, or blank.
    error                   text,  -- FAXERROR as res_fax set it at the end. NULL if not on the wire, or blank.
    status_text             text,  -- FAXSTATUSSTRING as res_fax set it at the end. NULL if not on the wire, or blank.
    local_station_id        text,  -- Station id of this end (personal). NULL if none or not reported.
    remote_station_id       text,  -- Station id of the other end (personal). NULL if none or not reported.
    poll_gap_seconds        numeric,  -- Widest gap between polls at one of its pages, seconds. NULL if not measurable, or no poll observed a page.
    page_seconds            numeric,  -- Seconds of timed_pages together. NULL if there are none.
    file_names              text[],  -- Files sent or received (personal). NULL if not reported.
    observed_falls          integer[],  -- Of each fall of the measured rate, its page, the rate before it and the rate after it, bit/s. NULL if it never fell.
    page_moments            timestamptz[],  -- Of each page that polls observed, its first and last snapshot and its first one after negotiation: NULL if that is the first snapshot, infinity if there is none. NULL if no poll reported a page.
    page_numbers            integer[],  -- Their numbers. NULL if they are 1, 2, 3 and so on.
    page_attempts           integer[],  -- How often each was sent. NULL if each was sent once.
    page_bad_lines          integer[],  -- Last TotalBadLines of the accepted attempt at each, lines. NULL if all are 0.
    page_discarded          bigint[],  -- Bad lines of the attempts at each that were sent again. NULL if all are 0.
    page_data_rates         integer[],  -- Last rate during each, bit/s. NULL if all are last_data_rate.
    page_y_resolutions      integer[],  -- Last vertical resolution during each, pixels per metre. NULL if all are y_resolution.
    primary key (session_id, started_at)
)
-- A row is never updated: it is deleted when its session receives a row, and written again.
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create index session_total_started on fax.session_total (started_at);
create index session_total_server on fax.session_total (server, started_at);
-- Sessions of more than an hour or without a recorded end: few, and all that an interval can overlap beside those that
-- started shortly before it (fax.sessions_in_gap).
create index session_total_long on fax.session_total (started_at)
where (coalesce(completed_at, gone_at) - started_at > interval '1 hour') is not false;
-- Sessions whose end the next start of their server may show.
create index session_total_open on fax.session_total (started_at)
where completed_at is null and gone_at is null and not (session_number is null and snapshots = 0);

comment on table fax.session_total is 'Totals of sessions that have been quiet for a while (setting total_after), as fax.session_fold computes them from their rows. fax.write_totals() writes them; a later row, a correction or an erasure removes the total of its session.';

comment on column fax.session_total.session_id is 'The session (fax.session).';

comment on column fax.session_total.epoch_id is 'As in fax.session.';

comment on column fax.session_total.started_at is 'As in fax.session.';

comment on column fax.session_total.session_number is 'As in fax.session.';

comment on column fax.session_total.first_snapshot_at is 'First snapshot. NULL if none.';

comment on column fax.session_total.last_snapshot_at is 'Last snapshot. NULL if none.';

comment on column fax.session_total.completed_at is 'Time of the completion event. NULL if none.';

comment on column fax.session_total.gone_at is 'First complete list without the session. NULL if none.';

comment on column fax.session_total.last_row_at is 'Last observation of any kind. NULL if the session has no rows.';

comment on column fax.session_total.last_shown_at is 'Last observation of the fax itself. NULL if the session has no rows.';

comment on column fax.session_total.first_position is 'First position of its rows. NULL if it has none.';

comment on column fax.session_total.last_position is 'Last position of its rows. NULL if it has none.';

comment on column fax.session_total.bad_lines is 'Bad lines on accepted pages. NULL if not measurable, or not reported.';

comment on column fax.session_total.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL if not measurable, or not reported.';

comment on column fax.session_total.lines_estimated is 'Estimated lines of measurable_pages. NULL if all have y_resolution.';

comment on column fax.session_total.snapshots is 'Snapshots by polls.';

comment on column fax.session_total.pages is 'Pages by the completion event, else pages_observed. NULL if not reported.';

comment on column fax.session_total.pages_observed is 'Highest number of pages that a poll observed. NULL if not reported.';

comment on column fax.session_total.worst_page_bad_lines is 'Bad lines on the worst accepted page. NULL if bad_lines is.';

comment on column fax.session_total.measurable_pages is 'Pages with measurable bad lines. NULL if bad lines are not measurable.';

comment on column fax.session_total.error_free_pages is 'Pages without bad lines, of these. NULL if that is all of them.';

comment on column fax.session_total.resent_pages is 'Pages that were sent more than once. NULL if none.';

comment on column fax.session_total.timed_pages is 'Pages whose start and end polls observed. NULL if that is all pages, or none.';

comment on column fax.session_total.first_data_rate is 'First measured rate, bit/s. NULL if never negotiated.';

comment on column fax.session_total.last_data_rate is 'Last rate, bit/s. NULL if not reported.';

comment on column fax.session_total.lowest_data_rate is 'Lowest measured rate, bit/s. NULL if never negotiated.';

comment on column fax.session_total.x_resolution is 'Horizontal resolution, pixels per metre. NULL if not reported.';

comment on column fax.session_total.y_resolution is 'Vertical resolution, pixels per metre. NULL if not reported.';

comment on column fax.session_total.is_fax is 'As in fax.session.';

comment on column fax.session_total.error_correction_mode is 'ECM by the last measurement. NULL if never negotiated.';

comment on column fax.session_total.bad_lines_measurable is 'Whether the fax was received without ECM.';

comment on column fax.session_total.bad_lines_lower_bound is 'Whether there may be more bad lines. NULL if not measurable, or if the number of pages is unknown.';

comment on column fax.session_total.counts_by_session is 'Whether the technology counts bad lines by session (fax.technology).';

comment on column fax.session_total.start_observed is 'Whether anything but its end was observed.';

comment on column fax.session_total.server is 'As in fax.session.';

comment on column fax.session_total.channel is 'As in fax.session (personal). NULL if not reported.';

comment on column fax.session_total.technology is 'As in fax.session. NULL if never listed.';

comment on column fax.session_total.operation is 'Last operation. NULL if not reported.';

comment on column fax.session_total.uniqueid is 'Uniqueid of the channel. NULL if no event reported it.';

comment on column fax.session_total.state is 'Last state, as sent. NULL if never listed.';

comment on column fax.session_total.transport is 'Last transport, G.711 or T.38. NULL if not reported.';

comment on column fax.session_total.linkedid is 'Linkedid of the call. NULL if not reported.';

comment on column fax.session_total.account_code is 'Account code of the channel. NULL if none or not reported.';

comment on column fax.session_total.caller_number is 'Caller, as in fax.sessions (personal). NULL if unknown.';

comment on column fax.session_total.called_number is 'Called number, as in fax.sessions (personal). NULL if unknown.';

comment on column fax.session_total.status is 'FAXSTATUS as res_fax set it at the end. NULL if not on the wire, or blank.';

comment on column fax.session_total.error is 'FAXERROR as res_fax set it at the end. NULL if not on the wire, or blank.';

comment on column fax.session_total.status_text is 'FAXSTATUSSTRING as res_fax set it at the end. NULL if not on the wire, or blank.';

comment on column fax.session_total.local_station_id is 'Station id of this end (personal). NULL if none or not reported.';

comment on column fax.session_total.remote_station_id is 'Station id of the other end (personal). NULL if none or not reported.';

comment on column fax.session_total.poll_gap_seconds is 'Widest gap between polls at one of its pages, seconds. NULL if not measurable, or no poll observed a page.';

comment on column fax.session_total.page_seconds is 'Seconds of timed_pages together. NULL if there are none.';

comment on column fax.session_total.file_names is 'Files sent or received (personal). NULL if not reported.';

comment on column fax.session_total.observed_falls is 'Of each fall of the measured rate, its page, the rate before it and the rate after it, bit/s. NULL if it never fell.';

comment on column fax.session_total.page_moments is 'Of each page that polls observed, its first and last snapshot and its first one after negotiation: NULL if that is the first snapshot, infinity if there is none. NULL if no poll reported a page.';

comment on column fax.session_total.page_numbers is 'Their numbers. NULL if they are 1, 2, 3 and so on.';

comment on column fax.session_total.page_attempts is 'How often each was sent. NULL if each was sent once.';

comment on column fax.session_total.page_bad_lines is 'Last TotalBadLines of the accepted attempt at each, lines. NULL if all are 0.';

comment on column fax.session_total.page_discarded is 'Bad lines of the attempts at each that were sent again. NULL if all are 0.';

comment on column fax.session_total.page_data_rates is 'Last rate during each, bit/s. NULL if all are last_data_rate.';

comment on column fax.session_total.page_y_resolutions is 'Last vertical resolution during each, pixels per metre. NULL if all are y_resolution.';

-- grain: one session without a row in fax.session_total
-- example: select count(*) from fax.session_untotalled;
-- Each session is in one of the two tables. The views fold the rows of the sessions in this one.
-- A short table instead of a column of fax.session: an UPDATE of that table for each total would double its size.
create table fax.session_untotalled (
    session_id uuid primary key,  -- The session (fax.session).
    started_at timestamptz not null,  -- As in fax.session.
    server     text not null  -- As in fax.session, so that the views find the sessions of a server.
)
-- Its rows come and go.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

create index session_untotalled_started on fax.session_untotalled (started_at);

comment on table fax.session_untotalled is 'Sessions without a total (fax.session_total): new ones, those with a row in the last few minutes, and those whose total was removed.';

comment on column fax.session_untotalled.session_id is 'The session (fax.session).';

comment on column fax.session_untotalled.started_at is 'As in fax.session.';

comment on column fax.session_untotalled.server is 'As in fax.session, so that the views find the sessions of a server.';

-- grain: one session that is not in fax.usage_rollup, because it has no total or no end of its own
-- example: select count(*) from fax.session_uncounted;
-- What is in neither: detectors, and sessions with a total that fax.sessions does not show.
create view fax.session_uncounted as
select
    u.session_id,  -- The session (fax.session).
    u.started_at  -- As in fax.session.
from fax.session_untotalled u
union all
select
    t.session_id,
    t.started_at
from fax.session_total t
where t.completed_at is null and t.gone_at is null and not (t.session_number is null and t.snapshots = 0);

comment on view fax.session_uncounted is 'Sessions that fax.usage_rollup does not count, and that fax.usage() therefore reads one by one.';

comment on column fax.session_uncounted.session_id is 'The session (fax.session).';

comment on column fax.session_uncounted.started_at is 'As in fax.session.';

-- The buckets of a time zone that contain some of a period, one after the other, also those in which nothing happened.
-- bucket: hour, day, week (from Monday), month, quarter or year. They begin and end as those of fax.usage(), and label
-- is the local time at which one begins: 2026-11-01 08:00, 2026-11-01, 2026-11 or 2026.
-- example: select * from fax.buckets('2026-10-31 23:00+00', '2026-11-30 23:00+00', 'Europe/Berlin', 'day');
create function fax.buckets(from_at timestamptz, to_at timestamptz, time_zone text, bucket text)
returns table (bucket_start timestamptz, bucket_end timestamptz, label text)
language sql stable parallel safe
begin atomic
    select
        s.bucket_start,
        -- an hour is always an hour; a local day may have 23 or 25 hours and start at one o'clock
        case when bucket = 'hour' then s.bucket_start + interval '1 hour'
             else date_trunc(bucket, s.bucket_start at time zone time_zone + w.width) at time zone time_zone end,
        to_char(s.bucket_start at time zone time_zone, case bucket
            when 'hour' then 'YYYY-MM-DD HH24:MI' when 'month' then 'YYYY-MM' when 'quarter' then 'YYYY-"Q"Q'
            when 'year' then 'YYYY' else 'YYYY-MM-DD' end)
    from (
        select case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end as width
    ) w
    cross join lateral (
        select date_trunc('hour', from_at, time_zone) + n * interval '1 hour' as bucket_start
        from generate_series(0, ceil(extract(epoch from to_at - from_at) / 3600)::bigint) n
        where bucket = 'hour'
        union all
        select distinct date_trunc(bucket, l.local at time zone time_zone, time_zone)  -- a local day may not exist
        from generate_series(
            date_trunc(bucket, from_at at time zone time_zone), to_at at time zone time_zone, w.width) as l (local)
        where bucket <> 'hour'
    ) s
    where s.bucket_start < to_at
    order by s.bucket_start;
end;

comment on function fax.buckets is 'The buckets of a time zone that contain some of a period, one after the other, also those in which nothing happened. bucket: hour, day, week (from Monday), month, quarter or year. They begin and end as those of fax.usage(), and label is the local time at which one begins: 2026-11-01 08:00, 2026-11-01, 2026-11 or 2026.';

-- grain: one span of time, server, account, direction, result and class of the result
-- example: select sum(sessions), sum(pages) from fax.usage_rollup where hours = 24 and span_start = '2026-11-01 00:00+00';
-- Counts of the sessions that have a total and an end of their own. A trigger of fax.session_total adds rows here for
-- each total that is stored, and the same rows with negative numbers for each one that is removed. So in each snapshot
-- the sum of the rows is that of the totals, and nobody waits for a row here.
-- Each session is in three spans. Columns are in order of decreasing alignment.
create table fax.usage_rollup (
    span_start       timestamptz not null,  -- Start of the span; a session counts in the one in which it started.
    pages            bigint not null,  -- Pages of the sessions that reported them.
    bad_lines        bigint not null,  -- Bad lines on accepted pages of the sessions that measured them.
    sessions         integer not null,  -- Sessions, without detectors. Negative if totals were removed.
    page_reports     integer not null,  -- Of these, sessions that reported pages.
    measurements     integer not null,  -- Of these, sessions that measured bad lines.
    durations        integer not null,  -- Of these, sessions whose duration is known.
    after_a_page     integer not null,  -- Of these, sessions with at least one completed page.
    hours            smallint not null,  -- Length of the span, hours: 1, 6 or 24 (a UTC day).
    merged           boolean not null,  -- Whether fax.merge_rollups() has added up what was there.
    seconds          numeric not null,  -- Seconds from first observation to end of the sessions whose duration is known.
    server           text not null,  -- Name of the server in the settings.
    account_code     text,  -- Account code of the channel. NULL if none or not reported.
    direction        text,  -- sent, received or gateway. NULL if not reported.
    result           text not null,  -- success, failed or unknown, as in fax.sessions.
    result_class     text  -- Class of the result, as in fax.sessions. NULL if the result is unknown.
)
-- Its rows come and go.
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create index usage_rollup_span on fax.usage_rollup (hours, span_start);
create index usage_rollup_unmerged on fax.usage_rollup (span_start) where not merged;

comment on table fax.usage_rollup is 'Counts of sessions by span of time, which fax.usage() and fax.failures add up. Always the sum of the totals (fax.session_total) whose sessions have an end of their own.';

comment on column fax.usage_rollup.span_start is 'Start of the span; a session counts in the one in which it started.';

comment on column fax.usage_rollup.pages is 'Pages of the sessions that reported them.';

comment on column fax.usage_rollup.bad_lines is 'Bad lines on accepted pages of the sessions that measured them.';

comment on column fax.usage_rollup.sessions is 'Sessions, without detectors. Negative if totals were removed.';

comment on column fax.usage_rollup.page_reports is 'Of these, sessions that reported pages.';

comment on column fax.usage_rollup.measurements is 'Of these, sessions that measured bad lines.';

comment on column fax.usage_rollup.durations is 'Of these, sessions whose duration is known.';

comment on column fax.usage_rollup.after_a_page is 'Of these, sessions with at least one completed page.';

comment on column fax.usage_rollup.hours is 'Length of the span, hours: 1, 6 or 24 (a UTC day).';

comment on column fax.usage_rollup.merged is 'Whether fax.merge_rollups() has added up what was there.';

comment on column fax.usage_rollup.seconds is 'Seconds from first observation to end of the sessions whose duration is known.';

comment on column fax.usage_rollup.server is 'Name of the server in the settings.';

comment on column fax.usage_rollup.account_code is 'Account code of the channel. NULL if none or not reported.';

comment on column fax.usage_rollup.direction is 'sent, received or gateway. NULL if not reported.';

comment on column fax.usage_rollup.result is 'success, failed or unknown, as in fax.sessions.';

comment on column fax.usage_rollup.result_class is 'Class of the result, as in fax.sessions. NULL if the result is unknown.';

-- What a total adds to the counts of fax.usage(): one row; none if it is not shown, is a detector, or has no end of its
-- own, because the next start of its server may then show one.
-- example: select u.* from fax.session_total t cross join lateral fax.usage_of(t) u where t.session_id = '…';
create function fax.usage_of(total fax.session_total)
returns table (
    server text, account_code text, direction text, result text, result_class text,
    sessions integer, pages integer, bad_lines bigint, seconds numeric
)
language sql immutable parallel safe
begin atomic
    select
        total.server, total.account_code, fax.direction(total.operation), fax.result(total.status, total.error),
        fax.result_class(total.status, total.error, total.status_text),
        1, total.pages, total.bad_lines,
        case when total.start_observed and coalesce(total.completed_at, total.gone_at, total.last_shown_at) >= total.started_at
             then extract(epoch from coalesce(total.completed_at, total.gone_at, total.last_shown_at) - total.started_at) end
    where fax.is_shown(total.is_fax, total.session_number, total.snapshots, total.completed_at is not null)
      and total.operation is distinct from 'V.21'
      and (total.completed_at is not null or total.gone_at is not null
           or (total.session_number is null and total.snapshots = 0));
end;

comment on function fax.usage_of is 'What a total adds to the counts of fax.usage(): one row; none if it is not shown, is a detector, or has no end of its own, because the next start of its server may then show one.';

-- Trigger of fax.session_total, for each statement: adds the counts of its totals to fax.usage_rollup, times its argument,
-- 1 or -1.
create function fax.count_totals() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into fax.usage_rollup (
        hours, span_start, server, account_code, direction, result, result_class, merged,
        sessions, pages, page_reports, bad_lines, measurements, seconds, durations, after_a_page)
    select
        h.hours, date_bin(h.hours * interval '1 hour', u.started_at, '0001-01-01 00:00:00+00') as span_start,
        u.server, u.account_code, u.direction, u.result, u.result_class, false,
        times * count(*),
        times * coalesce(sum(u.pages), 0), times * count(u.pages),
        times * coalesce(sum(u.bad_lines), 0), times * count(u.bad_lines),
        times * coalesce(sum(u.seconds), 0), times * count(u.seconds),
        times * count(*) filter (where u.pages > 0)
    -- offset 0: once per total, not for each span
    from (select t.started_at, o.* from changed t cross join lateral fax.usage_of(t) o offset 0) u
    cross join unnest('{1,6,24}'::smallint[]) h (hours)
    cross join lateral (select tg_argv[0]::integer as times) n
    group by h.hours, span_start, u.server, u.account_code, u.direction, u.result, u.result_class, times;
    return null;
end
$$;

create trigger count_new after insert on fax.session_total referencing new table as changed
    for each statement execute function fax.count_totals('1');
create trigger count_removed after delete on fax.session_total referencing old table as changed
    for each statement execute function fax.count_totals('-1');
create trigger count_changed after update on fax.session_total referencing new table as changed
    for each statement execute function fax.count_totals('1');
create trigger count_unchanged after update on fax.session_total referencing old table as changed
    for each statement execute function fax.count_totals('-1');
alter table fax.session_total enable always trigger count_new;
alter table fax.session_total enable always trigger count_removed;
alter table fax.session_total enable always trigger count_changed;
alter table fax.session_total enable always trigger count_unchanged;

comment on function fax.count_totals is 'Trigger of fax.session_total, for each statement: adds the counts of its totals to fax.usage_rollup, times its argument, 1 or -1.';

-- Adds up rows of fax.usage_rollup of the same span, server, account, direction and result, so that one row of each is
-- left: of up to `most` rows that were not added up yet, those of the oldest spans first. Returns their number; NULL if
-- another call is adding up rows. No figure changes.
-- The settings as of fax.append(): plans must not depend on statistics.
-- example: select fax.merge_rollups(1000);
create function fax.merge_rollups(most integer) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    found_rows bigint;
begin
    if not pg_try_advisory_xact_lock(4702394921427289933) then
        return null;
    end if;
    with unmerged as materialized (
        select r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class
        from fax.usage_rollup r
        where not r.merged
        order by r.span_start
        limit most
    ),
    -- all rows of a group: if no session is left, nothing is
    removed as (
        delete from fax.usage_rollup r
        using (select distinct * from unmerged) u
        where r.hours = u.hours and r.span_start = u.span_start and r.server = u.server and r.result = u.result
          and r.account_code is not distinct from u.account_code
          and r.direction is not distinct from u.direction
          and r.result_class is not distinct from u.result_class
        returning r.*
    ),
    added as (
        insert into fax.usage_rollup (
            hours, span_start, server, account_code, direction, result, result_class, merged,
            sessions, pages, page_reports, bad_lines, measurements, seconds, durations, after_a_page)
        select
            r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class, true,
            sum(r.sessions), sum(r.pages), sum(r.page_reports), sum(r.bad_lines), sum(r.measurements),
            sum(r.seconds), sum(r.durations), sum(r.after_a_page)
        from removed r
        group by r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class
        having sum(r.sessions) <> 0
    )
    select count(*) into found_rows from unmerged;
    return found_rows;
end
$$;

comment on function fax.merge_rollups is 'Adds up rows of fax.usage_rollup of the same span, server, account, direction and result, so that one row of each is left: of up to `most` rows that were not added up yet, those of the oldest spans first. Returns their number; NULL if another call is adding up rows. No figure changes. The settings as of fax.append(): plans must not depend on statistics.';

-- The spans within a period whose counts in fax.usage_rollup are not those of the totals, by server. The period consists
-- of whole UTC days.
-- Runs with its owner's rights, so that it can be called without rights on the values.
-- example: select * from fax.wrong_rollups('2026-11-01 00:00+00', '2026-11-02 00:00+00');
create function fax.wrong_rollups(from_at timestamptz, to_at timestamptz)
returns table (hours smallint, span_start timestamptz, server text)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select distinct c.hours, c.span_start, c.server
    from (
        select
            h.hours, date_bin(h.hours * interval '1 hour', t.started_at, '0001-01-01 00:00:00+00') as span_start,
            u.server, u.account_code, u.direction, u.result, u.result_class,
            u.sessions, u.pages, (u.pages is not null)::integer as page_reports,
            u.bad_lines, (u.bad_lines is not null)::integer as measurements,
            u.seconds, (u.seconds is not null)::integer as durations, (u.pages > 0)::integer as after_a_page
        from (
            select m.started_at, row(m.*)::fax.session_total as total
            from fax.session_total m
            where m.started_at >= from_at and m.started_at < to_at
        ) t
        cross join lateral fax.usage_of(t.total) u
        cross join unnest('{1,6,24}'::smallint[]) h (hours)
        union all
        select
            r.hours, r.span_start, r.server, r.account_code, r.direction, r.result, r.result_class,
            -r.sessions, -r.pages, -r.page_reports, -r.bad_lines, -r.measurements, -r.seconds, -r.durations, -r.after_a_page
        from fax.usage_rollup r
        where r.span_start >= from_at and r.span_start < to_at
    ) c
    group by c.hours, c.span_start, c.server, c.account_code, c.direction, c.result, c.result_class
    having (sum(c.sessions), coalesce(sum(c.pages), 0), sum(c.page_reports), coalesce(sum(c.bad_lines), 0),
            sum(c.measurements), coalesce(sum(c.seconds), 0), sum(c.durations), coalesce(sum(c.after_a_page), 0))
           <> (0, 0, 0, 0, 0, 0, 0, 0)
$$;

comment on function fax.wrong_rollups is 'The spans within a period whose counts in fax.usage_rollup are not those of the totals, by server. The period consists of whole UTC days. Runs with its owner''s rights, so that it can be called without rights on the values.';

-- Removes the totals of sessions, because a row or a value that they were computed from has changed. Totals that
-- fax.write_totals() is computing of them at this moment are not stored. Sessions whose rows are not in the database
-- (fax.dropped_session) stay as they are until their rows are back.
-- example: select fax.forget_totals(array['…']::uuid[]);
create function fax.forget_totals(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- fax.write_totals() drops what it computed if the row has a new version. If it is storing a total, this waits,
    -- and the next statement sees that total.
    update fax.session_untotalled u set started_at = u.started_at where u.session_id = any (of_sessions);
    update fax.dropped_session d set is_stale = true where d.session_id = any (of_sessions) and not d.is_stale;
    with forgotten as (
        delete from fax.session_total t
        where t.session_id = any (of_sessions)
          and not exists (select from fax.dropped_session d where d.session_id = t.session_id)
        returning t.session_id, t.started_at, t.server
    )
    insert into fax.session_untotalled (session_id, started_at, server)
    select f.session_id, f.started_at, f.server from forgotten f;
end
$$;

comment on function fax.forget_totals is 'Removes the totals of sessions, because a row or a value that they were computed from has changed. Totals that fax.write_totals() is computing of them at this moment are not stored. Sessions whose rows are not in the database (fax.dropped_session) stay as they are until their rows are back.';

-- Trigger of fax.session, for each row: a new session has no total yet, and a changed one loses its total, and the
-- comparisons of its server's counters that count it.
create function fax.follow_session() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        insert into fax.session_untotalled (session_id, started_at, server)
        values (new.session_id, new.started_at, new.server);
    else
        perform fax.forget_totals(array[new.session_id]);
        if (old.server, old.session_number, old.is_fax, old.operation)
           is distinct from (new.server, new.session_number, new.is_fax, new.operation) then
            perform fax.forget_reconciliation(array[new.server], array[new.started_at], interval '1 day');
        end if;
    end if;
    return null;
end
$$;

create trigger follow_new_session after insert on fax.session for each row execute function fax.follow_session();
-- is_open is not part of a total.
create trigger follow_changed_session
    after update of epoch_id, session_number, server, is_fax, operation, channel, uniqueid, technology on fax.session
    for each row
    -- each by itself: of two rows compared at once, a restored dump has another definition
    when (
        old.epoch_id is distinct from new.epoch_id or old.session_number is distinct from new.session_number
        or old.server is distinct from new.server or old.is_fax is distinct from new.is_fax
        or old.operation is distinct from new.operation or old.channel is distinct from new.channel
        or old.uniqueid is distinct from new.uniqueid or old.technology is distinct from new.technology
    )
    execute function fax.follow_session();
alter table fax.session enable always trigger follow_new_session;
alter table fax.session enable always trigger follow_changed_session;

comment on function fax.follow_session is 'Trigger of fax.session, for each row: a new session has no total yet, and a changed one loses its total, and the comparisons of its server''s counters that count it.';

-- Trigger of fax.technology, for each statement: removes the totals that were computed with another meaning of
-- TotalBadLines. It takes the lock of all appenders, because it may concern many sessions.
create function fax.follow_technology() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.lock_append();
    -- as in fax.forget_totals()
    update fax.session_untotalled u set started_at = u.started_at;
    with outdated as materialized (
        select t.session_id
        from fax.session_total t
        where t.counts_by_session <> coalesce(
            (select y.bad_lines_counted_by = 'session' from fax.technology y where y.technology = t.technology), false)
    ),
    stale as (
        update fax.dropped_session d set is_stale = true from outdated o where d.session_id = o.session_id
    ),
    forgotten as (
        delete from fax.session_total t
        using outdated o
        where t.session_id = o.session_id
          and not exists (select from fax.dropped_session d where d.session_id = t.session_id)
        returning t.session_id, t.started_at, t.server
    )
    insert into fax.session_untotalled (session_id, started_at, server)
    select f.session_id, f.started_at, f.server from forgotten f;
    return null;
end
$$;

create trigger follow_technology after insert or update or delete or truncate on fax.technology
    for each statement execute function fax.follow_technology();
alter table fax.technology enable always trigger follow_technology;

comment on function fax.follow_technology is 'Trigger of fax.technology, for each statement: removes the totals that were computed with another meaning of TotalBadLines. It takes the lock of all appenders, because it may concern many sessions.';

-- The pages of a total as polls observed them: observed_pages in fax.session_fold.
-- Parameters: the columns of fax.session_total by these names. NULL if moments is.
-- example: select fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded, t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution) from fax.session_total t where t.session_id = '…';
create function fax.pages_of_total(
    moments timestamptz[], numbers integer[], attempts integer[], bad_lines integer[], discarded bigint[],
    data_rates integer[], y_resolutions integer[], usual_data_rate integer, usual_y_resolution integer
) returns fax.observed_page[]
language sql immutable parallel safe
begin atomic
    select array_agg(row(
        case when numbers is null then p.place else numbers[p.place] end,
        case when attempts is null then 1 else attempts[p.place] end,
        p.first_seen_at,
        moments[p.place][2],
        p.next_seen_at,
        nullif(coalesce(moments[p.place][3], p.first_seen_at), 'infinity'),
        case when bad_lines is null then 0 else bad_lines[p.place] end,
        case when discarded is null then 0 else discarded[p.place] end,
        case when data_rates is null then usual_data_rate else data_rates[p.place] end,
        case when y_resolutions is null then usual_y_resolution else y_resolutions[p.place] end
    )::fax.observed_page order by p.place)
    from (
        select
            n.place,
            moments[n.place][1] as first_seen_at,
            min(moments[n.place][1]) over (order by n.place rows between 1 following and unbounded following) as next_seen_at
        from generate_series(1, array_length(moments, 1)) n (place)
    ) p;
end;

comment on function fax.pages_of_total is 'The pages of a total as polls observed them: observed_pages in fax.session_fold. Parameters: the columns of fax.session_total by these names. NULL if moments is.';

-- grain: one session: the row that fax.session_total should have
-- example: select * from fax.folded_total where session_id = '…' and started_at = '…';
-- fax.write_totals() stores these rows, and `faxstore verify` compares the stored ones with them.
create view fax.folded_total as
select
    f.session_id,
    f.epoch_id,
    f.started_at,
    f.session_number,
    f.first_snapshot_at,
    f.last_snapshot_at,
    f.completed_at,
    f.gone_at,
    f.last_row_at,
    f.last_shown_at,
    f.first_position,
    f.last_position,
    f.bad_lines,
    f.bad_lines_discarded,
    nullif(f.lines_estimated, f.measurable_pages * coalesce(round(fax.page_lines(f.y_resolution)), 0)::bigint) as lines_estimated,
    f.snapshots::integer as snapshots,
    f.pages,
    f.pages_observed,
    f.worst_page_bad_lines,
    case when f.bad_lines_measurable then f.measurable_pages end as measurable_pages,
    nullif(f.error_free_pages, f.measurable_pages) as error_free_pages,
    nullif(f.resent_pages, 0) as resent_pages,
    case when f.timed_pages > 0 then nullif(f.timed_pages, f.pages) end as timed_pages,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.x_resolution,
    f.y_resolution,
    f.is_fax,
    f.error_correction_mode,
    f.bad_lines_measurable,
    f.bad_lines_lower_bound,
    f.bad_lines_counted_by = 'session' as counts_by_session,
    f.start_observed,
    f.server,
    f.channel,
    f.technology,
    f.operation,
    f.uniqueid,
    f.state,
    f.transport,
    f.linkedid,
    f.account_code,
    f.caller_number,
    f.called_number,
    f.status,
    f.error,
    f.status_text,
    f.local_station_id,
    f.remote_station_id,
    f.poll_gap_seconds,
    f.page_seconds,
    f.file_names,
    f.observed_falls,
    p.moments as page_moments,
    p.numbers as page_numbers,
    p.attempts as page_attempts,
    p.bad_lines as page_bad_lines,
    p.discarded as page_discarded,
    p.data_rates as page_data_rates,
    p.y_resolutions as page_y_resolutions
from fax.session_fold f
-- the inverse of fax.pages_of_total()
cross join lateral (
    select
        array_agg(array[
            o.first_seen_at,
            o.last_seen_at,
            case when o.first_measured_at is distinct from o.first_seen_at then coalesce(o.first_measured_at, 'infinity') end
        ] order by o.page) as moments,
        case when min(o.page) <> 1 or max(o.page) <> count(*) then array_agg(o.page order by o.page) end as numbers,
        case when bool_or(o.attempts <> 1) then array_agg(o.attempts::integer order by o.page) end as attempts,
        case when bool_or(o.bad_lines is distinct from 0) then array_agg(o.bad_lines order by o.page) end as bad_lines,
        case when bool_or(o.bad_lines_discarded is distinct from 0)
             then array_agg(o.bad_lines_discarded order by o.page) end as discarded,
        case when bool_or(o.data_rate is distinct from f.last_data_rate) then array_agg(o.data_rate order by o.page) end as data_rates,
        case when bool_or(o.y_resolution is distinct from f.y_resolution)
             then array_agg(o.y_resolution order by o.page) end as y_resolutions
    from unnest(f.observed_pages) o
) p;

select fax.copy_comments('session_total', 'folded_total');

comment on view fax.folded_total is 'The row that fax.session_total should have of a session, computed from its rows.';

-- The last position of the rows that were appended at least a number of seconds ago, by the database's clock; 0 if none
-- was.
-- example: select fax.quiet_position(300);
create function fax.quiet_position(seconds double precision) returns bigint
language sql stable parallel safe
begin atomic
    select coalesce((
        select b.last_position
        from fax.append_batch b
        where b.appended_at <= clock_timestamp() - seconds * interval '1 second'
        order by b.last_position desc
        limit 1
    ), 0);
end;

comment on function fax.quiet_position is 'The last position of the rows that were appended at least a number of seconds ago, by the database''s clock; 0 if none was.';

-- Writes totals of sessions without one whose last row was appended at least quiet_seconds ago: of the oldest first, and
-- of `most` sessions at most. Returns their number; NULL if another call is writing totals;
-- 0 if no session is left, or if an erasure holds all of those that are next.
-- It does not matter whether they have ended: a total is what the rows show, and a later row removes it.
-- It folds without a lock. Then it takes the lock of all appenders, only to store the totals of sessions that have
-- received no row since, and that nothing has changed (fax.forget_totals).
-- The settings as of fax.append(): plans must not depend on statistics.
-- example: select fax.write_totals(100, 300);
create function fax.write_totals(most integer, quiet_seconds double precision) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    quiet bigint := fax.quiet_position(quiet_seconds);
    newest bigint := (select max(b.last_position) from fax.append_batch b);
    sessions uuid[];
    versions xid[];
    first_start timestamptz;
    last_start timestamptz;
    totals fax.session_total[];
    written bigint;
begin
    if not pg_try_advisory_xact_lock(4702394921427289930) then
        return null;
    end if;
    select array_agg(q.session_id), array_agg(q.version), min(q.started_at), max(q.started_at)
    into sessions, versions, first_start, last_start
    from (
        select u.session_id, u.xmin as version, u.started_at
        from fax.session_untotalled u
        -- offset 0: looks up the rows of each session, instead of reading all recent rows first
        where newest <= quiet or not exists (
            select from fax.observation h
            where h.session_id = u.session_id and h.started_at = u.started_at and h.position > quiet offset 0
        )
        and not exists (
            select from fax.session_pack p
            where p.session_id = u.session_id and p.started_at = u.started_at and p.last_position > quiet offset 0
        )
        order by u.started_at
        limit most
    ) q;
    if sessions is null then
        return 0;
    end if;
    -- the period, because an array does not select partitions
    totals := array(
        select row(t.*)::fax.session_total
        from fax.folded_total t
        where t.session_id = any (sessions) and t.started_at >= first_start and t.started_at <= last_start
    );

    -- Appends do not wait for the disk of this commit: after a crash, the totals are written again.
    perform set_config('synchronous_commit', 'off', true);
    perform fax.lock_append();
    with unchanged as (
        select u.session_id
        from unnest(sessions, versions) v (session_id, version)
        join fax.session_untotalled u on u.session_id = v.session_id and u.xmin = v.version
        -- an erasure may hold it for long
        for update of u skip locked
    ),
    -- materialized: a join would look up the rows of each total once for each of the others
    complete as materialized (
        select t.*
        from unnest(totals) t
        -- nothing was appended during the fold, or not to this session
        where newest = (select max(b.last_position) from fax.append_batch b) or not exists (
            select from fax.observation h
            where h.session_id = t.session_id and h.started_at = t.started_at and h.position > coalesce(t.last_position, 0) offset 0
        )
        and not exists (
            select from fax.session_pack p
            where p.session_id = t.session_id and p.started_at = t.started_at and p.last_position > coalesce(t.last_position, 0) offset 0
        )
    ),
    stored as (
        insert into fax.session_total
        select c.*
        from complete c
        join unchanged u on u.session_id = c.session_id
        returning session_id
    )
    delete from fax.session_untotalled u using stored s where u.session_id = s.session_id;
    get diagnostics written = row_count;
    return written;
end
$$;

comment on function fax.write_totals is 'Writes totals of sessions without one whose last row was appended at least quiet_seconds ago: of the oldest first, and of `most` sessions at most. Returns their number; NULL if another call is writing totals; 0 if no session is left, or if an erasure holds all of those that are next. It does not matter whether they have ended: a total is what the rows show, and a later row removes it. It folds without a lock. Then it takes the lock of all appenders, only to store the totals of sessions that have received no row since, and that nothing has changed (fax.forget_totals). The settings as of fax.append(): plans must not depend on statistics.';

-- The sessions that started in a period whose total differs from the fold of their rows, with the columns that differ,
-- without those whose rows are in files only; and those that are not in exactly one of fax.session_total and fax.session_untotalled. Names no value.
-- Runs with its owner's rights, so that it can be called without rights on the values.
-- example: select * from fax.wrong_totals('2026-11-01', '2026-11-02');
create function fax.wrong_totals(from_at timestamptz, to_at timestamptz) returns table (session_id uuid, problem text)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        w.session_id,
        'has a total that differs from its rows: ' || (
            select string_agg(k.key, ', ' order by k.key)
            from jsonb_each(w.stored) k
            where k.value is distinct from w.folded -> k.key)
    from (
        select t.session_id, to_jsonb(t) as stored, to_jsonb(f) as folded
        from fax.session_total t
        join fax.folded_total f on f.session_id = t.session_id and f.started_at = t.started_at
        where t.started_at >= from_at and t.started_at < to_at
          and f.started_at >= from_at and f.started_at < to_at
          and row(t.*) is distinct from row(f.*)
          and not exists (select from fax.dropped_session d where d.session_id = t.session_id)
        offset 0  -- where rows are distributed: the names are found on the coordinator
    ) w
    union all
    select
        p.session_id,
        case
            when count(*) filter (where p.place = 'session') = 0 then 'has a total or waits for one, but is not in fax.session'
            when count(*) = 1 then 'has no total and does not wait for one: the views do not show it'
            else 'has a total and waits for one: the views show it twice'
        end
    from (
        select s.session_id, 'session' as place from fax.session s where s.started_at >= from_at and s.started_at < to_at
        union all
        select t.session_id, 'total' as place from fax.session_total t where t.started_at >= from_at and t.started_at < to_at
        union all
        select u.session_id, 'untotalled' as place from fax.session_untotalled u where u.started_at >= from_at and u.started_at < to_at
    ) p
    group by p.session_id
    having count(*) <> 2 or count(*) filter (where p.place = 'session') = 0
$$;

comment on function fax.wrong_totals is 'The sessions that started in a period whose total differs from the fold of their rows, with the columns that differ, without those whose rows are in files only; and those that are not in exactly one of fax.session_total and fax.session_untotalled. Names no value. Runs with its owner''s rights, so that it can be called without rights on the values.';

-- grain: one fax session: what its rows show together
-- example: select pages, status from fax.session_facts where session_id = '…';
-- A session that has been quiet for a while has a total (fax.session_total). The others (fax.session_untotalled) are few
-- and are folded here, one by one, so that a query opens only the partitions of the sessions that it finds. Conditions on
-- session_id, started_at and server reach the indexes of both tables.
-- The second branch is sorted, so that the latest sessions are read from the ends of both.
-- To find given sessions from another table, use a subquery with their session_id and `offset 0` (LATERAL): through a
-- join, PostgreSQL would fold every session of the second branch.
create view fax.session_facts as
select
    t.session_id,
    t.started_at,
    t.epoch_id,
    t.server,
    t.session_number,
    t.is_fax,
    t.channel,
    t.technology,
    t.operation,
    t.uniqueid,
    t.state,
    t.transport,
    t.file_names,
    t.snapshots::bigint as snapshots,
    t.pages_observed,
    t.pages,
    t.first_snapshot_at,
    t.last_snapshot_at,
    t.completed_at,
    t.gone_at,
    t.last_row_at,
    t.last_shown_at,
    case when t.completed_at is null and t.gone_at is null and not (t.session_number is null and t.snapshots = 0)
         then (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id) end as next_life_at,  -- Start of the next life of its server. NULL if none, if a completion event or a list shows the end, or if it was never listed.
    t.error_correction_mode,
    t.first_data_rate,
    t.last_data_rate,
    t.lowest_data_rate,
    case when t.lowest_data_rate is not null then coalesce(array_length(t.observed_falls, 1), 0)::bigint end as rate_falls,
    t.x_resolution,
    t.y_resolution,
    t.bad_lines_measurable,
    case when t.counts_by_session then 'session' else 'page' end as bad_lines_counted_by,
    t.completed_at is not null as completed,
    t.start_observed,
    t.linkedid,
    t.account_code,
    t.caller_number,
    t.called_number,
    t.status,
    t.error,
    t.status_text,
    t.local_station_id,
    t.remote_station_id,
    t.first_position,
    t.last_position,
    t.bad_lines,
    t.bad_lines_discarded,
    t.worst_page_bad_lines,
    coalesce(t.measurable_pages, 0) as measurable_pages,
    coalesce(t.error_free_pages, t.measurable_pages, 0) as error_free_pages,
    coalesce(t.lines_estimated, t.measurable_pages * coalesce(round(fax.page_lines(t.y_resolution)), 0)::bigint, 0) as lines_estimated,
    coalesce(t.resent_pages, 0) as resent_pages,
    case when t.page_seconds is null then 0 else coalesce(t.timed_pages, t.pages) end as timed_pages,
    t.page_seconds,
    -- After its last page, a session without another end was polled until the next life of its server.
    case when not t.bad_lines_measurable or t.completed_at is not null or t.gone_at is not null then t.poll_gap_seconds
         else fax.widest_poll_gap(
             fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded,
                                t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution),
             t.pages, (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id)) end as poll_gap_seconds,  -- Widest gap between polls at one of its pages (fax.widest_poll_gap), seconds. NULL if not measurable, or no poll observed a page.
    case when not t.bad_lines_measurable or t.completed_at is not null or t.gone_at is not null then t.bad_lines_lower_bound
         else fax.may_miss_bad_lines(
             fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded,
                                t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution),
             t.pages, (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id)) end as bad_lines_lower_bound,  -- Whether there may be more bad lines (fax.may_miss_bad_lines). NULL if not measurable, or if the number of pages is unknown.
    fax.pages_of_total(t.page_moments, t.page_numbers, t.page_attempts, t.page_bad_lines, t.page_discarded,
                       t.page_data_rates, t.page_y_resolutions, t.last_data_rate, t.y_resolution) as observed_pages,
    t.observed_falls
from fax.session_total t
union all
(select
    u.session_id,
    u.started_at,
    f.epoch_id,
    u.server,
    f.session_number,
    f.is_fax,
    f.channel,
    f.technology,
    f.operation,
    f.uniqueid,
    f.state,
    f.transport,
    f.file_names,
    f.snapshots,
    f.pages_observed,
    f.pages,
    f.first_snapshot_at,
    f.last_snapshot_at,
    f.completed_at,
    f.gone_at,
    f.last_row_at,
    f.last_shown_at,
    l.began_at as next_life_at,
    f.error_correction_mode,
    f.first_data_rate,
    f.last_data_rate,
    f.lowest_data_rate,
    f.rate_falls::bigint as rate_falls,
    f.x_resolution,
    f.y_resolution,
    f.bad_lines_measurable,
    f.bad_lines_counted_by,
    f.completed,
    f.start_observed,
    f.linkedid,
    f.account_code,
    f.caller_number,
    f.called_number,
    f.status,
    f.error,
    f.status_text,
    f.local_station_id,
    f.remote_station_id,
    f.first_position,
    f.last_position,
    f.bad_lines,
    f.bad_lines_discarded,
    f.worst_page_bad_lines,
    f.measurable_pages,
    f.error_free_pages,
    f.lines_estimated,
    f.resent_pages,
    f.timed_pages,
    f.page_seconds,
    case when l.began_at is null or not f.bad_lines_measurable then f.poll_gap_seconds
         else fax.widest_poll_gap(f.observed_pages, f.pages, l.began_at) end as poll_gap_seconds,
    case when l.began_at is null or not f.bad_lines_measurable then f.bad_lines_lower_bound
         else fax.may_miss_bad_lines(f.observed_pages, f.pages, l.began_at) end as bad_lines_lower_bound,
    f.observed_pages,
    f.observed_falls
from (select i.session_id, i.started_at, i.server from fax.session_untotalled i order by i.started_at desc) u
-- offset 0: folds the sessions found, one by one, not all of them before they are joined
cross join lateral (
    select o.* from fax.session_fold o where o.session_id = u.session_id and o.started_at = u.started_at offset 0
) f
-- the next life of its server, if nothing else shows an end
cross join lateral (
    select min(n.began_at) as began_at
    from fax.later_lives n
    where n.epoch_id = f.epoch_id
      and not f.completed and f.gone_at is null and not (f.session_number is null and f.snapshots = 0)
) l
order by u.started_at desc);

select fax.copy_comments('session_fold', 'session_facts');

comment on view fax.session_facts is 'One fax session as its rows show it: counts, measurements and times. The base of fax.sessions, which adds names and evidence.';

comment on column fax.session_facts.next_life_at is 'Start of the next life of its server. NULL if none, if a completion event or a list shows the end, or if it was never listed.';

comment on column fax.session_facts.poll_gap_seconds is 'Widest gap between polls at one of its pages (fax.widest_poll_gap), seconds. NULL if not measurable, or no poll observed a page.';

comment on column fax.session_facts.bad_lines_lower_bound is 'Whether there may be more bad lines (fax.may_miss_bad_lines). NULL if not measurable, or if the number of pages is unknown.';

-- The session of the fax that the channel of a detector (V.21) then carried: the next one on it, if it began at most a
-- minute after a moment and no Uniqueid contradicts. NULL if none.
-- A function, because that fax may be on another node of a distributed database; it is called for detectors only.
-- Runs with the rights of the owner, because fax_masked reads fax.sessions_masked but no channels.
-- example: select fax.fax_of_detector(s.epoch_id, s.session_number, s.channel, s.uniqueid, s.ended_at) from fax.sessions s where s.direction = 'detector';
create function fax.fax_of_detector(
    of_epoch uuid, detector_number bigint, of_channel text, of_uniqueid text, moment timestamptz) returns uuid
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
begin
    return (
        select g.session_id
        from fax.session g
        where g.epoch_id = of_epoch and left(g.channel, 100) = left(of_channel, 100) and g.channel = of_channel
          and g.operation <> 'V.21'
          and g.session_number > detector_number
          and g.started_at <= moment + interval '1 minute'
          and coalesce(g.uniqueid = of_uniqueid, true)
        order by g.session_number
        limit 1
    );
end
$$;

comment on function fax.fax_of_detector is 'The session of the fax that the channel of a detector (V.21) then carried: the next one on it, if it began at most a minute after a moment and no Uniqueid contradicts. NULL if none. A function, because that fax may be on another node of a distributed database; it is called for detectors only. Runs with the rights of the owner, because fax_masked reads fax.sessions_masked but no channels.';

-- grain: one fax session
-- example: select server, session_number, direction, pages, bad_lines, result from fax.sessions where started_at >= '2026-11-01';
-- A fax that was never listed (too short, or failed before Asterisk created a session) is known from its events.
-- A call whose dialplan set fax variables without a fax is no session (fax.session.is_fax).
create view fax.sessions as
select
    f.session_id,  -- Identity of the session, the same wherever its recording is imported.
    f.server,  -- Name of the server in the settings.
    f.epoch_id,  -- Epoch (fax.epoch) in which session_number counts: numbers restart at 0 with each start of the server.
    f.session_number,  -- SessionNumber of Asterisk. NULL if the fax is known only from its events.
    f.operation,  -- Operation as sent: send, receive, gateway, V.21. NULL if not reported.
    fax.direction(f.operation) as direction,  -- sent, received, gateway, or detector (V.21: listens for a fax tone, is not a fax). NULL if none of these.
    f.channel,  -- Channel name, the first one if a transfer replaced it (personal: may contain a number). NULL if not reported.
    f.uniqueid,  -- Uniqueid of the channel, from its events or its Status. NULL if not reported.
    f.linkedid,  -- Linkedid of the call, from its events or its Status. NULL if not reported.
    f.account_code,  -- Account code of the channel, from its events or its Status. NULL if none or not reported.
    f.caller_number,  -- CallerIDNum of the channel; if the channel was dialled, the number of who dialled it (DestConnectedLineNum); as sent (personal). NULL if unknown.
    f.called_number,  -- Of a received fax, the dialled number (DNID of its Status), else the called extension if it is none of Asterisk's own (s, fax ...). Of others, the dialled number (DialString of DialBegin, or name of its Local channel), else ConnectedLineNum if it differs from CallerIDNum. As sent (personal). NULL if unknown.
    f.local_station_id,  -- Station id of this end (personal). NULL if none or not reported.
    f.remote_station_id,  -- Station id that the other end chose (personal). NULL if none or not reported.
    f.transport,  -- G.711 or T.38, the last one used. NULL if not reported (gateway, detector).
    f.file_names,  -- Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.
    f.started_at,  -- First observation, by the observer's clock. The fax started at most one poll earlier; if only its end was observed, at an unknown time after started_not_before.
    f.ended_at,  -- By end_observed_by: time of the completion event; first complete list without the session; last observation before the server restart; last sign of the fax if it was never listed and has no completion event. NULL if open.
    case when f.start_observed and f.ended_at >= f.started_at then extract(epoch from f.ended_at - f.started_at) end as duration_seconds,  -- Seconds from started_at to ended_at. NULL if open, if only its end was observed, or if the observer's clock was set back meanwhile.
    f.end_observed_by,  -- How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never listed), server_restart, or open.
    f.state,  -- Last observed state, as sent. NULL if never listed.
    f.pages,  -- Pages: the count of the completion event, else the highest observed; of a gateway PageNumber - 1. NULL if not reported.
    f.pages_observed,  -- Highest number of pages that a poll observed. NULL if not reported.
    f.bad_lines,  -- Bad lines on accepted pages: the last observed value of the last attempt at each page; a lower bound if bad_lines_lower_bound. NULL if not measurable (sender, ECM, gateway, never negotiated), or if no poll reported them for any of its pages.
    f.bad_lines_discarded,  -- Bad lines of attempts that were sent again. NULL if not measurable, if no poll reported bad lines, or if the technology counts per session.
    f.bad_lines_measurable,  -- Whether the fax was received without ECM; only such receivers count bad lines.
    f.worst_page_bad_lines,  -- Bad lines on the worst accepted page. NULL if bad_lines is.
    f.error_correction_mode,  -- Whether ECM is in use after negotiation. NULL if never negotiated or not reported.
    f.first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    f.last_data_rate,  -- Last rate, bit/s. NULL if not reported.
    f.lowest_data_rate,  -- Lowest measured rate, bit/s. NULL if never negotiated.
    f.rate_falls,  -- How often the measured rate fell, by the observer that saw the most falls. The default before negotiation does not count. NULL if no poll measured it.
    f.x_resolution,  -- Last measured horizontal resolution, pixels per metre. NULL if not reported.
    f.y_resolution,  -- Last measured vertical resolution, pixels per metre. NULL if not reported.
    fax.resolution_name(f.y_resolution) as resolution,  -- standard, fine or superfine. NULL if not reported, or if another.
    fax.result(f.status, f.error) as result,  -- success or failed, by FAXSTATUS as res_fax set it (NATIVE_T38, no gateway necessary, is a success); unknown if it was not on the wire.
    fax.result_class(f.status, f.error, f.status_text) as result_class,  -- Class of the result as in Asterisk's fax show stats. NULL if the result is unknown.
    coalesce(f.status_text, f.error) as result_text,  -- FAXSTATUSSTRING, else FAXERROR. NULL if not reported.
    f.snapshots,  -- Snapshots by polls; 0 if the fax is known only from its events.
    f.first_position,  -- First position of its rows in the history.
    f.last_position,  -- Last position of its rows in the history.
    case when f.end_observed_by <> 'open' then least(coalesce(f.last_snapshot_at, f.last_row_at), f.ended_not_after) end as ended_not_before,  -- Lower bound of its end: its last snapshot, else its last row. NULL if open.
    f.ended_not_after,  -- Upper bound of its end: its completion event, the first complete list without it, or the start of the server's next life. NULL if open.
    f.poll_gap_seconds,  -- Seconds from the last poll during a page to the next poll, the widest of its pages. NULL if bad lines are not measurable, or no poll observed a page.
    f.bad_lines_lower_bound,  -- Whether there may be more bad lines: a page was in no poll, or poll_gap_seconds exceeds 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL if not measurable, or if the number of pages is unknown.
    coalesce((
        select not d.covered @> tstzrange(f.since, f.until, '[]')
        from fax.coverage_day d
        where d.server = f.server and d.day = (f.since at time zone 'UTC')::date and f.since <= f.until and f.until <= d.until
    ), fax.has_gap(f.server, f.since, f.until)) as overlaps_gap,  -- Whether an interval without a good poll (fax.coverage_gaps) overlaps the session or the second before its first snapshot, so that its start may have been missed.
    case when f.operation = 'V.21' then coalesce((
        select k.fax_session_id from fax.erased_key k where k.session_id = f.session_id
    ), fax.fax_of_detector(f.epoch_id, f.session_number, f.channel, f.uniqueid, coalesce(f.ended_at, f.last_row_at))) end as fax_session_id,  -- Of a detector, the session of the fax that its channel then carried, for example a gateway's. NULL if none, or not a detector.
    f.error as result_error,  -- FAXERROR; HANGUP can accompany a success. NULL if none or not reported.
    case when not f.start_observed then fax.last_list_before(f.server, f.ended_at) end as started_not_before  -- Lower bound of its start if only its end was observed: the last recorded complete list without it, at least 15 s before its end. NULL if its start was observed, if there is no such list, or if a gap follows it.
-- one subquery inside of another instead of LATERAL: a distributed database accepts no join of fax.session_facts that
-- does not compare session_id
from (
    select
        e.*,
        -- the time that must be covered
        least(e.started_at, e.first_snapshot_at - interval '1 second') as since,
        coalesce(e.ended_not_after, now()) as until
    from (
        select
            f.*,
            case
                when f.completed then 'completion'
                when f.gone_at is not null then 'gone'
                when f.session_number is null and f.snapshots = 0 then 'gone'
                when f.next_life_at is not null then 'server_restart'
                else 'open'
            end as end_observed_by,
            case
                when f.completed then f.completed_at
                when f.gone_at is not null then f.gone_at
                when f.session_number is null and f.snapshots = 0 then f.last_shown_at
                when f.next_life_at is not null then f.last_row_at
            end as ended_at,
            case
                when f.completed then f.completed_at
                when f.gone_at is not null then f.gone_at
                when f.session_number is null and f.snapshots = 0 then f.last_shown_at
                else f.next_life_at
            end as ended_not_after
        from fax.session_facts f
    ) e
) f
where fax.is_shown(f.is_fax, f.session_number, f.snapshots, f.completed);

comment on view fax.sessions is 'One fax session: parties, times, pages, bad lines, result, and the evidence for them.';

comment on column fax.sessions.session_id is 'Identity of the session, the same wherever its recording is imported.';

comment on column fax.sessions.server is 'Name of the server in the settings.';

comment on column fax.sessions.epoch_id is 'Epoch (fax.epoch) in which session_number counts: numbers restart at 0 with each start of the server.';

comment on column fax.sessions.session_number is 'SessionNumber of Asterisk. NULL if the fax is known only from its events.';

comment on column fax.sessions.operation is 'Operation as sent: send, receive, gateway, V.21. NULL if not reported.';

comment on column fax.sessions.direction is 'sent, received, gateway, or detector (V.21: listens for a fax tone, is not a fax). NULL if none of these.';

comment on column fax.sessions.channel is 'Channel name, the first one if a transfer replaced it (personal: may contain a number). NULL if not reported.';

comment on column fax.sessions.uniqueid is 'Uniqueid of the channel, from its events or its Status. NULL if not reported.';

comment on column fax.sessions.linkedid is 'Linkedid of the call, from its events or its Status. NULL if not reported.';

comment on column fax.sessions.account_code is 'Account code of the channel, from its events or its Status. NULL if none or not reported.';

comment on column fax.sessions.caller_number is 'CallerIDNum of the channel; if the channel was dialled, the number of who dialled it (DestConnectedLineNum); as sent (personal). NULL if unknown.';

comment on column fax.sessions.called_number is 'Of a received fax, the dialled number (DNID of its Status), else the called extension if it is none of Asterisk''s own (s, fax ...). Of others, the dialled number (DialString of DialBegin, or name of its Local channel), else ConnectedLineNum if it differs from CallerIDNum. As sent (personal). NULL if unknown.';

comment on column fax.sessions.local_station_id is 'Station id of this end (personal). NULL if none or not reported.';

comment on column fax.sessions.remote_station_id is 'Station id that the other end chose (personal). NULL if none or not reported.';

comment on column fax.sessions.transport is 'G.711 or T.38, the last one used. NULL if not reported (gateway, detector).';

comment on column fax.sessions.file_names is 'Files sent or received; of a fax that never became a session, the files given to its application (personal). NULL if not reported.';

comment on column fax.sessions.started_at is 'First observation, by the observer''s clock. The fax started at most one poll earlier; if only its end was observed, at an unknown time after started_not_before.';

comment on column fax.sessions.ended_at is 'By end_observed_by: time of the completion event; first complete list without the session; last observation before the server restart; last sign of the fax if it was never listed and has no completion event. NULL if open.';

comment on column fax.sessions.duration_seconds is 'Seconds from started_at to ended_at. NULL if open, if only its end was observed, or if the observer''s clock was set back meanwhile.';

comment on column fax.sessions.end_observed_by is 'How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never listed), server_restart, or open.';

comment on column fax.sessions.state is 'Last observed state, as sent. NULL if never listed.';

comment on column fax.sessions.pages is 'Pages: the count of the completion event, else the highest observed; of a gateway PageNumber - 1. NULL if not reported.';

comment on column fax.sessions.pages_observed is 'Highest number of pages that a poll observed. NULL if not reported.';

comment on column fax.sessions.bad_lines is 'Bad lines on accepted pages: the last observed value of the last attempt at each page; a lower bound if bad_lines_lower_bound. NULL if not measurable (sender, ECM, gateway, never negotiated), or if no poll reported them for any of its pages.';

comment on column fax.sessions.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL if not measurable, if no poll reported bad lines, or if the technology counts per session.';

comment on column fax.sessions.bad_lines_measurable is 'Whether the fax was received without ECM; only such receivers count bad lines.';

comment on column fax.sessions.worst_page_bad_lines is 'Bad lines on the worst accepted page. NULL if bad_lines is.';

comment on column fax.sessions.error_correction_mode is 'Whether ECM is in use after negotiation. NULL if never negotiated or not reported.';

comment on column fax.sessions.first_data_rate is 'First measured rate, bit/s. NULL if never negotiated.';

comment on column fax.sessions.last_data_rate is 'Last rate, bit/s. NULL if not reported.';

comment on column fax.sessions.lowest_data_rate is 'Lowest measured rate, bit/s. NULL if never negotiated.';

comment on column fax.sessions.rate_falls is 'How often the measured rate fell, by the observer that saw the most falls. The default before negotiation does not count. NULL if no poll measured it.';

comment on column fax.sessions.x_resolution is 'Last measured horizontal resolution, pixels per metre. NULL if not reported.';

comment on column fax.sessions.y_resolution is 'Last measured vertical resolution, pixels per metre. NULL if not reported.';

comment on column fax.sessions.resolution is 'standard, fine or superfine. NULL if not reported, or if another.';

comment on column fax.sessions.result is 'success or failed, by FAXSTATUS as res_fax set it (NATIVE_T38, no gateway necessary, is a success); unknown if it was not on the wire.';

comment on column fax.sessions.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL if the result is unknown.';

comment on column fax.sessions.result_text is 'FAXSTATUSSTRING, else FAXERROR. NULL if not reported.';

comment on column fax.sessions.snapshots is 'Snapshots by polls; 0 if the fax is known only from its events.';

comment on column fax.sessions.first_position is 'First position of its rows in the history.';

comment on column fax.sessions.last_position is 'Last position of its rows in the history.';

comment on column fax.sessions.ended_not_before is 'Lower bound of its end: its last snapshot, else its last row. NULL if open.';

comment on column fax.sessions.ended_not_after is 'Upper bound of its end: its completion event, the first complete list without it, or the start of the server''s next life. NULL if open.';

comment on column fax.sessions.poll_gap_seconds is 'Seconds from the last poll during a page to the next poll, the widest of its pages. NULL if bad lines are not measurable, or no poll observed a page.';

comment on column fax.sessions.bad_lines_lower_bound is 'Whether there may be more bad lines: a page was in no poll, or poll_gap_seconds exceeds 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL if not measurable, or if the number of pages is unknown.';

comment on column fax.sessions.overlaps_gap is 'Whether an interval without a good poll (fax.coverage_gaps) overlaps the session or the second before its first snapshot, so that its start may have been missed.';

comment on column fax.sessions.fax_session_id is 'Of a detector, the session of the fax that its channel then carried, for example a gateway''s. NULL if none, or not a detector.';

comment on column fax.sessions.result_error is 'FAXERROR; HANGUP can accompany a success. NULL if none or not reported.';

comment on column fax.sessions.started_not_before is 'Lower bound of its start if only its end was observed: the last recorded complete list without it, at least 15 s before its end. NULL if its start was observed, if there is no such list, or if a gap follows it.';

-- grain: one page of one session, among those counted in fax.sessions.pages
-- example: select page, bad_lines, seconds from fax.session_pages where session_id = '…' order by page;
-- A page that no poll observed has its number and NULLs.
-- A page count above 10,000 is corrupt; pages beyond that are not listed.
create view fax.session_pages as
select
    p.session_id,  -- The session.
    p.server,  -- Name of the server in the settings.
    p.started_at,  -- First observation of the session.
    p.page,  -- Page number, from 1.
    p.page_started_at,  -- First snapshot during the page (first page: after negotiation). NULL if no poll observed it.
    p.page_ended_at,  -- First snapshot during a later page. NULL if no poll observed one.
    case when p.page_ended_at >= p.page_started_at then extract(epoch from p.page_ended_at - p.page_started_at) end as seconds,  -- Seconds from page_started_at to page_ended_at, accurate to a poll interval at each end. NULL if one of them is unknown, or if two observers' clocks reverse them.
    p.attempts,  -- How often it was sent, as far as polls show: more than 1 if its bad lines fell; always 1 for a technology that counts per session. NULL if no poll observed it.
    case when p.bad_lines_measurable then p.bad_lines end as bad_lines,  -- Bad lines of the accepted attempt: the last observed value, a lower bound if poll_gap_seconds exceeds 0.85. NULL if not measurable, or if no poll observed it.
    case when p.bad_lines_measurable and not p.counts_by_session then p.bad_lines_discarded end as bad_lines_discarded,  -- Bad lines of the attempts that were sent again. NULL if not measurable, if no poll observed them, or if the technology counts per session.
    p.data_rate,  -- Last rate during the page, bit/s. NULL if not measured.
    fax.resolution_name(p.y_resolution) as resolution,  -- standard, fine or superfine. NULL if not measured, or if another.
    (select q.quality
     from fax.quality_class q
     where p.bad_lines_measurable and p.bad_lines < coalesce(q.bad_line_ratio_below, 'infinity') * fax.page_lines(p.y_resolution)
     order by q.bad_line_ratio_below
     limit 1) as quality,  -- good, poor or bad by bad_line_ratio_estimated and the limits in fax.quality_class. NULL if not measurable.
    round(fax.page_lines(p.y_resolution))::integer as lines_estimated,  -- Lines of the page, an estimate: A4 at its resolution. NULL if the resolution is not measured.
    case when p.bad_lines_measurable then round(p.bad_lines / fax.page_lines(p.y_resolution), 4) end as bad_line_ratio_estimated,  -- Bad lines divided by lines_estimated, a ratio. NULL if not measurable.
    case when p.page_left_at >= p.last_seen_at then extract(epoch from p.page_left_at - p.last_seen_at) end as poll_gap_seconds  -- Seconds from the last poll during the page to the next poll during a later one, or to the end of the session. Up to 0.85 the last count of bad lines was observed: the next page starts after a preamble of about 1 s (T.30). NULL if no poll observed it, or if its end is unknown.
from (
    -- of totals, straight from their arrays: fax.pages_of_total() would take ten times as long
    select
        t.session_id,
        t.server,
        t.started_at,
        t.bad_lines_measurable,
        t.counts_by_session,
        n.page,
        case when n.page > 1 then t.page_moments[n.place][1]
             else nullif(coalesce(t.page_moments[n.place][3], t.page_moments[n.place][1]), 'infinity') end as page_started_at,
        n.page_ended_at,
        coalesce(
            n.page_ended_at, t.completed_at, t.gone_at,
            case when not (t.session_number is null and t.snapshots = 0)
                 then (select min(l.began_at) from fax.later_lives l where l.epoch_id = t.epoch_id) end) as page_left_at,
        t.page_moments[n.place][2] as last_seen_at,
        case when n.place is null then null when t.page_attempts is null then 1 else t.page_attempts[n.place] end::bigint as attempts,
        case when n.place is null then null when t.page_bad_lines is null then 0 else t.page_bad_lines[n.place] end as bad_lines,
        case when n.place is null then null when t.page_discarded is null then 0 else t.page_discarded[n.place] end as bad_lines_discarded,
        case when n.place is null then null when t.page_data_rates is null then t.last_data_rate
             else t.page_data_rates[n.place] end as data_rate,
        case when n.place is null then null when t.page_y_resolutions is null then t.y_resolution
             else t.page_y_resolutions[n.place] end as y_resolution
    from fax.session_total t
    cross join lateral (
        select
            u.page,
            a.place,
            -- From the last page back, so that each page adds one row to the frame instead of reading all later pages.
            least(
                min(t.page_moments[a.place][1]) over (order by u.page desc rows between unbounded preceding and 1 preceding),
                b.began_at) as page_ended_at
        from lateral generate_series(1, case when t.pages > 10000 then 10000 else t.pages end) u (page)
        cross join lateral (
            select case when t.page_numbers is null then case when u.page <= array_length(t.page_moments, 1) then u.page end
                        else array_position(t.page_numbers, u.page) end as place
        ) a
        -- pages beyond the counted ones
        cross join (
            select min(t.page_moments[o.place][1]) as began_at
            from lateral generate_series(1, array_length(t.page_moments, 1)) o (place)
            where case when t.page_numbers is null then o.place else t.page_numbers[o.place] end > least(t.pages, 10000)
        ) b
    ) n
    union all
    select
        u.session_id,
        u.server,
        u.started_at,
        f.bad_lines_measurable,
        f.bad_lines_counted_by = 'session' as counts_by_session,
        n.page,
        -- Page 1 is current from the start of the session; it starts once negotiation is complete.
        case when n.page > 1 then n.first_seen_at else n.first_measured_at end as page_started_at,
        n.page_ended_at,
        coalesce(n.page_ended_at, f.completed_at, f.gone_at, case when not (f.session_number is null and f.snapshots = 0)
                 then (select min(l.began_at) from fax.later_lives l where l.epoch_id = f.epoch_id) end) as page_left_at,
        n.last_seen_at,
        n.attempts,
        n.bad_lines,
        n.bad_lines_discarded,
        n.data_rate,
        n.y_resolution
    from fax.session_untotalled u
    -- offset 0: folds the sessions found, one by one, not all of them before they are joined
    cross join lateral (
        select o.* from fax.session_fold o where o.session_id = u.session_id and o.started_at = u.started_at offset 0
    ) f
    cross join lateral (
        select
            n.page,
            least(
                min(a.first_seen_at) over (order by n.page desc rows between unbounded preceding and 1 preceding),
                b.began_at) as page_ended_at,
            a.first_seen_at,
            a.first_measured_at,
            a.last_seen_at,
            a.attempts,
            a.bad_lines,
            a.bad_lines_discarded,
            a.data_rate,
            a.y_resolution
        from lateral generate_series(1, case when f.pages > 10000 then 10000 else f.pages end) n (page)
        left join lateral unnest(f.observed_pages) a on a.page = n.page
        -- pages beyond the counted ones
        cross join (select min(o.first_seen_at) as began_at from lateral unnest(f.observed_pages) o where o.page > least(f.pages, 10000)) b
    ) n
) p;

comment on view fax.session_pages is 'One page of one session: duration, attempts and bad lines. As many rows as fax.sessions.pages.';

comment on column fax.session_pages.session_id is 'The session.';

comment on column fax.session_pages.server is 'Name of the server in the settings.';

comment on column fax.session_pages.started_at is 'First observation of the session.';

comment on column fax.session_pages.page is 'Page number, from 1.';

comment on column fax.session_pages.page_started_at is 'First snapshot during the page (first page: after negotiation). NULL if no poll observed it.';

comment on column fax.session_pages.page_ended_at is 'First snapshot during a later page. NULL if no poll observed one.';

comment on column fax.session_pages.seconds is 'Seconds from page_started_at to page_ended_at, accurate to a poll interval at each end. NULL if one of them is unknown, or if two observers'' clocks reverse them.';

comment on column fax.session_pages.attempts is 'How often it was sent, as far as polls show: more than 1 if its bad lines fell; always 1 for a technology that counts per session. NULL if no poll observed it.';

comment on column fax.session_pages.bad_lines is 'Bad lines of the accepted attempt: the last observed value, a lower bound if poll_gap_seconds exceeds 0.85. NULL if not measurable, or if no poll observed it.';

comment on column fax.session_pages.bad_lines_discarded is 'Bad lines of the attempts that were sent again. NULL if not measurable, if no poll observed them, or if the technology counts per session.';

comment on column fax.session_pages.data_rate is 'Last rate during the page, bit/s. NULL if not measured.';

comment on column fax.session_pages.resolution is 'standard, fine or superfine. NULL if not measured, or if another.';

comment on column fax.session_pages.quality is 'good, poor or bad by bad_line_ratio_estimated and the limits in fax.quality_class. NULL if not measurable.';

comment on column fax.session_pages.lines_estimated is 'Lines of the page, an estimate: A4 at its resolution. NULL if the resolution is not measured.';

comment on column fax.session_pages.bad_line_ratio_estimated is 'Bad lines divided by lines_estimated, a ratio. NULL if not measurable.';

comment on column fax.session_pages.poll_gap_seconds is 'Seconds from the last poll during the page to the next poll during a later one, or to the end of the session. Up to 0.85 the last count of bad lines was observed: the next page starts after a preamble of about 1 s (T.30). NULL if no poll observed it, or if its end is unknown.';

-- grain: one fall of the measured data rate within one session
-- example: select page, rate_before, data_rate from fax.session_rate_falls where session_id = '…' order by fall;
-- As many rows as fax.sessions.rate_falls. The default before negotiation is not a rate.
create view fax.session_rate_falls as
select
    f.session_id,  -- The session.
    f.server,  -- Name of the server in the settings.
    f.started_at,  -- First observation of the session.
    f.session_number,  -- As in fax.sessions. NULL if the fax is known only from its events.
    fax.direction(f.operation) as direction,  -- As in fax.sessions: sent, received, gateway or detector. NULL if none of these.
    f.fall,  -- Number of the fall within the session, from 1, in order of time.
    f.observed_falls[f.fall][1] as page,  -- PageNumber at the first snapshot with the lower rate: completed pages plus one. NULL if not reported.
    f.observed_falls[f.fall][2] as rate_before,  -- Measured rate before the fall, bit/s.
    f.observed_falls[f.fall][3] as data_rate  -- Measured rate after the fall, bit/s.
from (
    -- in the select list: a distributed database accepts no join of fax.session_facts that does not compare session_id
    select f.session_id, f.server, f.started_at, f.session_number, f.operation, f.observed_falls, generate_series(1, f.rate_falls::integer) as fall
    from fax.session_facts f
    where f.rate_falls > 0 and fax.is_shown(f.is_fax, f.session_number, f.snapshots, f.completed)
) f;

comment on view fax.session_rate_falls is 'One fall of the measured data rate within one session: the page, and the rate before and after it.';

comment on column fax.session_rate_falls.session_id is 'The session.';

comment on column fax.session_rate_falls.server is 'Name of the server in the settings.';

comment on column fax.session_rate_falls.started_at is 'First observation of the session.';

comment on column fax.session_rate_falls.session_number is 'As in fax.sessions. NULL if the fax is known only from its events.';

comment on column fax.session_rate_falls.direction is 'As in fax.sessions: sent, received, gateway or detector. NULL if none of these.';

comment on column fax.session_rate_falls.fall is 'Number of the fall within the session, from 1, in order of time.';

comment on column fax.session_rate_falls.page is 'PageNumber at the first snapshot with the lower rate: completed pages plus one. NULL if not reported.';

comment on column fax.session_rate_falls.rate_before is 'Measured rate before the fall, bit/s.';

comment on column fax.session_rate_falls.data_rate is 'Measured rate after the fall, bit/s.';

-- grain: one change within one session, in order
-- example: select observed_at, changes, page_number, bad_lines_delta from fax.session_timeline where session_id = '…' order by observed_at;
-- A snapshot equal to the previous one is not a change. Of the channel variables, only FAXSTATUS appears, without the
-- FAILED that res_fax sets before a fax starts (res_fax.c, sendfax_exec).
create view fax.session_timeline as
select
    -- From fax.session, so that filters on them use its indexes.
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session.
    t.observed_at,  -- When the change was observed, by the observer's clock. It happened at most one poll earlier.
    t.seconds_since_change,  -- Seconds since the previous change. NULL for the first.
    t.event,  -- AMI event that shows the change, or Gone.
    t.changes,  -- Columns that changed: state, page_number, pages, bad_lines, data_rate, error_correction_mode, resolution, transport; listed for the first snapshot, event for anything but a snapshot.
    t.note,  -- Content of an event: FAXStatus text, the application that starts, pages of a completion event, FAXSTATUS, and the Uniqueid of the channel if it replaced that of the fax. NULL for a snapshot.
    t.state,  -- State as sent. NULL if not reported.
    t.page_number,  -- Current page: completed pages plus one. NULL if not reported.
    t.pages,  -- Completed pages so far. NULL if not reported.
    t.pages_delta,  -- Completed pages since the previous snapshot. NULL if not reported, or for the first.
    t.bad_lines,  -- TotalBadLines as sent: bad lines of the current page. NULL if not reported.
    t.bad_lines_delta,  -- Change of bad_lines since the previous snapshot; negative if the count restarted. NULL if not reported, or for the first.
    t.data_rate,  -- Measured rate, bit/s. NULL if not measured.
    t.error_correction_mode,  -- Whether ECM is in use. NULL if not measured.
    t.resolution,  -- standard, fine or superfine. NULL if not measured, or if another.
    t.transport,  -- G.711 or T.38, as sent. NULL if not reported.
    t.collector_id,  -- Collector that observed it.
    t.position  -- Position of its row in the history.
from fax.session s
cross join lateral (
    select
        c.session_id,
        c.started_at,
        c.observed_at,
        extract(epoch from c.observed_at - lag(c.observed_at) over in_order) as seconds_since_change,
        c.event,
        c.changes,
        c.note,
        c.state,
        c.page_number,
        c.pages,
        c.pages::bigint - case when c.is_snapshot then c.pages_before else c.pages_last_polled end as pages_delta,
        c.total_bad_lines as bad_lines,
        c.total_bad_lines::bigint - c.bad_lines_before as bad_lines_delta,
        c.data_rate,
        c.error_correction_mode,
        fax.resolution_name(c.y_resolution) as resolution,
        c.session_type as transport,
        c.collector_id,
        c.position
    from (
        select
            c.*,
            -- events belong to the snapshot before them: a completion event shows the pages that no poll observed
            case when c.snapshots_so_far > 0 then first_value(c.pages) over (
                partition by c.session_id, c.started_at, c.snapshots_so_far order by c.observed_at, c.position)
            end as pages_last_polled,
            case
                when not c.is_snapshot then array['event']
                when c.place = 1 then array['listed']
                else array_remove(array[
                    case when c.state is distinct from c.state_before then 'state' end,
                    case when c.page_number is distinct from c.page_number_before then 'page_number' end,
                    case when c.pages is distinct from c.pages_before then 'pages' end,
                    case when c.total_bad_lines is distinct from c.bad_lines_before then 'bad_lines' end,
                    case when c.data_rate is distinct from c.data_rate_before then 'data_rate' end,
                    case when c.error_correction_mode is distinct from c.error_correction_mode_before then 'error_correction_mode' end,
                    case when c.y_resolution is distinct from c.y_resolution_before then 'resolution' end,
                    case when c.session_type is distinct from c.session_type_before then 'transport' end
                ], null)
            end as changes
        from (
            select
                t.*,
                row_number() over before_it as place,
                count(*) filter (where t.is_snapshot) over (partition by t.session_id, t.started_at) as snapshots,
                count(*) filter (where t.is_snapshot) over (partition by t.session_id, t.started_at
                                                            order by t.observed_at, t.position) as snapshots_so_far,
                lag(t.state) over before_it as state_before,
                lag(t.page_number) over before_it as page_number_before,
                lag(t.pages) over before_it as pages_before,
                lag(t.total_bad_lines) over before_it as bad_lines_before,
                lag(t.data_rate) over before_it as data_rate_before,
                lag(t.error_correction_mode) over before_it as error_correction_mode_before,
                lag(t.y_resolution) over before_it as y_resolution_before,
                lag(t.session_type) over before_it as session_type_before
            from (
                select
                    r.*,
                    -- Only an event under another name than that of its fax has a Uniqueid here: a transfer replaced the channel.
                    case r.event
                        when 'FAXStatus' then r.details ->> 'Status'
                        when 'VarSet' then 'FAXSTATUS=' || (r.details ->> 'Value')
                        when 'Gone' then 'no longer listed'
                        when 'Newexten' then coalesce(r.details ->> 'Application', 'a fax application')
                            || case when r.details ->> 'Uniqueid' is null then ' begins' else ' goes on' end
                        when 'Hangup' then 'the channel hangs up, the fax goes on'
                        when 'Status' then 'channel status'
                        when 'DialBegin' then 'the channel is dialled'  -- fax.sessions has the number, which is personal
                        when 'SendFAX' then 'completion event, pages ' || coalesce(r.pages::text, 'unknown')
                        when 'ReceiveFAX' then 'completion event, pages ' || coalesce(r.pages::text, 'unknown')
                    end || coalesce(', Uniqueid ' || case when r.event <> 'DialBegin' then nullif(r.details ->> 'Uniqueid', '') end, '') as note
                from fax.session_rows r
                where r.session_id = s.session_id
                  and r.started_at = s.started_at
                  and (r.event <> 'VarSet' or (r.details ->> 'Variable' = 'FAXSTATUS' and r.details ->> 'Value' <> ''))
            ) t
            window before_it as (partition by t.session_id, t.started_at, t.is_snapshot order by t.observed_at, t.position)
        ) c
    ) c
    where cardinality(c.changes) > 0
      and (c.event <> 'VarSet' or c.snapshots_so_far > 0 or c.snapshots = 0)
    window in_order as (partition by c.session_id, c.started_at order by c.observed_at, c.position)
) t;

comment on view fax.session_timeline is 'One change within one session, in order of time: what changed, and by how much.';

comment on column fax.session_timeline.session_id is 'The session.';

comment on column fax.session_timeline.started_at is 'First observation of the session.';

comment on column fax.session_timeline.observed_at is 'When the change was observed, by the observer''s clock. It happened at most one poll earlier.';

comment on column fax.session_timeline.seconds_since_change is 'Seconds since the previous change. NULL for the first.';

comment on column fax.session_timeline.event is 'AMI event that shows the change, or Gone.';

comment on column fax.session_timeline.changes is 'Columns that changed: state, page_number, pages, bad_lines, data_rate, error_correction_mode, resolution, transport; listed for the first snapshot, event for anything but a snapshot.';

comment on column fax.session_timeline.note is 'Content of an event: FAXStatus text, the application that starts, pages of a completion event, FAXSTATUS, and the Uniqueid of the channel if it replaced that of the fax. NULL for a snapshot.';

comment on column fax.session_timeline.state is 'State as sent. NULL if not reported.';

comment on column fax.session_timeline.page_number is 'Current page: completed pages plus one. NULL if not reported.';

comment on column fax.session_timeline.pages is 'Completed pages so far. NULL if not reported.';

comment on column fax.session_timeline.pages_delta is 'Completed pages since the previous snapshot. NULL if not reported, or for the first.';

comment on column fax.session_timeline.bad_lines is 'TotalBadLines as sent: bad lines of the current page. NULL if not reported.';

comment on column fax.session_timeline.bad_lines_delta is 'Change of bad_lines since the previous snapshot; negative if the count restarted. NULL if not reported, or for the first.';

comment on column fax.session_timeline.data_rate is 'Measured rate, bit/s. NULL if not measured.';

comment on column fax.session_timeline.error_correction_mode is 'Whether ECM is in use. NULL if not measured.';

comment on column fax.session_timeline.resolution is 'standard, fine or superfine. NULL if not measured, or if another.';

comment on column fax.session_timeline.transport is 'G.711 or T.38, as sent. NULL if not reported.';

comment on column fax.session_timeline.collector_id is 'Collector that observed it.';

comment on column fax.session_timeline.position is 'Position of its row in the history.';

-- The bucket of a time zone that contains a span of time, from its first to its last moment. NULL if the span is not
-- within the period or not within one bucket. A span in which the clock of the zone is changed counts as not within one:
-- the clock may go back across the start of a day.
-- Postgres replaces a call of this function by its body.
-- example: select fax.bucket_of_span('2026-11-01 06:00+00', '2026-11-01 07:59+00', '-infinity', 'infinity', 'UTC', 'day');
create function fax.bucket_of_span(
    first_at timestamptz, last_at timestamptz, from_at timestamptz, to_at timestamptz, time_zone text, bucket text
) returns timestamptz
language sql stable parallel safe
begin atomic
    select case
        when first_at >= from_at and last_at < to_at
         and date_trunc(bucket, first_at, time_zone) = date_trunc(bucket, last_at, time_zone)
         and (first_at at time zone time_zone) + (last_at - first_at) = last_at at time zone time_zone
        then date_trunc(bucket, first_at, time_zone) end;
end;

comment on function fax.bucket_of_span is 'The bucket of a time zone that contains a span of time, from its first to its last moment. NULL if the span is not within the period or not within one bucket. A span in which the clock of the zone is changed counts as not within one: the clock may go back across the start of a day. Postgres replaces a call of this function by its body.';

-- The spans of fax.usage_rollup that contain all of its counts between two moments once, each with the start of the
-- bucket in which it lies: days if they lie in one bucket of the time zone, else quarters of a day, else hours. Of an
-- hour that lies in none, bucket_start is NULL.
-- example: select * from fax.usage_spans('2026-10-31 23:00+00', '2026-11-30 23:00+00', 'Europe/Berlin', 'day');
create function fax.usage_spans(from_at timestamptz, to_at timestamptz, time_zone text, bucket text)
returns table (hours smallint, span_start timestamptz, bucket_start timestamptz)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    tick constant interval := interval '1 microsecond';
begin
    return query
    with recursive days (span_start) as (
        -- the days that have counts, one after the other from the index
        (select r.span_start
         from fax.usage_rollup r
         where r.hours = 24 and r.span_start >= date_trunc('day', from_at, 'UTC') and r.span_start < to_at
         order by r.span_start
         limit 1)
        union all
        select n.span_start
        from days d
        cross join lateral (
            select r.span_start
            from fax.usage_rollup r
            where r.hours = 24 and r.span_start > d.span_start and r.span_start < to_at
            order by r.span_start
            limit 1
        ) n
    ),
    whole_days as materialized (
        select
            d.span_start,
            fax.bucket_of_span(d.span_start, d.span_start + interval '24 hours' - tick, from_at, to_at, time_zone, bucket)
                as bucket_start
        from days d
    ),
    quarters as materialized (
        select
            q.span_start,
            fax.bucket_of_span(q.span_start, q.span_start + interval '6 hours' - tick, from_at, to_at, time_zone, bucket)
                as bucket_start
        from whole_days d
        cross join lateral (
            select d.span_start + n * interval '6 hours' as span_start from generate_series(0, 3) n
        ) q
        where d.bucket_start is null
          and q.span_start < to_at and q.span_start + interval '6 hours' > from_at
    )
    select 24::smallint, d.span_start, d.bucket_start from whole_days d where d.bucket_start is not null
    union all
    select 6::smallint, q.span_start, q.bucket_start from quarters q where q.bucket_start is not null
    union all
    select
        1::smallint, h.span_start,
        fax.bucket_of_span(h.span_start, h.span_start + interval '1 hour' - tick, from_at, to_at, time_zone, bucket)
    from quarters q
    cross join lateral (
        select q.span_start + n * interval '1 hour' as span_start from generate_series(0, 5) n
    ) h
    where q.bucket_start is null
      and h.span_start < to_at and h.span_start + interval '1 hour' > from_at;
end
$$;

comment on function fax.usage_spans is 'The spans of fax.usage_rollup that contain all of its counts between two moments once, each with the start of the bucket in which it lies: days if they lie in one bucket of the time zone, else quarters of a day, else hours. Of an hour that lies in none, bucket_start is NULL.';

-- Usage between two moments of a time zone, by bucket of that zone, server, account, direction and source. A session
-- counts as a whole in the bucket in which it started. Tone detectors (V.21) are not faxes and do not count. The source is
-- observed, or the records in which another system reported the faxes (fax.reported_fax).
-- bucket: hour, day, week (from Monday), month, quarter or year.
-- Runs with its owner's rights: it returns no personal values, so users of masked views may call it.
-- example: select * from fax.usage('2026-10-01', '2026-11-01', 'Europe/Berlin', 'day');
create function fax.usage(from_local timestamp, to_local timestamp, time_zone text default 'UTC', bucket text default 'day')
returns table (
    bucket_start timestamptz, bucket_end timestamptz, server text, account_code text, direction text,
    sessions bigint, pages bigint, bad_lines bigint, seconds numeric,
    successes bigint, failures bigint, unknown_ends bigint, unknown_durations bigint, source text
)
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    width interval;
    from_at timestamptz := from_local at time zone time_zone;
    to_at timestamptz := to_local at time zone time_zone;
begin
    if bucket is null or bucket not in ('hour', 'day', 'week', 'month', 'quarter', 'year') then
        raise exception 'bucket is %, expected hour, day, week, month, quarter or year', coalesce(quote_literal(bucket), 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    width := case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end;
    return query
    with spans as materialized (
        select p.hours, p.span_start, p.bucket_start from fax.usage_spans(from_at, to_at, time_zone, bucket) p
    )
    select
        b.bucket_start,
        -- an hour is always an hour; a local day may have 23 or 25 hours and start at one o'clock
        case when bucket = 'hour' then b.bucket_start + width
             else date_trunc(bucket, b.bucket_start at time zone time_zone + width) at time zone time_zone end,
        b.server, b.account_code, b.direction,
        sum(b.sessions)::bigint,
        case when sum(b.page_reports) > 0 then sum(b.pages)::bigint end,
        case when sum(b.measurements) > 0 then sum(b.bad_lines)::bigint end,
        case when sum(b.durations) > 0 then sum(b.seconds) end,
        coalesce(sum(b.sessions) filter (where b.result = 'success'), 0)::bigint,
        coalesce(sum(b.sessions) filter (where b.result = 'failed'), 0)::bigint,
        coalesce(sum(b.sessions) filter (where b.result = 'unknown'), 0)::bigint,
        sum(b.sessions - b.durations)::bigint,
        b.source
    from (
        select
            p.bucket_start, r.server, r.account_code, r.direction, r.result, r.sessions, r.pages, r.page_reports,
            r.bad_lines, r.measurements, r.seconds, r.durations, 'observed' as source
        from spans p
        cross join lateral (
            select r.* from fax.usage_rollup r where r.hours = p.hours and r.span_start = p.span_start offset 0
        ) r
        where p.bucket_start is not null
        union all
        select
            date_trunc(bucket, s.started_at, time_zone) as bucket_start, s.server, s.account_code, s.direction, s.result,
            s.sessions, s.pages, (s.pages is not null)::integer as page_reports,
            s.bad_lines, (s.bad_lines is not null)::integer as measurements,
            s.seconds, (s.seconds is not null)::integer as durations, s.source
        from (
            -- hours that do not lie in one bucket
            select
                t.started_at, u.server, u.account_code, u.direction, u.result, u.sessions, u.pages, u.bad_lines, u.seconds,
                'observed' as source
            from spans p
            join (select * from fax.session_total) t
              on t.started_at >= greatest(p.span_start, from_at)
             and t.started_at < least(p.span_start + interval '1 hour', to_at)
            cross join lateral fax.usage_of(t::fax.session_total) u
            where p.bucket_start is null
            union all
            select n.started_at, s.server, s.account_code, s.direction, s.result, 1, s.pages, s.bad_lines, s.duration_seconds, 'observed'
            from fax.session_uncounted n
            cross join lateral (
                select s.server, s.account_code, s.direction, s.result, s.pages, s.bad_lines, s.duration_seconds
                from fax.sessions s
                where s.session_id = n.session_id and s.started_at = n.started_at
                  and s.direction is distinct from 'detector'
                offset 0
            ) s
            where n.started_at >= from_at and n.started_at < to_at
            union all
            select r.started_at, r.server, r.account_code, r.direction, r.result, 1, r.pages, null, r.duration_seconds, r.source
            from fax.reported_fax r
            where r.started_at >= from_at and r.started_at < to_at
        ) s
    ) b
    group by b.bucket_start, b.server, b.account_code, b.direction, b.source
    having sum(b.sessions) > 0
    order by b.bucket_start, b.server, b.account_code, b.direction, b.source;
end
$$;

comment on function fax.usage is 'Usage between two moments of a time zone, by bucket of that zone, server, account, direction and source. A session counts as a whole in the bucket in which it started. Tone detectors (V.21) are not faxes and do not count. The source is observed, or the records in which another system reported the faxes (fax.reported_fax). bucket: hour, day, week (from Monday), month, quarter or year. Runs with its owner''s rights: it returns no personal values, so users of masked views may call it.';

-- grain: one server, account, direction and source on one UTC day
-- example: select day, server, direction, sessions, pages from fax.usage_daily where day >= '2026-11-01' order by day;
-- Computed day by day, so that a filter on the day reads only the sessions of those days. For another time zone or
-- bucket use fax.usage().
create view fax.usage_daily as
select
    d.day,  -- UTC day on which the sessions started.
    u.server,  -- Name of the server in the settings.
    u.account_code,  -- Account code of the channel. NULL if none or not reported.
    u.direction,  -- sent, received or gateway. NULL if not reported.
    u.sessions,  -- Sessions: successes, failures and unknown_ends together.
    u.pages,  -- Pages of these sessions. NULL if none of them reported pages.
    u.bad_lines,  -- Bad lines on accepted pages of the sessions that can measure them. NULL if none can.
    u.seconds,  -- Seconds from first observation to end of the sessions whose duration is known. NULL if none is.
    u.successes,  -- Sessions with result success.
    u.failures,  -- Sessions with result failed.
    u.unknown_ends,  -- Sessions without a result on the wire, including open ones.
    u.unknown_durations,  -- Sessions without a duration, which seconds leaves out: open ones, and those of which only the end was observed.
    u.source  -- observed, or the records in which another system reported the faxes: xferfaxlog, v_fax_logs or cdr (fax.reported_fax).
from (
    select generate_series(
        (least((select min(s.started_at) from fax.session s), (select min(r.started_at) from fax.reported_fax r))
            at time zone 'UTC')::date,
        (greatest((select max(s.started_at) from fax.session s), (select max(r.started_at) from fax.reported_fax r))
            at time zone 'UTC')::date,
        interval '1 day')::date as day
) d
cross join lateral fax.usage(d.day, d.day + 1, 'UTC', 'day') u;

comment on view fax.usage_daily is 'Usage by UTC day, server, account, direction and source. A session counts on the day on which it started. Days without faxes have no row.';

comment on column fax.usage_daily.day is 'UTC day on which the sessions started.';

comment on column fax.usage_daily.server is 'Name of the server in the settings.';

comment on column fax.usage_daily.account_code is 'Account code of the channel. NULL if none or not reported.';

comment on column fax.usage_daily.direction is 'sent, received or gateway. NULL if not reported.';

comment on column fax.usage_daily.sessions is 'Sessions: successes, failures and unknown_ends together.';

comment on column fax.usage_daily.pages is 'Pages of these sessions. NULL if none of them reported pages.';

comment on column fax.usage_daily.bad_lines is 'Bad lines on accepted pages of the sessions that can measure them. NULL if none can.';

comment on column fax.usage_daily.seconds is 'Seconds from first observation to end of the sessions whose duration is known. NULL if none is.';

comment on column fax.usage_daily.successes is 'Sessions with result success.';

comment on column fax.usage_daily.failures is 'Sessions with result failed.';

comment on column fax.usage_daily.unknown_ends is 'Sessions without a result on the wire, including open ones.';

comment on column fax.usage_daily.unknown_durations is 'Sessions without a duration, which seconds leaves out: open ones, and those of which only the end was observed.';

comment on column fax.usage_daily.source is 'observed, or the records in which another system reported the faxes: xferfaxlog, v_fax_logs or cdr (fax.reported_fax).';

-- The results of the sessions between two moments, the second one excluded, that have ended and that fax.usage_rollup does
-- not count (fax.session_uncounted), without detectors. They are read one by one; a period often has none.
-- Runs with its owner's rights: it returns no personal values, so users of masked views may call it.
-- example: select * from fax.uncounted_results('2026-11-02', '2026-11-03');
create function fax.uncounted_results(from_at timestamptz, to_at timestamptz)
returns table (server text, result text, result_class text, sessions integer, after_a_page integer)
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
#variable_conflict use_column
begin
    -- the plan of a fold is large: to start it takes longer than this
    if not exists (select 1 from fax.session_uncounted n where n.started_at >= from_at and n.started_at < to_at) then
        return;
    end if;
    return query
    select s.server, s.result, s.result_class, 1, s.after_a_page
    from fax.session_uncounted n
    cross join lateral (
        select o.server, o.result, o.result_class, (coalesce(o.pages, 0) > 0)::integer as after_a_page
        from fax.sessions o
        where o.session_id = n.session_id and o.started_at = n.started_at
          and o.direction is distinct from 'detector'
          and o.end_observed_by <> 'open'
        offset 0
    ) s
    where n.started_at >= from_at and n.started_at < to_at;
end
$$;

comment on function fax.uncounted_results is 'The results of the sessions between two moments, the second one excluded, that have ended and that fax.usage_rollup does not count (fax.session_uncounted), without detectors. They are read one by one; a period often has none. Runs with its owner''s rights: it returns no personal values, so users of masked views may call it.';

-- grain: one server, result class and UTC day
-- example: select day, server, result_class, sessions from fax.failures where day >= '2026-11-01' order by day, sessions desc;
-- Sessions that ended without a result on the wire have class NULL. How they ended is unknown, so they do not count as
-- failures of any class.
create view fax.failures as
select
    d.day,  -- UTC day on which the sessions started.
    c.server,  -- Name of the server in the settings.
    c.result_class,  -- Class as in Asterisk's fax show stats. NULL if they ended without a result on the wire.
    c.sessions,  -- Sessions of that class.
    c.after_a_page,  -- Of these, sessions with at least one completed page: partial faxes.
    c.faxes,  -- All sessions of the server that started that day and have ended, without detectors.
    round(c.sessions::numeric / c.faxes, 4) as share,  -- sessions divided by faxes, a ratio.
    round(sum(case when c.result_class is null or c.result_class = 'unknown_error' then c.sessions else 0 end) over of_day
          / sum(c.sessions) over of_day, 4) as unknown_share  -- Of the server's sessions of that day that ended without success, the share whose reason is unknown (class NULL or unknown_error), a ratio; 0 if all reasons are known. The same in each row of server and day.
from (
    select generate_series(
        (select min(s.started_at) at time zone 'UTC' from fax.session s)::date,
        (select max(s.started_at) at time zone 'UTC' from fax.session s)::date,
        interval '1 day')::date as day
) d
cross join lateral (
    select *
    from (
        select
            b.server,
            b.result,
            b.result_class,
            sum(b.sessions) as sessions,
            sum(b.after_a_page) as after_a_page,
            sum(sum(b.sessions)) over (partition by b.server)::bigint as faxes
        from (
            select r.server, r.result, r.result_class, r.sessions, r.after_a_page
            from fax.usage_rollup r
            where r.hours = 24 and r.span_start = d.day::timestamp at time zone 'UTC'
            union all
            select u.server, u.result, u.result_class, u.sessions, u.after_a_page
            from fax.uncounted_results(d.day::timestamp at time zone 'UTC', (d.day + 1)::timestamp at time zone 'UTC') u
        ) b
        group by b.server, b.result, b.result_class
    ) f
    where f.result <> 'success' and f.sessions > 0
) c
window of_day as (partition by d.day, c.server);

comment on view fax.failures is 'Sessions that ended without success, by server, result class and UTC day on which they started.';

comment on column fax.failures.day is 'UTC day on which the sessions started.';

comment on column fax.failures.server is 'Name of the server in the settings.';

comment on column fax.failures.result_class is 'Class as in Asterisk''s fax show stats. NULL if they ended without a result on the wire.';

comment on column fax.failures.sessions is 'Sessions of that class.';

comment on column fax.failures.after_a_page is 'Of these, sessions with at least one completed page: partial faxes.';

comment on column fax.failures.faxes is 'All sessions of the server that started that day and have ended, without detectors.';

comment on column fax.failures.share is 'sessions divided by faxes, a ratio.';

comment on column fax.failures.unknown_share is 'Of the server''s sessions of that day that ended without success, the share whose reason is unknown (class NULL or unknown_error), a ratio; 0 if all reasons are known. The same in each row of server and day.';

-- grain: one session, without detectors, with the peer for which it counts in fax.quality()
-- example: select peer_key, count(*) from fax.peer_sessions where started_at >= '2026-11-01' group by peer_key;
create view fax.peer_sessions as
select
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session.
    s.server,  -- Name of the server in the settings.
    n.peer,  -- The other end (fax.peer) (personal). NULL if unknown or erased.
    coalesce('erased:' || coalesce(
        -- a station id that arrived after the erasure takes the place of a number, as it does without one
        case when k.peer_is_station or s.remote_station_id is null then k.peer end, p.pseudonym), n.peer) as peer_key,  -- The same for all faxes of one peer (personal): peer, or its pseudonym if an erasure removed the peer from one of them. NULL if unknown.
    s.transport,  -- G.711 or T.38, the last one used. NULL if not reported.
    s.error_correction_mode,  -- Whether ECM is in use. NULL if never negotiated or not reported.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.first_data_rate,  -- First measured rate, bit/s. NULL if never negotiated.
    s.rate_falls,  -- How often the measured rate fell. NULL if no poll measured it.
    fax.result(s.status, s.error) as result,  -- success, failed or unknown, as in fax.sessions.
    s.measurable_pages,  -- Pages with measurable bad lines: received without ECM, and reported by a poll.
    s.error_free_pages,  -- Pages without bad lines, of measurable_pages.
    case when s.measurable_pages > 0 then s.bad_lines end as bad_lines,  -- Bad lines on measurable_pages. NULL if there are none.
    s.lines_estimated,  -- Estimated lines of measurable_pages (A4), as far as their resolution is measured.
    s.resent_pages,  -- Pages that were sent more than once, as far as bad lines show it.
    s.timed_pages,  -- Pages whose start and end polls observed.
    s.page_seconds  -- Seconds of timed_pages together. NULL if there are none.
from fax.session_facts s
-- offset 0: computed once, although several columns use it
cross join lateral (
    select fax.peer(fax.direction(s.operation), s.remote_station_id, s.caller_number, s.called_number) as peer offset 0
) n
left join fax.erased_key k on k.session_id = s.session_id
left join fax.pseudonym p on p.kind = 'peer' and p.value = n.peer
where fax.is_shown(s.is_fax, s.session_number, s.snapshots, s.completed) and s.operation is distinct from 'V.21';

comment on view fax.peer_sessions is 'One session with the peer for which it counts. The base of fax.quality(); an erasure changes no peer_key from one group to another.';

comment on column fax.peer_sessions.session_id is 'The session.';

comment on column fax.peer_sessions.started_at is 'First observation of the session.';

comment on column fax.peer_sessions.server is 'Name of the server in the settings.';

comment on column fax.peer_sessions.peer is 'The other end (fax.peer) (personal). NULL if unknown or erased.';

comment on column fax.peer_sessions.peer_key is 'The same for all faxes of one peer (personal): peer, or its pseudonym if an erasure removed the peer from one of them. NULL if unknown.';

comment on column fax.peer_sessions.transport is 'G.711 or T.38, the last one used. NULL if not reported.';

comment on column fax.peer_sessions.error_correction_mode is 'Whether ECM is in use. NULL if never negotiated or not reported.';

comment on column fax.peer_sessions.pages is 'Pages, as in fax.sessions. NULL if not reported.';

comment on column fax.peer_sessions.first_data_rate is 'First measured rate, bit/s. NULL if never negotiated.';

comment on column fax.peer_sessions.rate_falls is 'How often the measured rate fell. NULL if no poll measured it.';

comment on column fax.peer_sessions.result is 'success, failed or unknown, as in fax.sessions.';

comment on column fax.peer_sessions.measurable_pages is 'Pages with measurable bad lines: received without ECM, and reported by a poll.';

comment on column fax.peer_sessions.error_free_pages is 'Pages without bad lines, of measurable_pages.';

comment on column fax.peer_sessions.bad_lines is 'Bad lines on measurable_pages. NULL if there are none.';

comment on column fax.peer_sessions.lines_estimated is 'Estimated lines of measurable_pages (A4), as far as their resolution is measured.';

comment on column fax.peer_sessions.resent_pages is 'Pages that were sent more than once, as far as bad lines show it.';

comment on column fax.peer_sessions.timed_pages is 'Pages whose start and end polls observed.';

comment on column fax.peer_sessions.page_seconds is 'Seconds of timed_pages together. NULL if there are none.';

-- Quality by remote station, of sessions that started between two moments of a time zone. Modelled on the metrics of
-- ITU-T E.450 to E.458, without claiming conformance.
-- Ratios exclude what is not measurable and not_measurable_rate reports its share: only receivers without ECM count bad
-- lines.
-- example: select * from fax.quality('2026-10-01', '2026-11-01', 'Europe/Berlin') order by bad_line_ratio_estimated desc nulls last;
create function fax.quality(from_local timestamp, to_local timestamp, time_zone text default 'UTC')
returns table (
    peer text, transport text, error_correction_mode boolean,
    sessions bigint, pages bigint, measurable_pages bigint,
    error_free_page_rate numeric, bad_lines bigint, bad_line_ratio_estimated numeric, resent_pages bigint,
    seconds_per_page numeric, rate_falls bigint, rate_fall_rate numeric, cut_off_rate numeric,
    not_measurable_rate numeric, successes bigint, failures bigint, unknown_ends bigint
)
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        -- the peers of one key differ only if it is a pseudonym
        coalesce(min(s.peer) filter (where s.peer <> s.peer_key), s.peer_key), s.transport, s.error_correction_mode,
        count(*), sum(s.pages)::bigint, sum(s.measurable_pages)::bigint,
        round(sum(s.error_free_pages)::numeric / nullif(sum(s.measurable_pages), 0), 4),
        sum(s.bad_lines)::bigint,
        round(sum(s.bad_lines) / nullif(sum(s.lines_estimated), 0), 4),
        sum(s.resent_pages)::bigint,
        round(sum(s.page_seconds) / nullif(sum(s.timed_pages), 0), 2),
        sum(s.rate_falls)::bigint,
        round(count(*) filter (where s.rate_falls > 0)::numeric / nullif(count(*) filter (where s.first_data_rate is not null), 0), 4),
        round(count(*) filter (where s.first_data_rate is not null and s.result = 'failed')::numeric
              / nullif(count(*) filter (where s.first_data_rate is not null and s.result <> 'unknown'), 0), 4),
        round(1 - sum(s.measurable_pages)::numeric / nullif(sum(s.pages), 0), 4),
        count(*) filter (where s.result = 'success'),
        count(*) filter (where s.result = 'failed'),
        count(*) filter (where s.result = 'unknown')
    from fax.peer_sessions s
    where s.started_at >= from_local at time zone time_zone
      and s.started_at < to_local at time zone time_zone
    group by s.peer_key, s.transport, s.error_correction_mode;
end
$$;

comment on function fax.quality is 'Quality by remote station, of sessions that started between two moments of a time zone. Modelled on the metrics of ITU-T E.450 to E.458, without claiming conformance. Ratios exclude what is not measurable and not_measurable_rate reports its share: only receivers without ECM count bad lines.';

-- grain: one remote station or number, with one transport and ECM setting
-- example: select peer, bad_line_ratio_estimated, measurable_pages from fax.quality_by_peer where measurable_pages >= 10 order by 2 desc;
-- Covers the whole history. For a period use fax.quality(), which reads only that period.
create view fax.quality_by_peer as
select
    q.peer,  -- Station id of the other end, else its number: the caller's of a received fax, the called one otherwise; without padding (fax.peer) (personal); erased: and a pseudonym if it was erased from all faxes of the row. NULL if neither is known.
    q.transport,  -- G.711 or T.38. NULL if not reported.
    q.error_correction_mode,  -- Whether ECM is in use. NULL if never negotiated or not reported.
    q.sessions,  -- Sessions, without detectors.
    q.pages,  -- Pages of these sessions. NULL if none of them reported pages.
    q.measurable_pages,  -- Pages with measurable bad lines: received without ECM.
    q.error_free_page_rate,  -- Pages without bad lines divided by measurable_pages, a ratio. NULL if none is measurable.
    q.bad_lines,  -- Bad lines on the measurable pages. NULL if none is measurable.
    q.bad_line_ratio_estimated,  -- Bad lines divided by the estimated lines of the measurable pages (A4), a ratio. NULL if none is measurable.
    q.resent_pages,  -- Pages that were sent more than once, as far as bad lines show it.
    q.seconds_per_page,  -- Seconds per page, over the pages whose start and end polls observed. With ECM, bad lines show here as longer pages. NULL if there are none.
    q.rate_falls,  -- How often the rate fell. NULL if no poll measured it.
    q.rate_fall_rate,  -- Sessions in which the rate fell divided by sessions that negotiated one, a ratio. NULL if none did.
    q.cut_off_rate,  -- Failed sessions divided by sessions with a known result, among those that negotiated a rate, a ratio. NULL if there are none.
    q.not_measurable_rate,  -- Share of pages without measurable bad lines, a ratio. NULL if there are no pages.
    q.successes,  -- Sessions with result success.
    q.failures,  -- Sessions with result failed.
    q.unknown_ends  -- Sessions without a result on the wire, including open ones.
from fax.quality('-infinity', 'infinity', 'UTC') q;

comment on view fax.quality_by_peer is 'Quality of faxes with one remote station or number, by transport and ECM. Ratios exclude what is not measurable.';

comment on column fax.quality_by_peer.peer is 'Station id of the other end, else its number: the caller''s of a received fax, the called one otherwise; without padding (fax.peer) (personal); erased: and a pseudonym if it was erased from all faxes of the row. NULL if neither is known.';

comment on column fax.quality_by_peer.transport is 'G.711 or T.38. NULL if not reported.';

comment on column fax.quality_by_peer.error_correction_mode is 'Whether ECM is in use. NULL if never negotiated or not reported.';

comment on column fax.quality_by_peer.sessions is 'Sessions, without detectors.';

comment on column fax.quality_by_peer.pages is 'Pages of these sessions. NULL if none of them reported pages.';

comment on column fax.quality_by_peer.measurable_pages is 'Pages with measurable bad lines: received without ECM.';

comment on column fax.quality_by_peer.error_free_page_rate is 'Pages without bad lines divided by measurable_pages, a ratio. NULL if none is measurable.';

comment on column fax.quality_by_peer.bad_lines is 'Bad lines on the measurable pages. NULL if none is measurable.';

comment on column fax.quality_by_peer.bad_line_ratio_estimated is 'Bad lines divided by the estimated lines of the measurable pages (A4), a ratio. NULL if none is measurable.';

comment on column fax.quality_by_peer.resent_pages is 'Pages that were sent more than once, as far as bad lines show it.';

comment on column fax.quality_by_peer.seconds_per_page is 'Seconds per page, over the pages whose start and end polls observed. With ECM, bad lines show here as longer pages. NULL if there are none.';

comment on column fax.quality_by_peer.rate_falls is 'How often the rate fell. NULL if no poll measured it.';

comment on column fax.quality_by_peer.rate_fall_rate is 'Sessions in which the rate fell divided by sessions that negotiated one, a ratio. NULL if none did.';

comment on column fax.quality_by_peer.cut_off_rate is 'Failed sessions divided by sessions with a known result, among those that negotiated a rate, a ratio. NULL if there are none.';

comment on column fax.quality_by_peer.not_measurable_rate is 'Share of pages without measurable bad lines, a ratio. NULL if there are no pages.';

comment on column fax.quality_by_peer.successes is 'Sessions with result success.';

comment on column fax.quality_by_peer.failures is 'Sessions with result failed.';

comment on column fax.quality_by_peer.unknown_ends is 'Sessions without a result on the wire, including open ones.';

-- Compares two FAXStats readings of a server, each with its time and headers, with the sessions observed between them:
-- attempts with sessions that started, completions with sessions that completed.
-- A server that restarted counts from 0, so its new counters are compared with the sessions since the restart.
-- example: select n.* from fax.server_history b, fax.server_history a, fax.compare_readings('pbx1', b.observed_at, b.details, a.observed_at, a.details) n where …;
create function fax.compare_readings(
    of_server text, before_at timestamptz, before_details jsonb, after_at timestamptz, after_details jsonb)
returns table (
    from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language sql stable parallel safe
begin atomic
    -- evaluated once: inlined, the search for a restart would run for each column that uses it
    with compared as materialized (
        select
            before_at as from_at,
            after_at as to_at,
            n.began_at,
            fell.back or n.began_at is not null as restarted,
            a.transmit_attempts - case when fell.back or n.began_at is not null then 0 else b.transmit_attempts end as transmit_attempts,
            a.receive_attempts - case when fell.back or n.began_at is not null then 0 else b.receive_attempts end as receive_attempts,
            a.completed - case when fell.back or n.began_at is not null then 0 else b.completed end as completed,
            a.failed - case when fell.back or n.began_at is not null then 0 else b.failed end as failed
        from (
            select
                fax.counter(before_details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(before_details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(before_details, 'CompletedFAXes') as completed,
                fax.counter(before_details, 'FailedFAXes') as failed
            offset 0  -- computed once, although several columns use each counter
        ) b
        cross join (
            select
                fax.counter(after_details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(after_details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(after_details, 'CompletedFAXes') as completed,
                fax.counter(after_details, 'FailedFAXes') as failed
            offset 0
        ) a
        cross join lateral (
            select coalesce(a.transmit_attempts < b.transmit_attempts or a.receive_attempts < b.receive_attempts
                            or a.completed < b.completed or a.failed < b.failed, false) as back
        ) fell
        cross join fax.restarted_at(of_server, before_at, after_at) n
    )
    select
        c.from_at, c.to_at, c.restarted,
        c.transmit_attempts, s.transmit_attempts,
        c.receive_attempts, s.receive_attempts,
        c.transmit_attempts + c.receive_attempts - s.attempts,
        c.completed, e.completed,
        c.failed, e.failed
    from compared c
    cross join lateral (select greatest(c.from_at, c.began_at) as since) t
    cross join lateral (
        select
            count(*) filter (where q.operation = 'send') as transmit_attempts,
            count(*) filter (where q.operation = 'receive') as receive_attempts,
            count(*) as attempts
        from fax.sessions q
        where q.server = of_server and q.started_at > t.since and q.started_at <= c.to_at
          and fax.is_attempt(q.operation, q.result_error)
    ) s
    cross join lateral (
        select
            count(*) as completed,
            count(*) filter (where q.result = 'failed') as failed
        from (
            -- uses the indexes of completions; a fax that ended in this time may have started long before
            select h.session_id, h.started_at
            from fax.observation h
            where h.event in ('SendFAX', 'ReceiveFAX')
              and h.observed_at > t.since and h.observed_at <= c.to_at
              and h.started_at > t.since - interval '1 day' and h.started_at <= c.to_at
            union
            select p.session_id, p.started_at
            from fax.session_pack p
            where p.completed_at > t.since and p.completed_at <= c.to_at
              and p.started_at > t.since - interval '1 day' and p.started_at <= c.to_at
            union
            select d.session_id, d.started_at
            from fax.dropped_session d
            where d.completed_at > t.since and d.completed_at <= c.to_at
              and d.started_at > t.since - interval '1 day' and d.started_at <= c.to_at
        ) ended
        join lateral (
            select f.server, f.result, f.ended_at
            from fax.sessions f
            where f.session_id = ended.session_id and f.started_at = ended.started_at
            offset 0
        ) q on q.server = of_server and q.ended_at > t.since and q.ended_at <= c.to_at
            -- as far back as the searches above reach whatever the interval
            and q.ended_at < ended.started_at + interval '1 day'
    ) e;
end;

comment on function fax.compare_readings is 'Compares two FAXStats readings of a server, each with its time and headers, with the sessions observed between them: attempts with sessions that started, completions with sessions that completed. A server that restarted counts from 0, so its new counters are compared with the sessions since the restart.';

-- grain: one interval of one server: at most one row
-- example: select * from fax.reconcile('pbx1', '2026-11-23 14:00+00', '2026-11-23 15:00+00');
-- Compares what a server counted between two of its FAXStats readings with the sessions observed in that time
-- (fax.compare_readings). The readings are the last one up to from_moment and the first one from to_moment on. No row if
-- one of them is missing.
create function fax.reconcile(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (
    from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language sql stable parallel safe
begin atomic
    select n.*
    from (
        select h.observed_at, h.details
        from fax.server_history h
        where h.server = of_server and h.event = 'FAXStats' and h.observed_at <= from_moment
        order by h.observed_at desc limit 1
    ) b
    cross join (
        select h.observed_at, h.details
        from fax.server_history h
        where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= to_moment
        order by h.observed_at limit 1
    ) a
    cross join lateral fax.compare_readings(of_server, b.observed_at, b.details, a.observed_at, a.details) n;
end;

comment on function fax.reconcile is 'Compares what a server counted between two of its FAXStats readings with the sessions observed in that time (fax.compare_readings). The readings are the last one up to from_moment and the first one from to_moment on. No row if one of them is missing.';

-- Compares the FAXStats readings of a server, taken between two moments, the second one excluded, each with the one before
-- it by the same collector and with the sessions observed in between (as fax.compare_readings). from_at is NULL for the
-- first reading of a collector. Finds the interval of each session among all readings at once.
-- example: select * from fax.compare_readings_between('pbx1', '2026-11-23', '2026-11-24');
create function fax.compare_readings_between(of_server text, from_moment timestamptz, to_moment timestamptz)
returns table (
    collector_id text, from_at timestamptz, to_at timestamptz, restarted boolean,
    transmit_attempts bigint, transmit_attempts_seen bigint,
    receive_attempts bigint, receive_attempts_seen bigint,
    attempts_missed bigint,
    completed bigint, completed_seen bigint,
    failed bigint, failed_seen bigint
)
language plpgsql stable parallel safe
rows 1440
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planning costs as much as a day
as $$
#variable_conflict use_column
begin
    return query
    -- each collector with the times of its readings: the last one before the period, then those of the period
    with observer as materialized (
        select
            p.collector_id,
            b.observed_at as before_at,
            b.details as before_details,
            case when b.observed_at is null then p.moments else b.observed_at || p.moments end as moments
        from (
            select h.collector_id, array_agg(h.observed_at order by h.observed_at) as moments
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= from_moment and h.observed_at < to_moment
            group by h.collector_id
        ) p
        join fax.reading_series s on s.server = of_server and s.collector_id = p.collector_id
        left join lateral (
            select h.observed_at, h.details
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.collector_id = p.collector_id
              and h.observed_at < from_moment and s.first_at < from_moment
            order by h.observed_at desc
            limit 1
        ) b on true
    ),
    first_reading as materialized (
        select coalesce(min(o.before_at), from_moment) as at from observer o
    ),
    -- each reading with the one before it
    reading as (
        select
            r.*,
            lag(r.observed_at) over by_collector as from_at,
            lag(r.transmit_attempts) over by_collector as transmit_attempts_before,
            lag(r.receive_attempts) over by_collector as receive_attempts_before,
            lag(r.completed) over by_collector as completed_before,
            lag(r.failed) over by_collector as failed_before
        from (
            select
                h.collector_id,
                h.observed_at,
                fax.counter(h.details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(h.details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(h.details, 'CompletedFAXes') as completed,
                fax.counter(h.details, 'FailedFAXes') as failed
            from fax.server_history h
            where h.server = of_server and h.event = 'FAXStats' and h.observed_at >= from_moment and h.observed_at < to_moment
            union all
            select
                o.collector_id,
                o.before_at as observed_at,
                fax.counter(o.before_details, 'TransmitAttempts') as transmit_attempts,
                fax.counter(o.before_details, 'ReceiveAttempts') as receive_attempts,
                fax.counter(o.before_details, 'CompletedFAXes') as completed,
                fax.counter(o.before_details, 'FailedFAXes') as failed
            from observer o
            where o.before_at is not null
        ) r
        window by_collector as (partition by r.collector_id order by r.observed_at)
    ),
    session as materialized (
        select q.started_at, q.operation, q.result_error, q.result, q.ended_at, q.end_observed_by
        from fax.sessions q
        where q.server = of_server
          and q.started_at > (select f.at - interval '1 day' from first_reading f)
          and q.started_at < to_moment
    ),
    -- what happened until each reading, after the one before it
    counted as (
        select
            o.collector_id,
            o.moments[e.earlier + 1] as to_at,
            sum(e.started) as attempts,
            sum(e.sent) as sent,
            sum(e.received) as received,
            sum(e.ended) as completed,
            sum(e.ended_failed) as failed
        from observer o
        cross join lateral (
            -- the number of readings before it
            select
                width_bucket(s.started_at - interval '1 microsecond', o.moments) as earlier, 1 as started,
                (s.operation = 'send')::integer as sent, (s.operation = 'receive')::integer as received, 0 as ended, 0 as ended_failed
            from session s
            where fax.is_attempt(s.operation, s.result_error)
            union all
            select
                width_bucket(s.ended_at - interval '1 microsecond', o.moments) as earlier, 0 as started,
                0 as sent, 0 as received, 1 as ended, (s.result = 'failed')::integer as ended_failed
            from session s
            where s.end_observed_by = 'completion' and s.ended_at < s.started_at + interval '1 day'
        ) e
        group by o.collector_id, o.moments[e.earlier + 1]
    ),
    -- readings after a restart, with what happened since (fax.restarted_at)
    restarted as (
        select i.collector_id, i.to_at, b.began_at, n.*
        from (
            select distinct m.collector_id, m.moments[m.earlier] as from_at, m.moments[m.earlier + 1] as to_at
            from (
                select o.collector_id, o.moments, width_bucket(h.observed_at - interval '1 microsecond', o.moments) as earlier
                from fax.server_history h
                cross join observer o
                where h.server = of_server and h.event in ('FullyBooted', 'Load')
                  and h.observed_at > (select f.at from first_reading f) and h.observed_at < to_moment
            ) m
        ) i
        cross join lateral fax.restarted_at(of_server, i.from_at, i.to_at) b
        cross join lateral (
            select
                count(*) filter (where q.started and q.operation = 'send') as sent,
                count(*) filter (where q.started and q.operation = 'receive') as received,
                count(*) filter (where q.started) as attempts,
                count(*) filter (where q.ended) as completed,
                count(*) filter (where q.ended and q.result = 'failed') as failed
            from (
                select
                    s.operation,
                    s.result,
                    s.started_at > b.began_at and s.started_at <= i.to_at and fax.is_attempt(s.operation, s.result_error) as started,
                    s.ended_at > b.began_at and s.ended_at <= i.to_at and s.end_observed_by = 'completion'
                        and s.ended_at < s.started_at + interval '1 day' as ended
                from session s
            ) q
        ) n
        where b.began_at is not null
    )
    select
        r.collector_id,
        r.from_at,
        r.observed_at,
        k.restarted,
        n.transmit_attempts,
        case when b.began_at is null then coalesce(c.sent, 0) else b.sent end,
        n.receive_attempts,
        case when b.began_at is null then coalesce(c.received, 0) else b.received end,
        n.transmit_attempts + n.receive_attempts - case when b.began_at is null then coalesce(c.attempts, 0) else b.attempts end,
        r.completed - case when k.restarted then 0 else r.completed_before end,
        case when b.began_at is null then coalesce(c.completed, 0) else b.completed end,
        r.failed - case when k.restarted then 0 else r.failed_before end,
        case when b.began_at is null then coalesce(c.failed, 0) else b.failed end
    from reading r
    left join counted c on c.collector_id = r.collector_id and c.to_at = r.observed_at
    left join restarted b on b.collector_id = r.collector_id and b.to_at = r.observed_at
    cross join lateral (
        select coalesce(
            r.transmit_attempts < r.transmit_attempts_before or r.receive_attempts < r.receive_attempts_before
            or r.completed < r.completed_before or r.failed < r.failed_before, false) or b.began_at is not null as restarted
    ) k
    cross join lateral (
        select
            r.transmit_attempts - case when k.restarted then 0 else r.transmit_attempts_before end as transmit_attempts,
            r.receive_attempts - case when k.restarted then 0 else r.receive_attempts_before end as receive_attempts
    ) n
    where r.observed_at >= from_moment;
end
$$;

comment on function fax.compare_readings_between is 'Compares the FAXStats readings of a server, taken between two moments, the second one excluded, each with the one before it by the same collector and with the sessions observed in between (as fax.compare_readings). from_at is NULL for the first reading of a collector. Finds the interval of each session among all readings at once.';

-- grain: one interval between two FAXStats readings of one server by one collector
-- example: select from_at, to_at, attempts_missed from fax.reconciliation where server = 'pbx1' and from_at >= '2026-11-23' and attempts_missed <> 0;
-- The server counts a fax up to half a minute before it lists it (answer, T.38 negotiation), so a difference in one
-- interval may be offset in the next. Sum over intervals.
-- Rows of finished days are stored (fax.compared_reading). Those of other days are computed, a day of a server at a time,
-- so conditions on the server and on the day limit what is computed, and one on times does not.
create view fax.reconciliation as
select
    r.server,  -- Name of the server in the settings.
    e.ids[width_bucket(r.to_at, e.moments)] as epoch_id,  -- Epoch of the later reading. NULL if no epoch was known by then.
    r.collector_id,  -- Collector of the two readings. Each collector has its own rows.
    r.from_at,  -- Time of the earlier reading.
    r.to_at,  -- Time of the later reading.
    r.restarted,  -- Whether the server or its fax module restarted in between; then all counts are those since.
    r.transmit_attempts,  -- Faxes that the server started to send, by TransmitAttempts. NULL if not reported.
    r.transmit_attempts_seen,  -- Sessions with operation send that started in this time.
    r.receive_attempts,  -- Faxes that the server started to receive, by ReceiveAttempts. NULL if not reported.
    r.receive_attempts_seen,  -- Sessions with operation receive that started in this time.
    r.attempts_missed,  -- Attempts by the server minus sessions that started (including those of unknown operation). Negative if the server counted a session in the interval before. NULL if not reported.
    r.completed,  -- Faxes that ran to an end, failed ones included, by CompletedFAXes. NULL if not reported.
    r.completed_seen,  -- Sessions that ended with a completion event in this time.
    r.failed,  -- Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL if not reported.
    r.failed_seen,  -- Sessions that ended with a completion event in this time and failed.
    r.day  -- UTC day of to_at. In a query about a period, conditions on day and to_at together compute and read only that period.
from (
    select
        s.server,
        s.collector_id,
        c.from_at,
        c.to_at,
        coalesce(c.restarted, false) as restarted,
        case when c.counts is null then coalesce(c.transmit_attempts, 0) else c.counts[1] end as transmit_attempts,
        case when c.counts is null then coalesce(c.transmit_attempts_seen, 0) else c.counts[2] end as transmit_attempts_seen,
        case when c.counts is null then coalesce(c.receive_attempts, 0) else c.counts[3] end as receive_attempts,
        case when c.counts is null then coalesce(c.receive_attempts_seen, 0) else c.counts[4] end as receive_attempts_seen,
        case when c.counts is null then coalesce(c.attempts_missed, 0) else c.counts[5] end as attempts_missed,
        case when c.counts is null then coalesce(c.completed, 0) else c.counts[6] end as completed,
        case when c.counts is null then coalesce(c.completed_seen, 0) else c.counts[7] end as completed_seen,
        case when c.counts is null then coalesce(c.failed, 0) else c.counts[8] end as failed,
        case when c.counts is null then coalesce(c.failed_seen, 0) else c.counts[9] end as failed_seen,
        (c.to_at at time zone 'UTC')::date as day
    from fax.reading_series s
    join fax.compared_reading c on c.series = s.series
    union all
    select
        d.server,
        n.collector_id,
        n.from_at,
        n.to_at,
        n.restarted,
        n.transmit_attempts,
        n.transmit_attempts_seen,
        n.receive_attempts,
        n.receive_attempts_seen,
        n.attempts_missed,
        n.completed,
        n.completed_seen,
        n.failed,
        n.failed_seen,
        d.day
    from fax.reconciliation_day d
    cross join lateral fax.compare_readings_between(
        d.server, d.day::timestamp at time zone 'UTC', (d.day + 1)::timestamp at time zone 'UTC') n
    where d.since is null and n.from_at is not null
) r
left join (
    -- the epochs of each server in their order
    select
        o.server,
        array_agg(o.began_at order by o.began_at, o.reload_ordinal) as moments,
        array_agg(o.epoch_id order by o.began_at, o.reload_ordinal) as ids
    from (
        select p.server, p.epoch_id, p.reload_ordinal, coalesce(p.reloaded_at, p.started_at, p.first_seen_at) as began_at
        from fax.epoch p
    ) o
    group by o.server
) e on e.server = r.server;

comment on view fax.reconciliation is 'A server''s own counters between two FAXStats readings, beside the sessions observed in that time.';

comment on column fax.reconciliation.server is 'Name of the server in the settings.';

comment on column fax.reconciliation.epoch_id is 'Epoch of the later reading. NULL if no epoch was known by then.';

comment on column fax.reconciliation.collector_id is 'Collector of the two readings. Each collector has its own rows.';

comment on column fax.reconciliation.from_at is 'Time of the earlier reading.';

comment on column fax.reconciliation.to_at is 'Time of the later reading.';

comment on column fax.reconciliation.restarted is 'Whether the server or its fax module restarted in between; then all counts are those since.';

comment on column fax.reconciliation.transmit_attempts is 'Faxes that the server started to send, by TransmitAttempts. NULL if not reported.';

comment on column fax.reconciliation.transmit_attempts_seen is 'Sessions with operation send that started in this time.';

comment on column fax.reconciliation.receive_attempts is 'Faxes that the server started to receive, by ReceiveAttempts. NULL if not reported.';

comment on column fax.reconciliation.receive_attempts_seen is 'Sessions with operation receive that started in this time.';

comment on column fax.reconciliation.attempts_missed is 'Attempts by the server minus sessions that started (including those of unknown operation). Negative if the server counted a session in the interval before. NULL if not reported.';

comment on column fax.reconciliation.completed is 'Faxes that ran to an end, failed ones included, by CompletedFAXes. NULL if not reported.';

comment on column fax.reconciliation.completed_seen is 'Sessions that ended with a completion event in this time.';

comment on column fax.reconciliation.failed is 'Faxes that failed, by FailedFAXes: those that completed with FAXSTATUS FAILED, and a few that never ran. NULL if not reported.';

comment on column fax.reconciliation.failed_seen is 'Sessions that ended with a completion event in this time and failed.';

comment on column fax.reconciliation.day is 'UTC day of to_at. In a query about a period, conditions on day and to_at together compute and read only that period.';

-- The rows of fax.reconciliation of one server whose later reading was taken between two moments, the second one
-- excluded.
-- example: select * from fax.reconciliation_between('pbx1', '2026-10-01', '2026-11-01') where attempts_missed <> 0;
create function fax.reconciliation_between(of_server text, from_moment timestamptz, to_moment timestamptz)
returns setof fax.reconciliation
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.*
    from fax.reconciliation r
    where r.server = of_server and r.to_at >= from_moment and r.to_at < to_moment
      -- computes no other days
      and r.day >= (from_moment at time zone 'UTC')::date and r.day <= (to_moment at time zone 'UTC')::date;
end
$$;

comment on function fax.reconciliation_between is 'The rows of fax.reconciliation of one server whose later reading was taken between two moments, the second one excluded.';

-- Stores the rows of fax.reconciliation of up to `most` days that lack them (fax.reconciliation_day), the newest first,
-- and returns their number: 0 if nothing is due. A day is due two hours after its end, when most evidence has arrived, and
-- when its sessions have totals, so that it takes some milliseconds. Takes the lock of all appenders, so that nothing is
-- appended meanwhile.
-- example: select fax.write_reconciliation(10);
create function fax.write_reconciliation(most integer default 1) returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    newest constant date := ((now() - interval '2 hours') at time zone 'UTC')::date - 1;
    due record;
    written integer := 0;
begin
    if not exists (select from fax.reconciliation_day d where d.since is null and d.day <= newest) then
        return 0;
    end if;
    perform fax.lock_append();
    for due in
        select d.server, d.day, d.began, d.ends
        from (
            select r.*, r.day::timestamp at time zone 'UTC' as began, (r.day + 1)::timestamp at time zone 'UTC' as ends
            from fax.reconciliation_day r
            where r.since is null and r.day <= newest
        ) d
        order by d.day desc, d.server
    loop
        exit when written >= most;
        perform from fax.session_untotalled u
        where u.server = due.server and u.started_at >= due.began - interval '25 hours' and u.started_at < due.ends
        limit 1;
        continue when found;
        with compared as materialized (
            select n.* from fax.compare_readings_between(due.server, due.began, due.ends) n
        ),
        stored as (
            insert into fax.compared_reading (
                to_at, from_at, series, transmit_attempts, transmit_attempts_seen, receive_attempts, receive_attempts_seen,
                attempts_missed, completed, completed_seen, failed, failed_seen, restarted, counts)
            select
                c.to_at, c.from_at, s.series,
                case when f.its then nullif(c.transmit_attempts, 0)::smallint end,
                case when f.its then nullif(c.transmit_attempts_seen, 0)::smallint end,
                case when f.its then nullif(c.receive_attempts, 0)::smallint end,
                case when f.its then nullif(c.receive_attempts_seen, 0)::smallint end,
                case when f.its then nullif(c.attempts_missed, 0)::smallint end,
                case when f.its then nullif(c.completed, 0)::smallint end,
                case when f.its then nullif(c.completed_seen, 0)::smallint end,
                case when f.its then nullif(c.failed, 0)::smallint end,
                case when f.its then nullif(c.failed_seen, 0)::smallint end,
                nullif(c.restarted, false),
                case when not f.its then n.counts end
            from compared c
            join fax.reading_series s on s.server = due.server and s.collector_id = c.collector_id
            cross join lateral (
                select array[c.transmit_attempts, c.transmit_attempts_seen, c.receive_attempts, c.receive_attempts_seen,
                             c.attempts_missed, c.completed, c.completed_seen, c.failed, c.failed_seen] as counts
            ) n
            cross join lateral (
                select bool_and(coalesce(v.count between -32768 and 32767, false)) as its from unnest(n.counts) v (count)
            ) f
            where c.from_at is not null
            order by s.series, c.to_at
        )
        update fax.reconciliation_day d
        set since = coalesce((select min(coalesce(c.from_at, '-infinity')) from compared c), '-infinity')
        where d.server = due.server and d.day = due.day;
        written := written + 1;
    end loop;
    return written;
end
$$;

comment on function fax.write_reconciliation is 'Stores the rows of fax.reconciliation of up to `most` days that lack them (fax.reconciliation_day), the newest first, and returns their number: 0 if nothing is due. A day is due two hours after its end, when most evidence has arrived, and when its sessions have totals, so that it takes some milliseconds. Takes the lock of all appenders, so that nothing is appended meanwhile.';

-- The days within a period whose stored rows of fax.reconciliation are not those that their readings and sessions give
-- (except days that count deleted sessions),
-- and days with readings or stored rows that fax.reconciliation_day and fax.reading_series do not name. The period consists of whole
-- UTC days.
-- Runs with its owner's rights, so that it can be called without rights on the values.
-- example: select * from fax.wrong_reconciliation('2026-11-01 00:00+00', '2026-11-02 00:00+00');
create function fax.wrong_reconciliation(from_at timestamptz, to_at timestamptz)
returns table (server text, day date, problem text)
language sql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with stored as materialized (
        select d.server, d.day, d.since, d.day::timestamp at time zone 'UTC' as began, (d.day + 1)::timestamp at time zone 'UTC' as ends
        from fax.reconciliation_day d
        where d.since is not null and d.day >= (from_at at time zone 'UTC')::date and d.day < (to_at at time zone 'UTC')::date
    )
    select s.server, s.day, 'the stored comparisons with the server''s counters are not those of the readings and sessions'
    from stored s
    where not fax.counts_deleted(s.day, s.since) and exists (
        select
        from (
            select n.collector_id, n.from_at, n.to_at, n.restarted,
                   array[n.transmit_attempts, n.transmit_attempts_seen, n.receive_attempts, n.receive_attempts_seen,
                         n.attempts_missed, n.completed, n.completed_seen, n.failed, n.failed_seen] as counts,
                   1 as times
            from fax.compare_readings_between(s.server, s.began, s.ends) n
            where n.from_at is not null
            union all
            select r.collector_id, c.from_at, c.to_at, coalesce(c.restarted, false) as restarted,
                   coalesce(c.counts, array[
                         coalesce(c.transmit_attempts, 0), coalesce(c.transmit_attempts_seen, 0), coalesce(c.receive_attempts, 0),
                         coalesce(c.receive_attempts_seen, 0), coalesce(c.attempts_missed, 0), coalesce(c.completed, 0),
                         coalesce(c.completed_seen, 0), coalesce(c.failed, 0), coalesce(c.failed_seen, 0)]::bigint[]) as counts,
                   -1 as times
            from fax.reading_series r
            join fax.compared_reading c on c.series = r.series
            where r.server = s.server and c.to_at >= s.began and c.to_at < s.ends
        ) b
        group by b.collector_id, b.from_at, b.to_at, b.restarted, b.counts
        having sum(b.times) <> 0
    )
    union all
    select distinct h.server, h.day,
        'its readings are not in fax.reconciliation_day or fax.reading_series: fax.reconciliation does not show them'
    from (
        select n.server, n.collector_id, (n.observed_at at time zone 'UTC')::date as day, min(n.observed_at) as first_at
        from fax.server_history n
        where n.event = 'FAXStats' and n.observed_at >= from_at and n.observed_at < to_at
        group by 1, 2, 3
    ) h
    where not exists (select from fax.reconciliation_day d where d.server = h.server and d.day = h.day)
       or not exists (
           select from fax.reading_series s
           where s.server = h.server and s.collector_id = h.collector_id and s.first_at <= h.first_at)
    union all
    select c.server, c.day, 'has stored comparisons that fax.reconciliation_day does not name: fax.reconciliation shows them twice'
    from (
        select distinct r.server, (n.to_at at time zone 'UTC')::date as day
        from fax.compared_reading n
        join fax.reading_series r on r.series = n.series
        where n.to_at >= wrong_reconciliation.from_at and n.to_at < wrong_reconciliation.to_at
    ) c
    where not exists (select from stored s where s.server = c.server and s.day = c.day)
$$;

comment on function fax.wrong_reconciliation is 'The days within a period whose stored rows of fax.reconciliation are not those that their readings and sessions give (except days that count deleted sessions), and days with readings or stored rows that fax.reconciliation_day and fax.reading_series do not name. The period consists of whole UTC days. Runs with its owner''s rights, so that it can be called without rights on the values.';

-- How many sessions of a server, without detectors, overlap a gap and started at most a day before it (fax.coverage_gaps).
-- gap_ended_at: NULL if it has not ended.
-- example: select fax.sessions_in_gap('pbx1', '2026-11-23 14:00+00', '2026-11-23 14:05+00');
create function fax.sessions_in_gap(of_server text, gap_began_at timestamptz, gap_ended_at timestamptz) returns bigint
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- else each call is planned
as $$
declare
    since constant timestamptz := gap_began_at - interval '1 day';
    recent constant timestamptz := gap_began_at - interval '1 hour';
    until constant timestamptz := coalesce(gap_ended_at + interval '1 second', 'infinity');
    counted bigint;
    others uuid[];
begin
    select
        count(*) filter (where t.ended_at is not null
                           and fax.is_shown(t.is_fax, t.session_number, t.snapshots, t.completed_at is not null)
                           and t.operation is distinct from 'V.21'),
        array_agg(t.session_id) filter (where t.ended_at is null)
    into counted, others
    from (
        select
            r.session_id, r.session_number, r.completed_at, r.snapshots, r.is_fax, r.operation,
            coalesce(r.completed_at, r.gone_at) as ended_at
        from fax.session_total r
        where r.server = of_server and r.started_at >= recent and r.started_at <= until
        union all
        -- of those that started earlier, only long ones can overlap it, and these have an index
        select
            l.session_id, l.session_number, l.completed_at, l.snapshots, l.is_fax, l.operation,
            coalesce(l.completed_at, l.gone_at) as ended_at
        from fax.session_total l
        where l.server = of_server and l.started_at >= since and l.started_at < recent
          and (coalesce(l.completed_at, l.gone_at) - l.started_at > interval '1 hour') is not false
    ) t
    where coalesce(t.ended_at, 'infinity') >= gap_began_at;
    -- those without a recorded end or without a total, if they have a row since or are open
    if others is not null or exists (
        select 1 from fax.session_untotalled u
        where u.server = of_server and u.started_at >= since and u.started_at <= until)
    then
        others := array(
            select t.session_id
            from fax.session_total t
            join fax.session i on i.session_id = t.session_id
            where t.session_id = any (others) and (t.last_row_at >= gap_began_at or i.is_open)
            union all
            select u.session_id
            from fax.session_untotalled u
            join fax.session i on i.session_id = u.session_id
            where u.server = of_server and u.started_at >= since and u.started_at <= until
              and (i.is_open
                   or exists (select 1 from fax.observation o
                              where o.session_id = u.session_id and o.started_at = u.started_at and o.observed_at >= gap_began_at)
                   or exists (select 1 from fax.session_pack p
                              where p.session_id = u.session_id and p.started_at = u.started_at
                                and p.last_observed_at >= gap_began_at))
        );
        if others <> '{}' then
            counted := counted + (
                select count(*)
                from fax.sessions f
                where f.session_id = any (others) and f.started_at >= since and f.started_at <= until
                  and coalesce(f.ended_not_after, 'infinity') >= gap_began_at
                  and f.direction is distinct from 'detector'
            );
        end if;
    end if;
    return counted;
end
$$;

comment on function fax.sessions_in_gap is 'How many sessions of a server, without detectors, overlap a gap and started at most a day before it (fax.coverage_gaps). gap_ended_at: NULL if it has not ended.';

-- grain: one interval without a good poll of one server
-- example: select server, began_at, seconds, reason, missed_faxes from fax.coverage_gaps order by began_at;
-- Starts with the first poll of a server. For one server and a period use fax.gaps(), which reads only that period.
create view fax.coverage_gaps as
select
    s.server,  -- Name of the server in the settings.
    g.began_at,  -- Last good poll before it, by the observer's clock; if the collector was killed, the last one on record, which is up to a minute earlier unless a fax was in progress.
    g.ended_at,  -- First good poll after it. NULL if none yet.
    extract(epoch from g.ended_at - g.began_at) as seconds,  -- Seconds from began_at to ended_at. NULL if it has not ended.
    g.reason,  -- Why it began: collector down, connection lost, server silent, permission (login or action refused), poll refused (res_fax not loaded, or a malformed list), polls late, or dropped (observed, but lost because a queue was full).
    g.reasons,  -- All reasons reported during the gap, in order.
    g.messages,  -- Messages of the collector or the server during the gap, in order. NULL if none.
    fax.sessions_in_gap(s.server, g.began_at, g.ended_at) as sessions,  -- Known sessions, without detectors, that overlap it and started at most a day before it.
    (select greatest(m.attempts_missed, 0)
     from fax.reconcile(s.server, g.began_at, g.ended_at) m) as missed_faxes  -- Attempts that the server counted between its FAXStats readings before and after the gap and that match no session; after a restart, only those since. NULL if a reading is missing.
from fax.polled_servers s
cross join lateral (
    select
        a.began_at,
        nullif(a.ended_at, 'infinity') as ended_at,
        a.reason,
        a.reasons,
        a.messages
    from fax.gaps(s.server, s.first_polled_at, 'infinity') a
    -- the future is not a gap
    where a.began_at < now()
) g;

comment on view fax.coverage_gaps is 'One interval without a good poll of one server: faxstore did not observe what happened in it.';

comment on column fax.coverage_gaps.server is 'Name of the server in the settings.';

comment on column fax.coverage_gaps.began_at is 'Last good poll before it, by the observer''s clock; if the collector was killed, the last one on record, which is up to a minute earlier unless a fax was in progress.';

comment on column fax.coverage_gaps.ended_at is 'First good poll after it. NULL if none yet.';

comment on column fax.coverage_gaps.seconds is 'Seconds from began_at to ended_at. NULL if it has not ended.';

comment on column fax.coverage_gaps.reason is 'Why it began: collector down, connection lost, server silent, permission (login or action refused), poll refused (res_fax not loaded, or a malformed list), polls late, or dropped (observed, but lost because a queue was full).';

comment on column fax.coverage_gaps.reasons is 'All reasons reported during the gap, in order.';

comment on column fax.coverage_gaps.messages is 'Messages of the collector or the server during the gap, in order. NULL if none.';

comment on column fax.coverage_gaps.sessions is 'Known sessions, without detectors, that overlap it and started at most a day before it.';

comment on column fax.coverage_gaps.missed_faxes is 'Attempts that the server counted between its FAXStats readings before and after the gap and that match no session; after a restart, only those since. NULL if a reading is missing.';

-- A number or station id with all but its last two characters replaced by *. Values shorter than six are masked whole.
-- example: select fax.masked('+1 555 0100');
create function fax.masked(value text) returns text
language sql immutable parallel safe
as $$
    select case when length(value) < 6 then repeat('*', length(value)) else repeat('*', length(value) - 2) || right(value, 2) end
$$;

comment on function fax.masked is 'A number or station id with all but its last two characters replaced by *. Values shorter than six are masked whole.';

-- Creates fax.NAME_masked from the view fax.NAME: numbers and station ids are masked, file_names becomes the number of
-- files, and every other column whose comment contains "(personal" is left out. The rest appears unchanged, with its
-- comment.
-- of_session is the column that names the session of the files, erased_files their number in fax.erased_key.
-- example: select fax.make_masked_view('sessions', 'session_id', 'files');
create function fax.make_masked_view(view_name text, of_session text, erased_files text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    base regclass := to_regclass(format('fax.%I', view_name));
    masked_name text := view_name || '_masked';
    described record;
begin
    execute (
        select format('create view fax.%I as select %s from fax.%I b', masked_name, string_agg(case
                when a.attname in ('caller_number', 'called_number', 'local_station_id', 'remote_station_id')
                    then format('fax.masked(b.%1$I) as %1$I', a.attname)
                when a.attname = 'file_names' then format(
                    'coalesce((select k.%I from fax.erased_key k where k.session_id = b.%I), cardinality(b.file_names)) as files',
                    erased_files, of_session)
                when col_description(a.attrelid, a.attnum) !~ '\(personal' then format('b.%I', a.attname)
            end, ', ' order by a.attnum), view_name)
        from pg_attribute a
        where a.attrelid = base and a.attnum > 0
    );
    for described in
        select m.attname as name, replace(col_description(b.attrelid, b.attnum), '(personal)', '(masked)') as comment
        from pg_attribute m
        join pg_attribute b on b.attrelid = base and b.attname = m.attname
        where m.attrelid = to_regclass(format('fax.%I', masked_name))
    loop
        execute format('comment on column fax.%I.%I is %L', masked_name, described.name, described.comment);
    end loop;
    execute format('comment on column fax.%I.files is %L', masked_name, 'Number of files sent or received. NULL if not reported.');
end
$$;

comment on function fax.make_masked_view is 'Creates fax.NAME_masked from the view fax.NAME: numbers and station ids are masked, file_names becomes the number of files, and every other column whose comment contains "(personal" is left out. The rest appears unchanged, with its comment. of_session is the column that names the session of the files, erased_files their number in fax.erased_key.';

-- grain: one fax session, without personal values
-- example: select caller_number, remote_station_id, pages, result from fax.sessions_masked where started_at >= '2026-11-01';
select fax.make_masked_view('sessions', 'session_id', 'files');

comment on view fax.sessions_masked is 'One fax session as in fax.sessions, without personal values. Of a masked value only the length and the last two characters remain, or only the length if it is shorter than six.';

-- Whether a row of the history or a reported fax has an account code, by its first 100 characters. Reads one entry of the index
-- observation_account per partition, and fax.packed_account.
-- Runs with the rights of the owner, because fax_masked may filter by account but reads no history.
-- example: select fax.has_account('law');
create function fax.has_account(account text) returns boolean
language sql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
begin atomic
    select left(has_account.account, 100) is not distinct from (
        select min(left(h.details ->> 'AccountCode', 100))
        from fax.observation h
        where h.details ->> 'AccountCode' <> ''
          and left(h.details ->> 'AccountCode', 100) >= left(has_account.account, 100))
        or exists (select 1 from fax.packed_account p where p.account = left(has_account.account, 100))
        or exists (select 1 from fax.reported_fax r where r.account_code = has_account.account);
end;

comment on function fax.has_account is 'Whether a row of the history or a reported fax has an account code, by its first 100 characters. Reads one entry of the index observation_account per partition, and fax.packed_account. Runs with the rights of the owner, because fax_masked may filter by account but reads no history.';

-- All account codes on record, in order, each up to its first 100 characters. Of rows that are not packed, reads one entry
-- of the index observation_account per code and partition.
-- example: select * from fax.known_accounts();
create function fax.known_accounts() returns setof text
language sql stable
begin atomic
    with recursive known (account) as (
        select min(left(h.details ->> 'AccountCode', 100)) as account
        from fax.observation h
        where h.details ->> 'AccountCode' <> ''
        union all
        select (
            select min(left(h.details ->> 'AccountCode', 100))
            from fax.observation h
            where h.details ->> 'AccountCode' <> '' and left(h.details ->> 'AccountCode', 100) > k.account)
        from known k
        where k.account is not null
    )
    select k.account from known k where k.account is not null
    union
    select p.account as account from fax.packed_account p
    union
    select left(r.account_code, 100) as account from fax.reported_fax r where r.account_code is not null
    order by account;
end;

comment on function fax.known_accounts is 'All account codes on record, in order, each up to its first 100 characters. Of rows that are not packed, reads one entry of the index observation_account per code and partition.';

-- When the first session of a server started; NULL if it has none.
-- example: select fax.first_start('pbx1');
create function fax.first_start(of_server text) returns timestamptz
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select min(s.started_at) from fax.session s where s.server = of_server);
end
$$;

comment on function fax.first_start is 'When the first session of a server started; NULL if it has none.';

-- grain: the one setting of fax.jobs
-- example: update fax.job_window set hours = 2;
create table fax.job_window (
    hours    numeric not null check (hours > 0 and hours <= 8784),  -- How long after the start of an attempt the next one still belongs to the same job, hours.
    only_row boolean primary key default true check (only_row)  -- Always true: the table has one row.
);

insert into fax.job_window (hours) values (24);

create trigger refuse_removal before delete or truncate on fax.job_window for each statement execute function fax.refuse_change();

comment on table fax.job_window is 'Reference table with one row: how far apart two attempts at one fax may be (fax.jobs). A change applies to all jobs, also past ones.';

comment on column fax.job_window.hours is 'How long after the start of an attempt the next one still belongs to the same job, hours.';

comment on column fax.job_window.only_row is 'Always true: the table has one row.';

-- The different names of an array, sorted by their bytes, without blank ones; NULL if there is none.
-- example: select fax.sorted_names(array['/fax/2.tif', '/fax/1.tif', '/fax/2.tif']);
create function fax.sorted_names(names text[]) returns text[]
language sql immutable parallel safe
as $$
    select array_agg(distinct n.name collate "C" order by n.name collate "C") from unnest(names) n (name) where n.name <> ''
$$;

comment on function fax.sorted_names is 'The different names of an array, sorted by their bytes, without blank ones; NULL if there is none.';

-- The different names among the files of a fax, sorted; NULL if there is none. Most faxes have one file, which needs no
-- sort.
-- example: select fax.file_set(array['/fax/2.tif', '/fax/1.tif', '/fax/2.tif']);
create function fax.file_set(files text[]) returns text[]
language sql immutable parallel safe
as $$
    select case
        when cardinality(files) = 1 then nullif(array_remove(array_remove(files, ''), null), '{}')
        when files is not null then fax.sorted_names(files)
    end
$$;

comment on function fax.file_set is 'The different names among the files of a fax, sorted; NULL if there is none. Most faxes have one file, which needs no sort.';

-- What attempts at the same fax of one server, account and direction have in common; NULL if nothing identifies the fax.
--   sent      The document and its destination: called number and files. If one of them is unknown, the other one.
--   received  Each attempt has another file, so the two ends: caller and called number. A caller without a digit
--             (anonymous) identifies nobody.
-- Values compare as they were received: +49 30 and 0049 30 are different numbers. files: as of fax.file_set().
-- Stable, as jsonb_build_array() is: an immutable function would not be inlined, and take twice as long.
-- example: select fax.job_subject('sent', '5550100', null, array['/fax/1.tif']);
create function fax.job_subject(direction text, called_number text, caller_number text, files text[]) returns text
language sql stable parallel safe
as $$
    select case
        when direction = 'sent' and (called_number is not null or files is not null)
            then jsonb_build_array(called_number, files)::text
        when direction = 'received' and caller_number ~ '[0-9]'
            then jsonb_build_array(called_number, caller_number)::text
    end
$$;

comment on function fax.job_subject is 'What attempts at the same fax of one server, account and direction have in common; NULL if nothing identifies the fax.   sent      The document and its destination: called number and files. If one of them is unknown, the other one.   received  Each attempt has another file, so the two ends: caller and called number. A caller without a digit             (anonymous) identifies nobody. Values compare as they were received: +49 30 and 0049 30 are different numbers. files: as of fax.file_set(). Stable, as jsonb_build_array() is: an immutable function would not be inlined, and take twice as long.';

-- grain: one attempt at a fax: a session that is neither a gateway's nor a detector's, or a reported fax
-- example: select session_id, started_at, result from fax.job_attempts where started_at >= '2026-11-01' and job_key is null;
-- Equal keys on one server belong together, NULL to nothing else. names_fax marks a key that contains document and
-- destination; other keys may be shared by different faxes. Of reported faxes, the key is the job of the other system.
create view fax.job_attempts as
select
    s.session_id,  -- The session, or the reported fax.
    s.session_number,  -- SessionNumber of Asterisk; orders attempts that were first observed in the same poll. NULL if known only from its events.
    s.started_at,  -- First observation of the session.
    s.server,  -- Name of the server in the settings.
    s.direction || ' ' || quote_nullable(s.account_code) || ' ' || k.subject as job_key,  -- What attempts at the same fax have in common: direction, account, and fax.job_subject() or its pseudonym if an erasure removed it from one of them (personal). NULL if nothing identifies the fax: then the attempt is a job of its own.
    k.names_fax,  -- Whether job_key has both the document and its destination. If not, other faxes may have the same key.
    s.account_code,  -- Account code of the channel. NULL if none or not reported.
    s.direction,  -- sent or received. NULL if not reported.
    s.caller_number,  -- CallerIDNum of the channel, as sent (personal). NULL if unknown.
    s.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    s.remote_station_id,  -- Station id that the other end chose (personal). NULL if none or not reported.
    s.transport,  -- G.711 or T.38, the last one used. NULL if not reported.
    n.names as file_names,  -- Files sent or received, sorted (personal). NULL if not reported.
    s.ended_not_before,  -- Lower bound of its end, as in fax.sessions. NULL if open.
    s.ended_at,  -- End of the session, as in fax.sessions. NULL if open.
    s.duration_seconds,  -- Seconds from first observation to end. NULL if open or unknown.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.result,  -- success, failed or unknown, as in fax.sessions.
    s.result_class,  -- Class of the result as in Asterisk's fax show stats. NULL if the result is unknown.
    s.result_text,  -- FAXSTATUSSTRING, else FAXERROR; the reason of a reported fax. NULL if not reported.
    'observed' as source  -- observed, or the records in which another system reported the fax (fax.reported_fax).
from fax.sessions s
-- offset 0: computed once per session, although several columns use it
cross join lateral (
    select
        f.names,
        fax.job_subject(s.direction, s.called_number, s.caller_number, f.names) as subject,
        coalesce(s.direction = 'sent', false) and s.called_number is not null and f.names is not null as names_fax
    from (select fax.file_set(s.file_names) as names offset 0) f
    offset 0
) n
left join fax.pseudonym p on p.kind = 'job' and p.value = n.subject
left join fax.erased_key e on e.session_id = s.session_id
-- of an erased fax, rows that arrived later may show more than what was known then
cross join lateral (
    select
        coalesce('erased:' || coalesce(w.pseudonym, p.pseudonym), n.subject) as subject,
        case when w.pseudonym is not null then e.names_fax else n.names_fax end as names_fax
    from (select case when e.names_fax or not n.names_fax then e.job end as pseudonym) w
) k
where s.direction in ('sent', 'received') or s.direction is null
union all
select
    r.session_id,
    null::bigint as session_number,
    r.started_at,
    r.server,
    'reported ' || r.source || ' ' || r.job as job_key,
    r.job is not null as names_fax,
    r.account_code,
    r.direction,
    r.caller_number,
    r.called_number,
    r.remote_station_id,
    null::text as transport,
    null::text[] as file_names,
    r.started_at as ended_not_before,
    r.started_at + coalesce(r.duration_seconds, 0) * interval '1 second' as ended_at,
    r.duration_seconds,
    r.pages,
    r.result,
    null::text as result_class,
    r.result_text,
    r.source
from fax.reported_fax r;

comment on view fax.job_attempts is 'One attempt at a fax, with the key that it shares with the other attempts. The base of fax.jobs.';

comment on column fax.job_attempts.session_id is 'The session, or the reported fax.';

comment on column fax.job_attempts.session_number is 'SessionNumber of Asterisk; orders attempts that were first observed in the same poll. NULL if known only from its events.';

comment on column fax.job_attempts.started_at is 'First observation of the session.';

comment on column fax.job_attempts.server is 'Name of the server in the settings.';

comment on column fax.job_attempts.job_key is 'What attempts at the same fax have in common: direction, account, and fax.job_subject() or its pseudonym if an erasure removed it from one of them (personal). NULL if nothing identifies the fax: then the attempt is a job of its own.';

comment on column fax.job_attempts.names_fax is 'Whether job_key has both the document and its destination. If not, other faxes may have the same key.';

comment on column fax.job_attempts.account_code is 'Account code of the channel. NULL if none or not reported.';

comment on column fax.job_attempts.direction is 'sent or received. NULL if not reported.';

comment on column fax.job_attempts.caller_number is 'CallerIDNum of the channel, as sent (personal). NULL if unknown.';

comment on column fax.job_attempts.called_number is 'Called number, as in fax.sessions (personal). NULL if unknown.';

comment on column fax.job_attempts.remote_station_id is 'Station id that the other end chose (personal). NULL if none or not reported.';

comment on column fax.job_attempts.transport is 'G.711 or T.38, the last one used. NULL if not reported.';

comment on column fax.job_attempts.file_names is 'Files sent or received, sorted (personal). NULL if not reported.';

comment on column fax.job_attempts.ended_not_before is 'Lower bound of its end, as in fax.sessions. NULL if open.';

comment on column fax.job_attempts.ended_at is 'End of the session, as in fax.sessions. NULL if open.';

comment on column fax.job_attempts.duration_seconds is 'Seconds from first observation to end. NULL if open or unknown.';

comment on column fax.job_attempts.pages is 'Pages, as in fax.sessions. NULL if not reported.';

comment on column fax.job_attempts.result is 'success, failed or unknown, as in fax.sessions.';

comment on column fax.job_attempts.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL if the result is unknown.';

comment on column fax.job_attempts.result_text is 'FAXSTATUSSTRING, else FAXERROR; the reason of a reported fax. NULL if not reported.';

comment on column fax.job_attempts.source is 'observed, or the records in which another system reported the fax (fax.reported_fax).';

-- The jobs that attempts form: those of one server with equal job_key in the order of their starts, divided into runs.
-- It needs all attempts of each key that it gets. The views call it with those of many keys at once, because each call
-- costs as much as dozens of attempts, but not with all of them, which would exceed the memory of a sort.
-- An attempt belongs to the job of the one before it if it starts at most window_hours after the start of that one, and
-- that one did not succeed. Received faxes of one caller may be different documents, so that one must have failed: an
-- unknown result does not suffice. And if other faxes may have the same key (not names_fax), that one must have ended:
-- faxes in progress at once are different ones.
-- example: select j.* from (select array_agg(a) as attempts from fax.job_attempts a where a.server = 'pbx1' and a.started_at >= '2026-11-01') k, fax.jobs_of(k.attempts, 24) j;
create function fax.jobs_of(attempts fax.job_attempts[], window_hours numeric)
returns table (
    job_id uuid, server text, account_code text, direction text, caller_number text, called_number text,
    remote_station_id text, file_names text[], first_attempt_at timestamptz, last_attempt_at timestamptz,
    ended_at timestamptz, in_progress boolean, joinable_until timestamptz, attempts bigint, succeeded boolean,
    result text, result_class text, result_text text, transport text, pages integer, seconds numeric,
    attempts_without_seconds bigint, last_session_id uuid, session_ids uuid[], source text
)
language sql stable parallel safe
begin atomic
    select
        j.session_ids[1], j.server, j.account_code, j.direction, j.caller_number, j.called_number, j.remote_station_id,
        j.file_names, j.first_attempt_at, j.last_attempt_at, case when not j.in_progress then j.ended_at end, j.in_progress,
        case when j.may_go_on then j.last_attempt_at + window_hours * interval '1 hour' end,
        j.attempts,
        case when j.result = 'success' then true when not j.any_unknown then false end,
        j.result, j.result_class, j.result_text, j.transport,
        case when j.result = 'success' then j.last_pages else j.most_pages end,
        j.seconds, j.attempts_without_seconds, j.session_ids[j.attempts], j.session_ids,
        j.source
    from (
        select
            r.server,
            -- of the last attempt; one value, so its maximum
            max(r.account_code) filter (where r.is_last) as account_code,
            max(r.direction) filter (where r.is_last) as direction,
            max(r.caller_number) filter (where r.is_last) as caller_number,
            max(r.called_number) filter (where r.is_last) as called_number,
            max(r.remote_station_id) filter (where r.is_last) as remote_station_id,
            max(r.file_names) filter (where r.is_last) as file_names,
            max(r.result) filter (where r.is_last) as result,
            max(r.result_class) filter (where r.is_last) as result_class,
            max(r.result_text) filter (where r.is_last) as result_text,
            max(r.transport) filter (where r.is_last) as transport,
            max(r.pages) filter (where r.is_last) as last_pages,
            max(r.source) as source,
            bool_or(r.may_be_followed and r.job_key is not null) filter (where r.is_last) as may_go_on,
            array_agg(r.session_id order by r.started_at, r.session_number, r.session_id) as session_ids,
            min(r.started_at) as first_attempt_at,
            max(r.started_at) as last_attempt_at,
            max(r.ended_at) as ended_at,
            bool_or(r.ended_at is null) as in_progress,
            count(*) as attempts,
            bool_or(r.result = 'unknown') as any_unknown,
            max(r.pages) as most_pages,
            sum(r.duration_seconds) as seconds,
            count(*) filter (where r.duration_seconds is null) as attempts_without_seconds
        from (
            select
                o.*,
                count(*) filter (where not o.joins) over in_order as job,
                lead(o.joins) over in_order is not true as is_last
            from (
                select
                    a.*,
                    n.key,
                    n.digest,
                    n.may_be_followed,
                    coalesce(
                        lag(n.may_be_followed) over in_order
                        and (a.names_fax or a.started_at >= lag(a.ended_not_before) over in_order)
                        and a.started_at - lag(a.started_at) over in_order <= window_hours * interval '1 hour',
                        false) as joins
                from unnest(attempts) a
                cross join lateral (
                    select
                        k.key,
                        hashtextextended(k.key, 0) as digest,
                        a.result = 'failed' or (a.result = 'unknown' and a.direction is distinct from 'received') as may_be_followed
                    from (select coalesce(a.job_key, a.session_id::text) as key) k
                ) n
                -- by the digest first, because texts take longer to compare
                window in_order as (partition by n.digest, n.key, a.server order by a.started_at, a.session_number, a.session_id)
            ) o
            window in_order as (partition by o.digest, o.key, o.server order by o.started_at, o.session_number, o.session_id)
        ) r
        group by r.digest, r.key, r.server, r.job
    ) j;
end;

comment on function fax.jobs_of is 'The jobs that attempts form: those of one server with equal job_key in the order of their starts, divided into runs. It needs all attempts of each key that it gets. The views call it with those of many keys at once, because each call costs as much as dozens of attempts, but not with all of them, which would exceed the memory of a sort. An attempt belongs to the job of the one before it if it starts at most window_hours after the start of that one, and that one did not succeed. Received faxes of one caller may be different documents, so that one must have failed: an unknown result does not suffice. And if other faxes may have the same key (not names_fax), that one must have ended: faxes in progress at once are different ones.';

-- grain: one fax that somebody wanted to send, with all attempts at it
-- example: select called_number, attempts, result_text from fax.jobs where server = 'pbx1' and not succeeded;
-- Covers the whole history; a filter on server reads only that server's sessions. For a period use fax.jobs_between(),
-- which reads only that period and what is within fax.job_window of it.
create view fax.jobs as
select
    j.job_id,  -- Identity of the job: the session_id of its first attempt. Changes only if an earlier attempt is appended later, or fax.job_window is changed.
    k.server,  -- Name of the server in the settings.
    j.account_code,  -- Account code of the channel. NULL if none or not reported.
    j.direction,  -- sent or received. NULL if not reported; such an attempt is a job of its own.
    j.caller_number,  -- CallerIDNum of the last attempt, as sent (personal). NULL if unknown.
    j.called_number,  -- Called number, as in fax.sessions (personal). NULL if unknown.
    j.remote_station_id,  -- Station id that the other end chose in the last attempt (personal). NULL if none or not reported.
    j.file_names,  -- Files sent, or received in the last attempt, sorted (personal). NULL if not reported.
    j.first_attempt_at,  -- First observation of the first attempt. Determines the period to which the job belongs.
    j.last_attempt_at,  -- First observation of the last attempt.
    j.ended_at,  -- End of the attempt that ended last. NULL if an attempt is in progress.
    j.in_progress,  -- Whether an attempt is in progress: its end was not observed.
    j.joinable_until,  -- A further attempt that starts until then belongs to this job: last_attempt_at plus fax.job_window. NULL if no attempt can follow: it succeeded, the last received one did not certainly fail, or nothing identifies the fax.
    j.attempts,  -- Attempts: sessions of this job.
    j.succeeded,  -- Whether the fax got through; the successful attempt is the last one. NULL if unknown: none is known to have succeeded, and the result of at least one is unknown.
    j.result,  -- Result of the last attempt: success, failed or unknown, as in fax.sessions.
    j.result_class,  -- Class of that result as in Asterisk's fax show stats. NULL if the result is unknown.
    j.result_text,  -- FAXSTATUSSTRING, else FAXERROR, of the last attempt. NULL if not reported.
    j.transport,  -- G.711 or T.38, the last one used in the last attempt. NULL if not reported.
    j.pages,  -- Pages of the successful attempt, else the most pages of any attempt. NULL if not reported.
    j.seconds,  -- Seconds of all attempts together, as far as known; see attempts_without_seconds. NULL if unknown for every attempt.
    j.attempts_without_seconds,  -- Attempts whose duration is unknown, including those in progress. Not in seconds.
    j.last_session_id,  -- The session_id of the last attempt.
    j.session_ids,  -- The session_id of each attempt, in the order of their starts.
    j.source  -- observed, or the records in which another system reported the attempts: xferfaxlog, v_fax_logs or cdr (fax.reported_fax).
from (
    select a.server, array_agg(a) as attempts
    from fax.job_attempts a
    -- some keys at a time (fax.jobs_of)
    group by a.server, hashtext(coalesce(a.job_key, a.session_id::text)) & 127
) k
cross join fax.job_window w
cross join lateral fax.jobs_of(k.attempts, w.hours) j;

comment on view fax.jobs is 'One fax that somebody wanted to send: the attempts of one server, account and direction with the same number and files (received: the same caller and called number), until one succeeds or none follows within fax.job_window.';

comment on column fax.jobs.job_id is 'Identity of the job: the session_id of its first attempt. Changes only if an earlier attempt is appended later, or fax.job_window is changed.';

comment on column fax.jobs.server is 'Name of the server in the settings.';

comment on column fax.jobs.account_code is 'Account code of the channel. NULL if none or not reported.';

comment on column fax.jobs.direction is 'sent or received. NULL if not reported; such an attempt is a job of its own.';

comment on column fax.jobs.caller_number is 'CallerIDNum of the last attempt, as sent (personal). NULL if unknown.';

comment on column fax.jobs.called_number is 'Called number, as in fax.sessions (personal). NULL if unknown.';

comment on column fax.jobs.remote_station_id is 'Station id that the other end chose in the last attempt (personal). NULL if none or not reported.';

comment on column fax.jobs.file_names is 'Files sent, or received in the last attempt, sorted (personal). NULL if not reported.';

comment on column fax.jobs.first_attempt_at is 'First observation of the first attempt. Determines the period to which the job belongs.';

comment on column fax.jobs.last_attempt_at is 'First observation of the last attempt.';

comment on column fax.jobs.ended_at is 'End of the attempt that ended last. NULL if an attempt is in progress.';

comment on column fax.jobs.in_progress is 'Whether an attempt is in progress: its end was not observed.';

comment on column fax.jobs.joinable_until is 'A further attempt that starts until then belongs to this job: last_attempt_at plus fax.job_window. NULL if no attempt can follow: it succeeded, the last received one did not certainly fail, or nothing identifies the fax.';

comment on column fax.jobs.attempts is 'Attempts: sessions of this job.';

comment on column fax.jobs.succeeded is 'Whether the fax got through; the successful attempt is the last one. NULL if unknown: none is known to have succeeded, and the result of at least one is unknown.';

comment on column fax.jobs.result is 'Result of the last attempt: success, failed or unknown, as in fax.sessions.';

comment on column fax.jobs.result_class is 'Class of that result as in Asterisk''s fax show stats. NULL if the result is unknown.';

comment on column fax.jobs.result_text is 'FAXSTATUSSTRING, else FAXERROR, of the last attempt. NULL if not reported.';

comment on column fax.jobs.transport is 'G.711 or T.38, the last one used in the last attempt. NULL if not reported.';

comment on column fax.jobs.pages is 'Pages of the successful attempt, else the most pages of any attempt. NULL if not reported.';

comment on column fax.jobs.seconds is 'Seconds of all attempts together, as far as known; see attempts_without_seconds. NULL if unknown for every attempt.';

comment on column fax.jobs.attempts_without_seconds is 'Attempts whose duration is unknown, including those in progress. Not in seconds.';

comment on column fax.jobs.last_session_id is 'The session_id of the last attempt.';

comment on column fax.jobs.session_ids is 'The session_id of each attempt, in the order of their starts.';

comment on column fax.jobs.source is 'observed, or the records in which another system reported the attempts: xferfaxlog, v_fax_logs or cdr (fax.reported_fax).';

-- The rows of fax.jobs whose first attempt started between two moments, the second one excluded. NULL is unbounded.
-- Their later attempts count even if they started after the period. Reads the sessions of the period, those of one
-- fax.job_window before it, and after it only while an unsuccessful job of the period may continue.
-- servers: the names of the servers; NULL selects all.
-- example: select * from fax.jobs_between('2026-10-01', '2026-11-01', array['pbx1']) where not succeeded;
create function fax.jobs_between(from_at timestamptz default null, to_at timestamptz default null, servers text[] default null)
returns setof fax.jobs
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    hours constant numeric := (select w.hours from fax.job_window w);
    reach constant interval := hours * interval '1 hour';
    since constant timestamptz := coalesce(from_at, '-infinity');
    until constant timestamptz := coalesce(to_at, 'infinity');
    later_from timestamptz := until;
    later fax.job_attempts[] := '{}';
    found fax.job_attempts[];
    keys text[];
begin
    -- one window after the other, as long as there are keys whose jobs may continue
    keys := array(
        select distinct a.job_key
        from fax.job_attempts a
        where a.started_at >= until - reach and a.started_at < until
          and a.result <> 'success' and a.job_key is not null
          and (servers is null or a.server = any (servers)));
    while cardinality(keys) > 0 loop
        select array_agg(distinct a.job_key) filter (where a.result <> 'success'), array_agg(a)
        into keys, found
        from fax.job_attempts a
        where a.started_at >= later_from and a.started_at < later_from + reach
          and a.job_key = any (keys)
          and (servers is null or a.server = any (servers));
        later := later || found;
        later_from := later_from + reach;
    end loop;
    return query
    select j.*
    from (
        select array_agg(e.attempt) as attempts
        from (
            select a as attempt, coalesce(a.job_key, a.session_id::text) as key
            from fax.job_attempts a
            where a.started_at >= since - reach and a.started_at < until
              and (servers is null or a.server = any (servers))
            union all
            select a as attempt, a.job_key as key
            from unnest(later) a
        ) e
        -- some keys at a time (fax.jobs_of)
        group by hashtext(e.key) & 127
    ) k
    cross join lateral fax.jobs_of(k.attempts, hours) j
    where j.first_attempt_at >= since and j.first_attempt_at < until;
end
$$;

comment on function fax.jobs_between is 'The rows of fax.jobs whose first attempt started between two moments, the second one excluded. NULL is unbounded. Their later attempts count even if they started after the period. Reads the sessions of the period, those of one fax.job_window before it, and after it only while an unsuccessful job of the period may continue. servers: the names of the servers; NULL selects all.';

-- grain: one job, without personal values
-- example: select first_attempt_at, attempts, result_text from fax.jobs_masked where server = 'pbx1' and not succeeded;
select fax.make_masked_view('jobs', 'last_session_id', 'distinct_files');

comment on view fax.jobs_masked is 'One job as in fax.jobs, without personal values: masked as in fax.sessions_masked.';

-- Digits after the decimal point of a currency: the minor unit of ISO 4217. NULL for other texts, for codes without a
-- minor unit (gold, special drawing rights), in which a charge cannot be rounded, and for codes withdrawn before 2026.
-- example: select fax.minor_digits('JPY');
-- `make currencies` writes this file; the list is of 2026-01-01.
create function fax.minor_digits(currency text) returns integer
language sql immutable parallel safe
as $$
    select case
        when currency in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
            'XAF', 'XOF', 'XPF'
        ) then 0
        when currency in (
            'AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BMD', 'BND',
            'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CNY',
            'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD',
            'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS',
            'INR', 'IRR', 'JMD', 'KES', 'KGS', 'KHR', 'KPW', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL',
            'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR',
            'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'QAR',
            'RON', 'RSD', 'RUB', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP',
            'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'USD',
            'USN', 'UYU', 'UZS', 'VED', 'VES', 'WST', 'XAD', 'XCD', 'XCG', 'YER', 'ZAR', 'ZMW', 'ZWG'
        ) then 2
        when currency in (
            'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'
        ) then 3
        when currency in (
            'CLF', 'UYW'
        ) then 4
    end
$$;

comment on function fax.minor_digits is 'Digits after the decimal point of a currency: the minor unit of ISO 4217. NULL for other texts, for codes without a minor unit (gold, special drawing rights), in which a charge cannot be rounded, and for codes withdrawn before 2026. `make currencies` writes this file; the list is of 2026-01-01.';

-- A 64-bit hash of the faxes that a rate is for; NULL is a value like any other. Two rates with different hashes are
-- for different faxes, so an index on it finds the rates for the same ones however many rates there are.
-- example: select rate_id from fax.rate where fax.rate_scope(account_code, called_prefix, direction, server) = fax.rate_scope('law', null, 'sent', null);
create function fax.rate_scope(account_code text, called_prefix text, direction text, server text) returns bigint
language sql immutable parallel safe
as $$
    select hash_array_extended(array[account_code, called_prefix, direction, server], 0)
$$;

comment on function fax.rate_scope is 'A 64-bit hash of the faxes that a rate is for; NULL is a value like any other. Two rates with different hashes are for different faxes, so an index on it finds the rates for the same ones however many rates there are.';

-- grain: one price of faxes, for as long as it is valid
-- example: select rate_id, account_code, called_prefix, per_page, currency, valid_from from fax.rate where valid_to is null;
-- A new price is a new row (fax.set_rate() enters it and ends the old one), so earlier charges never change;
-- fax.check_rate() enforces that, and fax.rate_change records each end and removal. NULL in account_code, called_prefix, direction and server matches any value.
create table fax.rate (
    rate_id          integer generated by default as identity primary key,  -- Identity of the rate, shown with each charge in fax.session_charges.
    account_code     text check (account_code <> '' and length(account_code) <= 255),  -- Faxes of this account, as in fax.sessions, up to 255 characters. NULL matches any account, and faxes without one.
    called_prefix    text check (length(called_prefix) between 1 and 40),  -- Faxes whose called_number starts with this, as sent (+49 and 0049 differ), up to 40 characters. NULL matches any number, and an unknown one.
    direction        text check (direction in ('sent', 'received', 'gateway')),  -- sent, received or gateway. NULL matches any.
    server           text check (server <> ''),  -- Faxes of this server, by its name in the settings. NULL matches any.
    currency         text not null check (fax.minor_digits(currency) is not null),  -- Currency of all amounts in the row: a code of ISO 4217 that has a minor unit (fax.minor_digits).
    per_page         numeric not null default 0 check (per_page >= 0 and per_page < 'infinity'),  -- Price per page, in the currency.
    first_seconds    integer not null default 0 check (first_seconds >= 0),  -- Seconds at the start that first_charge covers. 0 if first_charge is a price for the call itself.
    first_charge     numeric not null default 0 check (first_charge >= 0 and first_charge < 'infinity'),  -- Price of the first_seconds, charged in full however short the fax is, in the currency.
    interval_seconds integer not null default 60 check (interval_seconds > 0),  -- Length of an interval after first_seconds, seconds.
    per_interval     numeric not null default 0 check (per_interval >= 0 and per_interval < 'infinity'),  -- Price of each interval started after first_seconds, in the currency.
    minimum_charge   numeric not null default 0 check (minimum_charge >= 0 and minimum_charge < 'infinity'),  -- Least total of a fax for which anything is charged, in the currency.
    charge_partial   text not null default 'full' check (charge_partial in ('full', 'pages', 'time', 'none')),  -- What to charge for a fax that failed after at least one page: full (pages and time), pages, time or none.
    charge_failed    text not null default 'none' check (charge_failed in ('full', 'pages', 'time', 'none')),  -- What to charge for a fax that failed without a page: full, pages, time or none.
    charge_unknown   text not null default 'open' check (charge_unknown in ('full', 'pages', 'time', 'none', 'open')),  -- What to charge for a fax without a result on the wire: full, pages, time, none, or open (its charge is NULL).
    valid_from       timestamptz not null,  -- Valid for faxes that started at this time or later.
    valid_to         timestamptz check (valid_to > valid_from),  -- Valid for faxes that started before this time. NULL if unlimited.
    note             text,  -- The operator's note. NULL if none.
    entered_at       timestamptz not null default now(),  -- When the row was entered, by the database's clock.
    entered_by       text not null default session_user,  -- Database user who entered it.
    -- Only one rate for the same faxes at a time. GiST compares ranges without an extension: a range of one value. A
    -- collision of two hashes can refuse a rate but never admits one.
    constraint one_rate_at_a_time exclude using gist (
        int8range(fax.rate_scope(account_code, called_prefix, direction, server), fax.rate_scope(account_code, called_prefix, direction, server), '[]') with =,
        tstzrange(valid_from, valid_to) with &&
    )
);

-- fax.check_rate() and fax.set_rate() look up the rates for the same faxes.
create index rate_scope on fax.rate (fax.rate_scope(account_code, called_prefix, direction, server), valid_from);
-- fax.session_charges looks up the account and each prefix of a number.
create index rate_faxes on fax.rate (account_code, called_prefix);

comment on table fax.rate is 'Reference table: what faxes cost. If several rates match a fax, the first of these wins: account and prefix, the longest prefix, the account, the direction, the server, none of them.';

comment on column fax.rate.rate_id is 'Identity of the rate, shown with each charge in fax.session_charges.';

comment on column fax.rate.account_code is 'Faxes of this account, as in fax.sessions, up to 255 characters. NULL matches any account, and faxes without one.';

comment on column fax.rate.called_prefix is 'Faxes whose called_number starts with this, as sent (+49 and 0049 differ), up to 40 characters. NULL matches any number, and an unknown one.';

comment on column fax.rate.direction is 'sent, received or gateway. NULL matches any.';

comment on column fax.rate.server is 'Faxes of this server, by its name in the settings. NULL matches any.';

comment on column fax.rate.currency is 'Currency of all amounts in the row: a code of ISO 4217 that has a minor unit (fax.minor_digits).';

comment on column fax.rate.per_page is 'Price per page, in the currency.';

comment on column fax.rate.first_seconds is 'Seconds at the start that first_charge covers. 0 if first_charge is a price for the call itself.';

comment on column fax.rate.first_charge is 'Price of the first_seconds, charged in full however short the fax is, in the currency.';

comment on column fax.rate.interval_seconds is 'Length of an interval after first_seconds, seconds.';

comment on column fax.rate.per_interval is 'Price of each interval started after first_seconds, in the currency.';

comment on column fax.rate.minimum_charge is 'Least total of a fax for which anything is charged, in the currency.';

comment on column fax.rate.charge_partial is 'What to charge for a fax that failed after at least one page: full (pages and time), pages, time or none.';

comment on column fax.rate.charge_failed is 'What to charge for a fax that failed without a page: full, pages, time or none.';

comment on column fax.rate.charge_unknown is 'What to charge for a fax without a result on the wire: full, pages, time, none, or open (its charge is NULL).';

comment on column fax.rate.valid_from is 'Valid for faxes that started at this time or later.';

comment on column fax.rate.valid_to is 'Valid for faxes that started before this time. NULL if unlimited.';

comment on column fax.rate.note is 'The operator''s note. NULL if none.';

comment on column fax.rate.entered_at is 'When the row was entered, by the database''s clock.';

comment on column fax.rate.entered_by is 'Database user who entered it.';

-- The amounts of a rate that are not 0, in words: 0.03 EUR for the first 60 s, 0.002 EUR per 6 s, at least 0.05 EUR.
-- example: select rate_id, fax.rate_amounts(r) from fax.rate r where valid_to is null;
create function fax.rate_amounts(rate fax.rate) returns text
language sql immutable parallel safe
as $$
    select coalesce(
        nullif(concat_ws(', ',
            case when rate.per_page > 0 then format('%s %s per page', rate.per_page, rate.currency) end,
            case when rate.first_charge > 0 then format('%s %s for the first %s s', rate.first_charge, rate.currency, rate.first_seconds) end,
            case when rate.per_interval > 0 then format('%s %s per %s s', rate.per_interval, rate.currency, rate.interval_seconds) end,
            case when rate.minimum_charge > 0 then format('at least %s %s', rate.minimum_charge, rate.currency) end), ''),
        format('0 %s', rate.currency))
$$;

comment on function fax.rate_amounts is 'The amounts of a rate that are not 0, in words: 0.03 EUR for the first 60 s, 0.002 EUR per 6 s, at least 0.05 EUR.';

-- grain: one change of a rate after it was entered: another end, or its removal before it started
-- example: select changed_at, changed_by, change, rate_id, rate ->> 'per_page' as per_page, rate ->> 'currency' as currency from fax.rate_change order by change_id;
-- fax.record_rate_change() adds rows. Append-only. When and by whom a rate was entered is in fax.rate and in its record.
create table fax.rate_change (
    change_id  bigint generated by default as identity primary key,  -- Identity of the change, in the order in which they were recorded.
    rate_id    integer not null,  -- The rate. If it was removed, fax.rate no longer has it.
    change     text not null check (change in ('end', 'removal')),  -- end: valid_to was set, moved or unset. removal: the rate was deleted before it started.
    changed_at timestamptz not null default now(),  -- When, by the database's clock: the start of the transaction.
    changed_by text not null default session_user,  -- Database user who changed it.
    rate       jsonb not null,  -- The row of fax.rate before the change, by column.
    valid_to   timestamptz  -- The new valid_to. NULL if unlimited, or for a removal.
);

comment on table fax.rate_change is 'Changes of rates after they were entered: who ended or removed which rate, and when. Append-only.';

comment on column fax.rate_change.change_id is 'Identity of the change, in the order in which they were recorded.';

comment on column fax.rate_change.rate_id is 'The rate. If it was removed, fax.rate no longer has it.';

comment on column fax.rate_change.change is 'end: valid_to was set, moved or unset. removal: the rate was deleted before it started.';

comment on column fax.rate_change.changed_at is 'When, by the database''s clock: the start of the transaction.';

comment on column fax.rate_change.changed_by is 'Database user who changed it.';

comment on column fax.rate_change.rate is 'The row of fax.rate before the change, by column.';

comment on column fax.rate_change.valid_to is 'The new valid_to. NULL if unlimited, or for a removal.';

-- Trigger of fax.rate: protects past charges, and allows only one rate for the same faxes at a time.
-- Only valid_to of a rate can change. Only fax_owner may enter or end a rate in the past, for a history that exists
-- already. A rate that is not valid yet may be deleted. fax.rate_change records an end and a removal.
create function fax.check_rate() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    other fax.rate;
    may_change_the_past boolean := pg_has_role(current_user, 'fax_owner', 'usage');
begin
    if tg_op = 'DELETE' then
        if old.valid_from <= now() then
            raise exception 'rate % is already valid and cannot be deleted: set its valid_to instead', old.rate_id
                using errcode = 'restrict_violation';
        end if;
        return old;
    end if;
    if tg_op = 'UPDATE' then
        if to_jsonb(new) - 'valid_to' is distinct from to_jsonb(old) - 'valid_to' then
            raise exception 'only valid_to of rate % can be changed: end it and enter a new rate (fax.set_rate does both)', old.rate_id
                using errcode = 'restrict_violation';
        end if;
        if least(new.valid_to, old.valid_to) < now() and not may_change_the_past then
            raise exception 'rate % would change past charges: only fax_owner may do that', old.rate_id
                using errcode = 'insufficient_privilege';
        end if;
    elsif new.valid_from < now() and not may_change_the_past then
        raise exception 'a rate valid from % would change past charges: only fax_owner may enter it',
            new.valid_from using errcode = 'insufficient_privilege';
    end if;
    if fax.minor_digits(new.currency) is null then
        raise exception 'currency % is not a code of ISO 4217 with a minor unit: give one, for example EUR', new.currency
            using errcode = 'check_violation';
    end if;
    if new.valid_to <= new.valid_from then
        raise exception 'valid_to % is not after valid_from %', new.valid_to, new.valid_from using errcode = 'check_violation';
    end if;
    -- Rates for the same faxes do not overlap, so the last one that starts before the new end is the only candidate.
    select r.* into other
    from fax.rate r
    where fax.rate_scope(r.account_code, r.called_prefix, r.direction, r.server)
          = fax.rate_scope(new.account_code, new.called_prefix, new.direction, new.server)
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (new.account_code, new.called_prefix, new.direction, new.server)
      and r.rate_id <> new.rate_id
      and r.valid_from < coalesce(new.valid_to, 'infinity')
    order by r.valid_from desc
    limit 1;
    if other.valid_to > new.valid_from or (found and other.valid_to is null) then
        raise exception 'rate % covers the same faxes from % % (%): end it first (fax.set_rate does), or start the new rate after it',
            other.rate_id, other.valid_from, coalesce('to ' || other.valid_to, 'on'), fax.rate_amounts(other)
            using errcode = 'exclusion_violation';
    end if;
    if tg_op = 'INSERT' then
        new.entered_at := now();
        new.entered_by := session_user;
    end if;
    return new;
end
$$;

create trigger check_rate before insert or update or delete on fax.rate for each row execute function fax.check_rate();
create trigger refuse_truncate before truncate on fax.rate for each statement execute function fax.refuse_change();

comment on function fax.check_rate is 'Trigger of fax.rate: protects past charges, and allows only one rate for the same faxes at a time. Only valid_to of a rate can change. Only fax_owner may enter or end a rate in the past, for a history that exists already. A rate that is not valid yet may be deleted. fax.rate_change records an end and a removal.';

-- Trigger of fax.rate: records a new end and a removal in fax.rate_change, with the rights of the owner, so that nobody
-- else needs the right to add rows there.
create function fax.record_rate_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE' then
        insert into fax.rate_change (rate_id, change, rate) values (old.rate_id, 'removal', to_jsonb(old));
    elsif new.valid_to is distinct from old.valid_to then
        insert into fax.rate_change (rate_id, change, rate, valid_to) values (old.rate_id, 'end', to_jsonb(old), new.valid_to);
    end if;
    return null;
end
$$;

create trigger record_rate_change after update or delete on fax.rate for each row execute function fax.record_rate_change();

comment on function fax.record_rate_change is 'Trigger of fax.rate: records a new end and a removal in fax.rate_change, with the rights of the owner, so that nobody else needs the right to add rows there.';

-- Sets a price from a moment on: ends the rate that is valid for the same faxes then, and enters a new one. Parameters
-- that are NULL keep the value of that rate, or of one that ends at that moment (without one: 0, and the defaults of the
-- table). The new rate ends when the old one would have, else when a later one for the same faxes starts. Returns the new rate_id. Refuses a second price from
-- the same moment on, and states the one that exists.
-- account_code, called_prefix, direction and server select the faxes; NULL matches any.
-- example: select fax.set_rate(direction => 'sent', per_page => 0.06, valid_from => '2027-01-01 00:00 Europe/Berlin');
create function fax.set_rate(
    account_code text default null, called_prefix text default null, direction text default null, server text default null,
    currency text default null, per_page numeric default null,
    first_seconds integer default null, first_charge numeric default null,
    interval_seconds integer default null, per_interval numeric default null, minimum_charge numeric default null,
    charge_partial text default null, charge_failed text default null, charge_unknown text default null,
    note text default null, valid_from timestamptz default now()
) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    before fax.rate;
    later_from timestamptz;
    made integer;
begin
    if valid_from is null then
        raise exception 'valid_from is null: give the time from which the price is valid' using errcode = 'invalid_parameter_value';
    end if;
    -- Rates for the same faxes do not overlap: only the last one that has started by then can be valid.
    select r.* into before
    from fax.rate r
    where fax.rate_scope(r.account_code, r.called_prefix, r.direction, r.server)
          = fax.rate_scope(set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and r.valid_from <= set_rate.valid_from
    order by r.valid_from desc
    limit 1
    for update;
    if before.valid_from = valid_from then
        raise exception 'rate % for these faxes is valid from % % already: %; give another valid_from%',
            before.rate_id, before.valid_from, coalesce('to ' || before.valid_to, 'on'), fax.rate_amounts(before),
            case when valid_from > now() then format(', or remove it first: delete from fax.rate where rate_id = %s', before.rate_id) else '' end
            using errcode = 'exclusion_violation';
    end if;
    if before.valid_to < valid_from then
        before := null;
    end if;
    if coalesce(currency, before.currency) is null then
        raise exception 'currency is missing, and no rate for these faxes has one: give it, for example currency => ''EUR'''
            using errcode = 'invalid_parameter_value';
    end if;
    select min(r.valid_from) into later_from
    from fax.rate r
    where fax.rate_scope(r.account_code, r.called_prefix, r.direction, r.server)
          = fax.rate_scope(set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and (r.account_code, r.called_prefix, r.direction, r.server)
          is not distinct from (set_rate.account_code, set_rate.called_prefix, set_rate.direction, set_rate.server)
      and r.valid_from > set_rate.valid_from;
    update fax.rate r set valid_to = set_rate.valid_from where r.rate_id = before.rate_id;
    insert into fax.rate (
        account_code, called_prefix, direction, server, currency, per_page, first_seconds, first_charge, interval_seconds,
        per_interval, minimum_charge, charge_partial, charge_failed, charge_unknown, note, valid_from, valid_to)
    values (
        account_code, called_prefix, direction, server,
        coalesce(currency, before.currency),
        coalesce(per_page, before.per_page, 0),
        coalesce(first_seconds, before.first_seconds, 0),
        coalesce(first_charge, before.first_charge, 0),
        coalesce(interval_seconds, before.interval_seconds, 60),
        coalesce(per_interval, before.per_interval, 0),
        coalesce(minimum_charge, before.minimum_charge, 0),
        coalesce(charge_partial, before.charge_partial, 'full'),
        coalesce(charge_failed, before.charge_failed, 'none'),
        coalesce(charge_unknown, before.charge_unknown, 'open'),
        coalesce(note, before.note),
        valid_from,
        coalesce(nullif(before.valid_to, valid_from), later_from))
    returning rate_id into made;
    return made;
end
$$;

comment on function fax.set_rate is 'Sets a price from a moment on: ends the rate that is valid for the same faxes then, and enters a new one. Parameters that are NULL keep the value of that rate, or of one that ends at that moment (without one: 0, and the defaults of the table). The new rate ends when the old one would have, else when a later one for the same faxes starts. Returns the new rate_id. Refuses a second price from the same moment on, and states the one that exists. account_code, called_prefix, direction and server select the faxes; NULL matches any.';

-- grain: one fax that has ended, without detectors
-- example: select session_id, rule, pages_charge, time_charge, charge, currency from fax.session_charges where started_at >= '2026-11-01' and started_at < '2026-12-01';
-- Uses the rate that was valid when the fax started. Only the charge is rounded: half up, to the minor unit of the
-- currency. If something is unknown, the charge is NULL, never 0, and the rule shows why.
-- Driven from fax.sessions: a filter on session_id, server or started_at uses the indexes of fax.session.
create view fax.session_charges as
select
    s.session_id,  -- The session.
    s.started_at,  -- First observation of the session. Determines the rate, and the month to which the charge belongs.
    s.server,  -- Name of the server in the settings.
    s.account_code,  -- Account code of the channel. NULL if none or not reported.
    s.direction,  -- sent, received or gateway. NULL if not reported.
    s.called_number,  -- Called number, as sent (personal). NULL if unknown.
    s.result,  -- success, failed or unknown, as in fax.sessions.
    s.pages,  -- Pages, as in fax.sessions. NULL if not reported.
    s.duration_seconds as seconds,  -- Seconds from first observation to end, as in fax.sessions, accurate to a poll interval. NULL if only its end was observed, or if the observer's clock was set back meanwhile.
    r.rate_id,  -- Rate that applied (fax.rate). NULL if none matches.
    r.currency,  -- Currency of the amounts (ISO 4217). NULL if no rate matches.
    case
        when u.charged in ('full', 'pages') and p.pages_charge is null then 'pages unknown'
        when u.charged in ('full', 'time') and t.time_charge is null then 'seconds unknown'
        else u.rule
    end as rule,  -- Reason for the charge: success, partial (failed after a page), failed (without a page), result unknown; or for its absence: no rate, pages unknown, seconds unknown (and result unknown, if the rate leaves that open).
    u.charged,  -- What rule and rate charge: full (pages and time), pages, time, none. NULL if undecided.
    p.pages_charge,  -- Pages times per_page, not rounded, in the currency; 0 if pages are not charged. NULL if unknown.
    t.time_charge,  -- first_charge plus per_interval for each interval started after first_seconds, not rounded, in the currency; 0 if time is not charged. NULL if unknown.
    case when u.charged = 'none' then false else p.pages_charge + t.time_charge < r.minimum_charge end as minimum_applied,  -- Whether pages_charge plus time_charge is below the minimum, which is charged instead. NULL if unknown.
    -- greatest() ignores NULL, so call it only if the sum is known
    round(case when u.charged = 'none' then 0
               when p.pages_charge + t.time_charge is not null then greatest(p.pages_charge + t.time_charge, r.minimum_charge) end,
          fax.minor_digits(r.currency)) as charge  -- Charge of the fax, in the currency: pages_charge plus time_charge, at least the minimum (0 if charged is none), rounded half up to the minor unit of the currency. NULL if unknown; rule shows why.
from fax.sessions s
left join fax.erased_key e on e.session_id = s.session_id
-- offset 0: computed once, although several columns use it
cross join lateral (select fax.peer_id(s.called_number) as number offset 0) i
left join lateral (
    select array_agg(left(i.number, n)) as prefixes from lateral generate_series(1, least(length(i.number), 40)) n
) d on true
-- erased: the prefixes that matched then
left join lateral (
    select array_agg(m.called_prefix) as prefixes from fax.rate m where m.rate_id = any (e.rate_ids)
) m on true
cross join lateral (select case when e.rate_ids is not null then m.prefixes else d.prefixes end as prefixes offset 0) k
left join lateral (
    select q.*
    from fax.rate q
    -- four ranges of the index rate_faxes, however many rates there are
    where ((q.account_code = s.account_code and q.called_prefix = any (k.prefixes))
           or (q.account_code = s.account_code and q.called_prefix is null)
           or (q.account_code is null and q.called_prefix = any (k.prefixes))
           or (q.account_code is null and q.called_prefix is null))
      and (q.direction is null or q.direction = s.direction)
      and (q.server is null or q.server = s.server)
      and q.valid_from <= s.started_at and (q.valid_to is null or q.valid_to > s.started_at)
    -- Rates equal in all of these are for the same faxes, so only one of them is valid at a time.
    order by
        q.account_code is not null and q.called_prefix is not null desc,
        coalesce(length(q.called_prefix), 0) desc,
        q.account_code is not null desc,
        q.direction is not null desc,
        q.server is not null desc
    limit 1
) r on true
cross join lateral (
    select case
        when r.rate_id is null then 'no rate'
        when s.result = 'success' then 'success'
        when s.result = 'unknown' then 'result unknown'
        when s.pages > 0 then 'partial'
        -- Asterisk never created a session, so no page was sent (res_fax.c, sendfax_exec and receivefax_exec)
        when s.pages = 0 or (s.session_number is null and s.result_error in ('FILE_ERROR', 'INVALID_ARGUMENTS', 'INIT_ERROR')) then 'failed'
        else 'pages unknown'
    end as rule
) o
cross join lateral (
    select
        o.rule,
        case o.rule
            when 'success' then 'full'
            when 'partial' then r.charge_partial
            when 'failed' then r.charge_failed
            when 'result unknown' then nullif(r.charge_unknown, 'open')
        end as charged
) u
cross join lateral (
    select case
        when u.charged in ('time', 'none') or (u.charged is not null and r.per_page = 0) then 0
        when u.charged in ('full', 'pages') then case when u.rule = 'failed' then 0 when s.pages >= 0 then s.pages end * r.per_page
    end as pages_charge
) p
cross join lateral (
    select case
        when u.charged in ('pages', 'none') or (u.charged is not null and r.first_charge = 0 and r.per_interval = 0) then 0
        when u.charged in ('full', 'time') then
            r.first_charge + r.per_interval * case
                when r.per_interval = 0 then 0
                when s.duration_seconds > r.first_seconds then ceil((s.duration_seconds - r.first_seconds) / r.interval_seconds)
                when s.duration_seconds is not null then 0
            end
    end as time_charge
) t
where s.end_observed_by <> 'open' and s.direction is distinct from 'detector';

comment on view fax.session_charges is 'The charge of each fax that has ended, by the rate that was valid when it started, with the rule that applied. A correction of the fax changes its charge; a later price does not.';

comment on column fax.session_charges.session_id is 'The session.';

comment on column fax.session_charges.started_at is 'First observation of the session. Determines the rate, and the month to which the charge belongs.';

comment on column fax.session_charges.server is 'Name of the server in the settings.';

comment on column fax.session_charges.account_code is 'Account code of the channel. NULL if none or not reported.';

comment on column fax.session_charges.direction is 'sent, received or gateway. NULL if not reported.';

comment on column fax.session_charges.called_number is 'Called number, as sent (personal). NULL if unknown.';

comment on column fax.session_charges.result is 'success, failed or unknown, as in fax.sessions.';

comment on column fax.session_charges.pages is 'Pages, as in fax.sessions. NULL if not reported.';

comment on column fax.session_charges.seconds is 'Seconds from first observation to end, as in fax.sessions, accurate to a poll interval. NULL if only its end was observed, or if the observer''s clock was set back meanwhile.';

comment on column fax.session_charges.rate_id is 'Rate that applied (fax.rate). NULL if none matches.';

comment on column fax.session_charges.currency is 'Currency of the amounts (ISO 4217). NULL if no rate matches.';

comment on column fax.session_charges.rule is 'Reason for the charge: success, partial (failed after a page), failed (without a page), result unknown; or for its absence: no rate, pages unknown, seconds unknown (and result unknown, if the rate leaves that open).';

comment on column fax.session_charges.charged is 'What rule and rate charge: full (pages and time), pages, time, none. NULL if undecided.';

comment on column fax.session_charges.pages_charge is 'Pages times per_page, not rounded, in the currency; 0 if pages are not charged. NULL if unknown.';

comment on column fax.session_charges.time_charge is 'first_charge plus per_interval for each interval started after first_seconds, not rounded, in the currency; 0 if time is not charged. NULL if unknown.';

comment on column fax.session_charges.minimum_applied is 'Whether pages_charge plus time_charge is below the minimum, which is charged instead. NULL if unknown.';

comment on column fax.session_charges.charge is 'Charge of the fax, in the currency: pages_charge plus time_charge, at least the minimum (0 if charged is none), rounded half up to the minor unit of the currency. NULL if unknown; rule shows why.';

-- grain: one session with sealed rows that have not been erased since
-- example: select count(*) from fax.session_salt;
-- Readers must not see salts: with a salt, one can test which number a digest stands for.
create table fax.session_salt (
    session_id uuid primary key,  -- The session.
    salt       bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) check (length(salt) = 32)  -- 32 random bytes.
);

comment on table fax.session_salt is 'Salt of the digests of a session''s personal values in the log. faxstore seal creates it, fax.erase_session() deletes it. Not readable for fax_reader.';

comment on column fax.session_salt.session_id is 'The session.';

comment on column fax.session_salt.salt is '32 random bytes.';

-- grain: one row of the history whose personal values were erased
-- example: select position from fax.erased_digest where session_id = '…';
create table fax.erased_digest (
    session_id uuid not null,  -- The session.
    position   bigint not null,  -- Position of the row in the history.
    file_name  bytea check (length(file_name) = 32),  -- Digest of its file_name by fax.personal_digest() with the salt of that time. NULL if it had none.
    details    bytea check (length(details) = 32),  -- Digest of its details before the erasure, likewise. NULL if they contained no personal value.
    primary key (session_id, position)
);

create index erased_digest_position on fax.erased_digest (position);

comment on table fax.erased_digest is 'Digests that represent the erased values of a row in the log. Their salt is deleted. Append-only.';

comment on column fax.erased_digest.session_id is 'The session.';

comment on column fax.erased_digest.position is 'Position of the row in the history.';

comment on column fax.erased_digest.file_name is 'Digest of its file_name by fax.personal_digest() with the salt of that time. NULL if it had none.';

comment on column fax.erased_digest.details is 'Digest of its details before the erasure, likewise. NULL if they contained no personal value.';

-- grain: one erasure of personal values, of one session or of rejected messages
-- example: select erased_at, erased_by, reason, session_id from fax.erasure order by erased_at;
create table fax.erasure (
    erasure_id    uuid primary key default gen_random_uuid(),  -- Identity of the erasure.
    erased_at     timestamptz not null default now(),  -- Start of its transaction, by the database's clock.
    erased_by     text not null default session_user,  -- Database user.
    reason        text not null check (reason <> ''),  -- Reason that the user gave.
    session_id    uuid,  -- The session. NULL if rejected messages were erased.
    server        text,  -- Server of the rejected messages. NULL for all servers, or for a session.
    from_at       timestamptz,  -- Start of the period of the rejected messages, inclusive. NULL for a session.
    to_at         timestamptz,  -- End of the period of the rejected messages, exclusive. NULL for a session.
    erased_rows   bigint not null,  -- Number of history rows or messages from which values were erased.
    check ((session_id is null) <> (from_at is null or to_at is null))
);

create index erasure_session on fax.erasure (session_id) where session_id is not null;

comment on table fax.erasure is 'Erasures of personal values: who, when and why. Append-only.';

comment on column fax.erasure.erasure_id is 'Identity of the erasure.';

comment on column fax.erasure.erased_at is 'Start of its transaction, by the database''s clock.';

comment on column fax.erasure.erased_by is 'Database user.';

comment on column fax.erasure.reason is 'Reason that the user gave.';

comment on column fax.erasure.session_id is 'The session. NULL if rejected messages were erased.';

comment on column fax.erasure.server is 'Server of the rejected messages. NULL for all servers, or for a session.';

comment on column fax.erasure.from_at is 'Start of the period of the rejected messages, inclusive. NULL for a session.';

comment on column fax.erasure.to_at is 'End of the period of the rejected messages, exclusive. NULL for a session.';

comment on column fax.erasure.erased_rows is 'Number of history rows or messages from which values were erased.';

-- grain: one state of the transparency log: how many rows and records it covers, and the root of the rows
-- example: select size, records, encode(root, 'base64') as root, made_at from fax.checkpoint order by size desc, records desc limit 1;
create table fax.checkpoint (
    size    bigint not null check (size > 0),  -- Number of rows: positions 1 to size.
    records bigint not null check (records > 0),  -- Number of records (fax.log_record): ordinals 1 to records. Each checkpoint has more than the one before.
    root    bytea not null check (length(root) = 32),  -- Root of the RFC 6962 tree whose leaf n is the row at position n, 32 bytes.
    note    text not null,  -- The checkpoint as text (C2SP tlog-checkpoint): origin, size, root, time, records and their digest, the key that begins to sign, and signatures if it was signed.
    made_at timestamptz not null default clock_timestamp(),  -- When it was made, by the database's clock.
    primary key (size, records)
);

comment on table fax.checkpoint is 'States of the transparency log, each a prefix of the next. faxstore seal adds them. Append-only.';

comment on column fax.checkpoint.size is 'Number of rows: positions 1 to size.';

comment on column fax.checkpoint.records is 'Number of records (fax.log_record): ordinals 1 to records. Each checkpoint has more than the one before.';

comment on column fax.checkpoint.root is 'Root of the RFC 6962 tree whose leaf n is the row at position n, 32 bytes.';

comment on column fax.checkpoint.note is 'The checkpoint as text (C2SP tlog-checkpoint): origin, size, root, time, records and their digest, the key that begins to sign, and signatures if it was signed.';

comment on column fax.checkpoint.made_at is 'When it was made, by the database''s clock.';

-- grain: one complete subtree of the log: 256, 65,536 or 16,777,216 rows
-- example: select first_position, encode(root, 'hex') from fax.log_subtree where rows = 256 order by 1 desc limit 3;
-- With subtrees, sealing and proving read few hashes, and a changed row is narrowed down to 256.
create table fax.log_subtree (
    rows           bigint not null,  -- Number of rows: 256, 65,536 or 16,777,216.
    first_position bigint not null,  -- Position of the first row.
    root           bytea not null check (length(root) = 32),  -- Root of the subtree, 32 bytes.
    primary key (rows, first_position),
    check (rows in (256, 65536, 16777216) and (first_position - 1) % rows = 0)
);

comment on table fax.log_subtree is 'Roots of the log''s complete subtrees. faxstore seal adds them. Append-only.';

comment on column fax.log_subtree.rows is 'Number of rows: 256, 65,536 or 16,777,216.';

comment on column fax.log_subtree.first_position is 'Position of the first row.';

comment on column fax.log_subtree.root is 'Root of the subtree, 32 bytes.';

-- grain: up to 256 rows that were sealed together
-- example: select first_position, rows, marks from fax.log_run order by first_position desc limit 3;
-- A root shows that one of its rows changed. The marks show which one, at 3 bytes per row.
-- The check has no BETWEEN: PostgreSQL would write it differently after a dump and restore, which verify would report.
create table fax.log_run (
    first_position bigint primary key,  -- Position of the first row.
    rows           integer not null,  -- Number of rows, ending at the latest before the next multiple of 256.
    marks          bytea not null,  -- First 3 bytes of the leaf hash of each row.
    check (rows >= 1 and rows <= 256 and length(marks) = 3 * rows)
);

comment on table fax.log_run is 'Prefixes of the leaf hashes of sealed rows, with which faxstore names a changed row. Append-only.';

comment on column fax.log_run.first_position is 'Position of the first row.';

comment on column fax.log_run.rows is 'Number of rows, ending at the latest before the next multiple of 256.';

comment on column fax.log_run.marks is 'First 3 bytes of the leaf hash of each row.';

-- grain: one change of a row beside the history that is not sealed yet
-- example: select changed_at, changed_by, relation, row_key, content from fax.unsealed_change order by change_id;
-- The triggers of fax.make_recorded() add rows; faxstore seal moves them to fax.log_record, so that no transaction waits
-- for the order of another one.
create table fax.unsealed_change (
    change_id  bigint generated by default as identity primary key,  -- Identity of the change; later changes of a row have larger ones.
    relation   text not null,  -- Table in which a row was inserted, updated or deleted, without its schema.
    row_key    text not null,  -- Primary key of the row: its values, separated by spaces.
    content    jsonb,  -- The row after the change, without the columns that the log does not cover. NULL if it was deleted.
    changed_at timestamptz not null default clock_timestamp(),  -- When it was changed, by the database's clock.
    changed_by text not null default session_user  -- Database user who changed it.
);

comment on table fax.unsealed_change is 'Changes of rows beside the history that the next checkpoint covers. faxstore seal moves them to fax.log_record.';

comment on column fax.unsealed_change.change_id is 'Identity of the change; later changes of a row have larger ones.';

comment on column fax.unsealed_change.relation is 'Table in which a row was inserted, updated or deleted, without its schema.';

comment on column fax.unsealed_change.row_key is 'Primary key of the row: its values, separated by spaces.';

comment on column fax.unsealed_change.content is 'The row after the change, without the columns that the log does not cover. NULL if it was deleted.';

comment on column fax.unsealed_change.changed_at is 'When it was changed, by the database''s clock.';

comment on column fax.unsealed_change.changed_by is 'Database user who changed it.';

-- grain: one sealed change of a row beside the history, or one sealed run of rows of a table that only grows
-- example: select changed_at, changed_by, row_key, content from fax.log_record where relation = 'technology' order by ordinal;
-- The history's rows are leaves of the tree; records cover what else figures depend on. A checkpoint states the number
-- of records and their digest.
create table fax.log_record (
    ordinal    bigint primary key,  -- Place in the order of sealing, from 1 without gaps.
    relation   text not null,  -- Table of the row or run, without its schema; or signing_key: a key that begins to sign.
    row_key    text not null,  -- Primary key of the row: its values, separated by spaces. Of a run, its last place.
    content    jsonb,  -- The row after the change, without the columns that the log does not cover. Of a run: after and last (its places), rows and their sha256. NULL if the row was deleted.
    changed_at timestamptz not null,  -- When it was changed, or the run was sealed, by the database's clock.
    changed_by text not null  -- Database user who changed it, or sealed the run.
);

-- Sealing continues each run where the one before ended. Records of sessions are many, and verify reads all of them.
create index log_record_relation on fax.log_record (relation, ordinal) where relation <> 'session';

comment on table fax.log_record is 'Everything beside the history that was sealed: each change of a row, with its time and its user, and digests of tables that only grow. faxstore seal adds rows. Append-only.';

comment on column fax.log_record.ordinal is 'Place in the order of sealing, from 1 without gaps.';

comment on column fax.log_record.relation is 'Table of the row or run, without its schema; or signing_key: a key that begins to sign.';

comment on column fax.log_record.row_key is 'Primary key of the row: its values, separated by spaces. Of a run, its last place.';

comment on column fax.log_record.content is 'The row after the change, without the columns that the log does not cover. Of a run: after and last (its places), rows and their sha256. NULL if the row was deleted.';

comment on column fax.log_record.changed_at is 'When it was changed, or the run was sealed, by the database''s clock.';

comment on column fax.log_record.changed_by is 'Database user who changed it, or sealed the run.';

-- The values of the primary key of a row, separated by spaces, as in fax.log_record.row_key.
-- example: select fax.row_key('{"consumer": "default", "batch": 7}', '{consumer,batch}');
create function fax.row_key(content jsonb, key_columns text[]) returns text
language sql immutable parallel safe
as $$
    select string_agg(content ->> k.name, ' ' order by k.place) from unnest(key_columns) with ordinality k (name, place)
$$;

comment on function fax.row_key is 'The values of the primary key of a row, separated by spaces, as in fax.log_record.row_key.';

-- Trigger of tables beside the history, for each row: adds the change to fax.unsealed_change. Its arguments are the
-- columns of the primary key, and the columns that the log does not cover.
create function fax.record_change() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set bytea_output = 'hex'
as $$
declare
    key_columns text[] := tg_argv[0];
    left_out text[] := tg_argv[1];
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    key_before text := case when before is not null then fax.row_key(before, key_columns) end;
    key_after text := case when after is not null then fax.row_key(after, key_columns) end;
begin
    if key_before is distinct from key_after and before is not null then
        insert into fax.unsealed_change (relation, row_key) values (tg_table_name, key_before);
    end if;
    if after is not null then
        insert into fax.unsealed_change (relation, row_key, content) values (tg_table_name, key_after, after - left_out);
    end if;
    return null;
end
$$;

comment on function fax.record_change is 'Trigger of tables beside the history, for each row: adds the change to fax.unsealed_change. Its arguments are the columns of the primary key, and the columns that the log does not cover.';

-- Makes the log cover the rows of a table beside the history: adds the triggers that record each change, and records
-- the rows that exist. A change of the columns left out is not recorded, unless they are watched: then the row is
-- recorded without them, and sealing adds a digest.
-- example: select fax.make_recorded('rate', '{rate_id}', '{note}');
create function fax.make_recorded(
    table_name text, key_columns text[], left_out text[] default '{}', watched text[] default '{}'
) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set bytea_output = 'hex'
as $$
declare
    recorded text[] := (
        select array_agg(quote_ident(a.attname) order by a.attnum)
        from pg_attribute a
        where a.attrelid = format('fax.%I', table_name)::regclass and a.attnum > 0 and not a.attisdropped
          and (a.attname <> all (left_out) or a.attname = any (watched)));
    changed text := (
        select string_agg(format('old.%1$s is distinct from new.%1$s', r.name), ' or ' order by r.place)
        from unnest(recorded) with ordinality r (name, place));
    -- An update that names none of these columns does not even evaluate the condition.
    update_of text := 'update of ' || array_to_string(recorded, ', ');
    made text := 'create trigger %I after %s on fax.%I for each row %s execute function fax.record_change(%L, %L)';
begin
    execute format(made, 'record_row', 'insert or delete', table_name, '', key_columns, left_out);
    execute format(made, 'record_update', update_of, table_name, format('when (%s)', changed), key_columns, left_out);
    execute format('alter table fax.%I enable always trigger record_row', table_name);
    execute format('alter table fax.%I enable always trigger record_update', table_name);
    execute format('insert into fax.unsealed_change (relation, row_key, content) '
                   'select %L, fax.row_key(to_jsonb(t), %L), to_jsonb(t) - %L::text[] from fax.%I t',
                   table_name, key_columns, left_out, table_name);
end
$$;

comment on function fax.make_recorded is 'Makes the log cover the rows of a table beside the history: adds the triggers that record each change, and records the rows that exist. A change of the columns left out is not recorded, unless they are watched: then the row is recorded without them, and sealing adds a digest.';

-- The headers that are not personal. Every header not listed here counts as personal, also those of numbers: details
-- contains only a value that is no number, which may be anything.
-- example: select fax.plain_headers();
create function fax.plain_headers() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'AccountCode', 'ActionID', 'Application', 'ChannelState', 'ChannelStateDesc', 'Context', 'Language', 'Linkedid',
        'Operation', 'Priority', 'Privilege', 'SessionType', 'State', 'Status', 'SystemName', 'Technology', 'Timestamp',
        'Uniqueid', 'Variable']
$$;

comment on function fax.plain_headers is 'The headers that are not personal. Every header not listed here counts as personal, also those of numbers: details contains only a value that is no number, which may be anything.';

-- The channel variables in VarSet and ChanVariable that are not personal. Every variable not listed here counts as
-- personal.
-- example: select fax.plain_variables();
create function fax.plain_variables() returns text[]
language sql immutable parallel safe
as $$
    select array['FAXBITRATE', 'FAXERROR', 'FAXMODE', 'FAXPAGES', 'FAXRESOLUTION', 'FAXSTATUS', 'FAXSTATUSSTRING']
$$;

comment on function fax.plain_variables is 'The channel variables in VarSet and ChanVariable that are not personal. Every variable not listed here counts as personal.';

-- The headers of a row's details that may be personal: all that are not plain. ChanVariable is always among them.
-- example: select fax.personal_details('{"Status": "OK", "CallerIDNum": "5550100"}');
create function fax.personal_details(details jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select case
        when jsonb_typeof(details) <> 'object' then '{}'
        when details ->> 'Variable' = any (fax.plain_variables()) then details - fax.plain_headers() - 'Value'
        else details - fax.plain_headers()
    end
$$;

comment on function fax.personal_details is 'The headers of a row''s details that may be personal: all that are not plain. ChanVariable is always among them.';

-- The details of a row without personal values. Of ChanVariable, the plain variables remain.
-- example: select fax.plain_details('{"Status": "OK", "CallerIDNum": "5550100"}');
create function fax.plain_details(details jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select details - array(select jsonb_object_keys(p.personal)) || case
        when not p.personal ? 'ChanVariable' or v.plain = '[]' then '{}'
        else jsonb_build_object('ChanVariable', case jsonb_typeof(details -> 'ChanVariable') when 'array' then v.plain else v.plain -> 0 end)
    end
    from (select fax.personal_details(details) as personal) p
    cross join lateral (
        select coalesce(jsonb_agg(i.value order by i.place), '[]') as plain
        from jsonb_path_query(details, '$.ChanVariable[*] ? (@.type() == "string")') with ordinality i (value, place)
        where split_part(i.value #>> '{}', '=', 1) = any (fax.plain_variables()) and i.value #>> '{}' like '%=%'
    ) v
    where jsonb_typeof(details) = 'object'
    union all
    select details where jsonb_typeof(details) <> 'object'
$$;

comment on function fax.plain_details is 'The details of a row without personal values. Of ChanVariable, the plain variables remain.';

-- The digest that represents a personal value in the log: SHA-256 of the salt of its session, its name, = and the
-- value.
-- NULL if there is no value. Empty if there is no salt; then the row cannot match what was sealed.
-- example: select fax.personal_digest(sha256('salt'), 'file_name', '/fax/1.tif');
create function fax.personal_digest(salt bytea, name text, value text) returns bytea
language sql immutable parallel safe
as $$
    select case when value is not null then coalesce(sha256(salt || convert_to(name || '=' || value, 'UTF8')), '') end
$$;

comment on function fax.personal_digest is 'The digest that represents a personal value in the log: SHA-256 of the salt of its session, its name, = and the value. NULL if there is no value. Empty if there is no salt; then the row cannot match what was sealed.';

-- The canonical bytes of a history row in the log: a version byte, then each argument in order as its length (4 bytes,
-- -1 for NULL) and its value in Postgres's binary format (integers big-endian, timestamps in microseconds since
-- 2000-01-01 UTC, text in UTF-8). The last three are the text of the plain details, the digest of file_name, and the
-- digest of the whole details if they contain personal values.
-- example: select sha256('\x00' || entry) = leaf from fax.log_leaves where position = 1;
create function fax.log_entry(
    at_position bigint, session_id uuid, server text, epoch_id uuid, session_number bigint, started_at timestamptz,
    observed_at timestamptz, collector_id text, event text, operation text, state text, session_type text,
    error_correction_mode boolean, data_rate integer, x_resolution integer, y_resolution integer, page_number integer,
    pages_transmitted integer, pages_received integer, total_bad_lines integer, plain_details jsonb, file_name_digest bytea,
    details_digest bytea
) returns bytea
language sql immutable parallel safe
as $$
    select '\x01' || string_agg(coalesce(int4send(length(f.value)) || f.value, '\xffffffff'), '' order by f.place)
    from unnest(array[
        int8send(at_position), uuid_send(session_id), convert_to(server, 'UTF8'), uuid_send(epoch_id),
        int8send(session_number), timestamptz_send(started_at), timestamptz_send(observed_at),
        convert_to(collector_id, 'UTF8'), convert_to(event, 'UTF8'), convert_to(operation, 'UTF8'),
        convert_to(state, 'UTF8'), convert_to(session_type, 'UTF8'), boolsend(error_correction_mode),
        int4send(data_rate), int4send(x_resolution), int4send(y_resolution), int4send(page_number),
        int4send(pages_transmitted), int4send(pages_received), int4send(total_bad_lines),
        convert_to(plain_details::text, 'UTF8'), file_name_digest, details_digest
    ]) with ordinality f (value, place)
$$;

comment on function fax.log_entry is 'The canonical bytes of a history row in the log: a version byte, then each argument in order as its length (4 bytes, -1 for NULL) and its value in Postgres''s binary format (integers big-endian, timestamps in microseconds since 2000-01-01 UTC, text in UTF-8). The last three are the text of the plain details, the digest of file_name, and the digest of the whole details if they contain personal values.';

-- Takes the lock of sealing and erasing until the end of the transaction. Appenders do not take it.
-- example: select fax.lock_log();
create function fax.lock_log() returns void
language sql
as $$
    select pg_advisory_xact_lock(4702394921427289929)
$$;

comment on function fax.lock_log is 'Takes the lock of sealing and erasing until the end of the transaction. Appenders do not take it.';

-- Whether this transaction has recorded an erasure of a session, or of rejected messages of a server at a moment.
-- example: select fax.erasure_recorded('…', null, null);
create function fax.erasure_recorded(of_session uuid, of_server text, moment timestamptz) returns boolean
language sql stable
as $$
    select exists (
        select from fax.erasure e
        where e.erased_at = transaction_timestamp()
          and e.session_id is not distinct from of_session
          and (of_session is not null or ((e.server is null or e.server = of_server) and moment >= e.from_at and moment < e.to_at)))
$$;

comment on function fax.erasure_recorded is 'Whether this transaction has recorded an erasure of a session, or of rejected messages of a server at a moment.';

-- Whether a row differs from another in nothing but erased personal values: this transaction has recorded the erasure, and
-- the digests are stored, so that the row's leaf does not change.
create function fax.erases(before fax.observation, after fax.observation) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored fax.observation := after;
    plain jsonb := fax.plain_details(before.details);
    stored fax.erased_digest := (
        select row(d.*)::fax.erased_digest from fax.erased_digest d
        where d.session_id = before.session_id and d.position = before.position);
    current_salt bytea := (select k.salt from fax.session_salt k where k.session_id = before.session_id);
begin
    restored.file_name := before.file_name;
    restored.details := before.details;
    return restored is not distinct from before
       and fax.erasure_recorded(before.session_id, null, null)
       and (after.file_name is not distinct from before.file_name
            or (after.file_name is null
                and fax.personal_digest(current_salt, 'file_name', before.file_name) = stored.file_name))
       and (after.details is not distinct from before.details
            or (after.details = plain
                and fax.personal_digest(current_salt, 'details', before.details::text) = stored.details));
end
$$;

comment on function fax.erases is 'Whether a row differs from another in nothing but erased personal values: this transaction has recorded the erasure, and the digests are stored, so that the row''s leaf does not change.';

-- Trigger of the history, for each row: admits an UPDATE only if it does nothing but erase personal values (fax.erases).
create function fax.check_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if fax.erases(row(old.*)::fax.observation, row(new.*)::fax.observation) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.check_erasure is 'Trigger of the history, for each row: admits an UPDATE only if it does nothing but erase personal values (fax.erases).';

-- Trigger of the packs, for each row: admits an UPDATE only if the pack gains rows, or if this transaction has recorded an
-- erasure of its session. It must still contain each row as it was, or with nothing but personal values erased
-- (fax.erases).
create function fax.check_pack() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = on
as $$
begin
    if new.session_id = old.session_id and new.started_at = old.started_at
       and (cardinality(new.rows) > cardinality(old.rows) or fax.erasure_recorded(old.session_id, null, null))
       -- count(*), not exists(): for the first row alone, the planner would compare each row with each
       and 0 = (
           select count(*)
           from unnest(old.rows) o
           left join unnest(new.rows) n on n.position = o.position
           where not coalesce(n operator(pg_catalog.*=) o or fax.erases(o, n), false)
       )
    then
        return new;
    end if;
    raise exception 'fax.session_pack is append-only: update is refused'
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.check_pack is 'Trigger of the packs, for each row: admits an UPDATE only if the pack gains rows, or if this transaction has recorded an erasure of its session. It must still contain each row as it was, or with nothing but personal values erased (fax.erases).';

-- A row of the history as an erasure leaves it.
-- example: select fax.without_personal_values(o) from fax.observation o limit 1;
create function fax.without_personal_values(one fax.observation) returns fax.observation
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
    one.file_name := null;
    one.details := fax.plain_details(one.details);
    return one;
end
$$;

comment on function fax.without_personal_values is 'A row of the history as an erasure leaves it.';

-- Trigger of fax.rejected_message, for each row: admits an UPDATE only if it empties the message, replaces the digest by
-- 16 bytes, which are random, and this transaction has recorded the erasure.
create function fax.check_rejected_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.raw := old.raw;
    restored.digest := old.digest;
    if new.raw = '' and length(new.digest) = 16 and restored is not distinct from old
       and fax.erasure_recorded(null, old.server, old.observed_at) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.check_rejected_erasure is 'Trigger of fax.rejected_message, for each row: admits an UPDATE only if it empties the message, replaces the digest by 16 bytes, which are random, and this transaction has recorded the erasure.';

-- Trigger of fax.server_history, for each row: admits an UPDATE only if (erased) replaces a part of headers, and this
-- transaction has recorded the erasure.
create function fax.check_server_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.details := old.details;
    if restored is not distinct from old
       and fax.erasure_recorded(null, old.server, old.observed_at)
       and not exists (
           select from jsonb_each(new.details) e
           where e.value is distinct from old.details -> e.key and e.key || e.value::text not like '%(erased)%')
       and (new.details ?& array(select jsonb_object_keys(old.details))
            or exists (select from jsonb_object_keys(new.details) n (name) where n.name like '%(erased)%'))
    then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.check_server_erasure is 'Trigger of fax.server_history, for each row: admits an UPDATE only if (erased) replaces a part of headers, and this transaction has recorded the erasure.';

-- Trigger of fax.erasure, for each row: admits an UPDATE only if (erased) replaces a part of the reason, and this
-- transaction has recorded an erasure.
create function fax.check_reason_erasure() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.reason := old.reason;
    if restored is not distinct from old and new.reason like '%(erased)%' and fax.erasure_recorded(null, '', now()) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.check_reason_erasure is 'Trigger of fax.erasure, for each row: admits an UPDATE only if (erased) replaces a part of the reason, and this transaction has recorded an erasure.';

-- Bytes as the JSON that they contain; NULL if they contain anything else.
-- example: select fax.bytes_as_json(body) from fax.waiting_record;
create function fax.bytes_as_json(bytes bytea) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return convert_from(bytes, 'UTF8')::jsonb;
exception when data_exception or program_limit_exceeded or statement_too_complex then
    return null;
end
$$;

comment on function fax.bytes_as_json is 'Bytes as the JSON that they contain; NULL if they contain anything else.';

-- Bytes as text in which to search for a number: JSON without its escapes, other UTF-8 as it is, else with each byte that
-- is not ASCII escaped.
-- example: select fax.bytes_as_text(raw) from fax.rejected_message;
create function fax.bytes_as_text(bytes bytea) returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(fax.bytes_as_json(bytes)::text, convert_from(bytes, 'UTF8'));
exception when data_exception then
    return replace(encode(bytes, 'escape'), '\', '\x');
end
$$;

comment on function fax.bytes_as_text is 'Bytes as text in which to search for a number: JSON without its escapes, other UTF-8 as it is, else with each byte that is not ASCII escaped.';

-- A text with (erased) in place of each occurrence of a number, or as a whole if the number cannot be cut out of it.
-- example: select fax.text_without_number('PJSIP/4915199999992-00000001', '4915199999992');
create function fax.text_without_number(value text, digits text) returns text
language sql immutable parallel safe
as $$
    select case when not fax.contains_number(value, digits) then value
                when not fax.contains_number(c.cut, digits) then c.cut
                else '(erased)' end
    from (select regexp_replace(value, fax.number_pattern(digits), '(erased)', 'g') as cut) c
$$;

comment on function fax.text_without_number is 'A text with (erased) in place of each occurrence of a number, or as a whole if the number cannot be cut out of it.';

-- JSON of the same shape without a number: (erased) replaces it in each text and in each name.
-- example: select fax.json_without_number('{"Reason": "no 5550177"}', '5550177');
create function fax.json_without_number(document jsonb, digits text) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case jsonb_typeof(document)
        when 'string' then to_jsonb(fax.text_without_number(document #>> '{}', digits))
        when 'array' then (select coalesce(jsonb_agg(fax.json_without_number(e.value, digits) order by e.place), '[]')
                           from jsonb_array_elements(document) with ordinality e (value, place))
        when 'object' then (select coalesce(jsonb_object_agg(fax.text_without_number(e.key, digits),
                                                             fax.json_without_number(e.value, digits)), '{}')
                            from jsonb_each(document) e)
        else document
    end;
end
$$;

comment on function fax.json_without_number is 'JSON of the same shape without a number: (erased) replaces it in each text and in each name.';

-- What a reader remembers (fax.recording_part.reader_state), with (erased) in place of a channel. Of a list entry or a
-- dialled call on the channel, which are arrays, the file name and all headers are removed too.
-- example: select fax.json_without_channel('[7, {"channel": "PJSIP/a-1"}, {"Files": "/a.tif"}]', 'PJSIP/a-1');
create function fax.json_without_channel(document jsonb, channel text) returns jsonb
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case jsonb_typeof(document)
        when 'string' then case when document #>> '{}' = channel then '"(erased)"' else document end
        when 'array' then (
            select coalesce(jsonb_agg(case
                when e.value ->> 'channel' = channel
                    then e.value - 'file_name' || jsonb_build_object('channel', '(erased)')
                when jsonb_typeof(e.value) = 'object'
                     and (document ? channel or document @> jsonb_build_array(jsonb_build_object('channel', channel)))
                    then '{}'
                else fax.json_without_channel(e.value, channel) end order by e.place), '[]')
            from jsonb_array_elements(document) with ordinality e (value, place))
        when 'object' then (
            select coalesce(jsonb_object_agg(case when e.key = channel then '(erased)' else e.key end,
                                             fax.json_without_channel(e.value, channel)), '{}')
            from jsonb_each(document) e)
        else document
    end;
end
$$;

comment on function fax.json_without_channel is 'What a reader remembers (fax.recording_part.reader_state), with (erased) in place of a channel. Of a list entry or a dialled call on the channel, which are arrays, the file name and all headers are removed too.';

-- Erases what the imported parts of recordings remember of a session: its channel, file name and headers, if it was live
-- where a part ends. The next piece continues without them. A part of another version of faxstore is deleted.
-- fax.erase_values() calls it while fax.session still has the channel.
-- example: select fax.erase_reader_state('…');
create function fax.erase_reader_state(of_session uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with concerned as (
        select p.part_id, fax.bytes_as_json(p.reader_state) as state, s.channel
        from fax.session s
        join fax.recording_part p on p.server = s.server
        where s.session_id = of_session
          and position(substr(to_jsonb(s.channel)::text, 2, length(to_jsonb(s.channel)::text) - 2)
                       in fax.bytes_as_text(p.reader_state)) > 0
    ),
    deleted as (
        delete from fax.recording_part p using concerned c where p.part_id = c.part_id and c.state is null
    )
    update fax.recording_part p
    set reader_state = convert_to(fax.json_without_channel(c.state, c.channel)::text, 'UTF8')
    from concerned c
    where p.part_id = c.part_id and c.state is not null;
end
$$;

comment on function fax.erase_reader_state is 'Erases what the imported parts of recordings remember of a session: its channel, file name and headers, if it was live where a part ends. The next piece continues without them. A part of another version of faxstore is deleted. fax.erase_values() calls it while fax.session still has the channel.';

-- Deletes the values of pseudonyms (fax.pseudonym) that no fax has but these, which are about to be erased. Reads the whole
-- history once.
-- example: select fax.forget_values('{}');
create function fax.forget_values(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update fax.pseudonym p
    set value = null
    where p.value is not null
      and p.pseudonym <> all (array(
          select distinct h.pseudonym
          from fax.sessions s
          cross join lateral fax.file_set(s.file_names) f (file_set)
          cross join lateral (values
              ('job', fax.job_subject(s.direction, s.called_number, s.caller_number, f.file_set)),
              ('peer', fax.peer(s.direction, s.remote_station_id, s.caller_number, s.called_number))
          ) v (kind, value)
          join fax.pseudonym h on h.kind = v.kind and h.value = v.value
          where s.session_id <> all (of_sessions)));
end
$$;

comment on function fax.forget_values is 'Deletes the values of pseudonyms (fax.pseudonym) that no fax has but these, which are about to be erased. Reads the whole history once.';

-- Stores what figures need of these sessions before their personal values are erased: which faxes belong together, and
-- which rates apply. Stores no value and no part of one, except while another fax has the value (fax.pseudonym).
-- Reads the whole history once, to find those faxes.
-- example: select fax.keep_keys(array['…']::uuid[]);
create function fax.keep_keys(of_sessions uuid[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    with erased as materialized (
        select
            s.session_id, s.started_at, s.server, s.called_number, s.file_names, s.fax_session_id,
            f.file_set,
            fax.job_subject(s.direction, s.called_number, s.caller_number, f.file_set) as subject,
            coalesce(s.direction = 'sent', false) and s.called_number is not null and f.file_set is not null as names_fax,
            case when s.direction is distinct from 'detector'
                 then fax.peer(s.direction, s.remote_station_id, s.caller_number, s.called_number) end as peer,
            fax.peer_id(s.remote_station_id) is not null as peer_is_station
        from fax.sessions s
        cross join lateral fax.file_set(s.file_names) f (file_set)
        where s.session_id = any (of_sessions)
    ),
    added as (
        insert into fax.pseudonym (kind, value)
        select v.kind, v.value
        from erased e
        cross join lateral (values ('job', e.subject), ('peer', e.peer)) v (kind, value)
        where v.value is not null
          and not exists (select from fax.pseudonym p where p.kind = v.kind and p.value = v.value)
        group by v.kind, v.value
        returning pseudonym, kind, value
    ),
    known as (
        select a.pseudonym, a.kind, a.value from added a
        union all
        select p.pseudonym, p.kind, p.value from fax.pseudonym p where p.value is not null
    )
    insert into fax.erased_key as old (
        session_id, job, names_fax, peer, peer_is_station, rate_ids, files, distinct_files, fax_session_id)
    select
        e.session_id, j.pseudonym, case when j.pseudonym is not null then e.names_fax end,
        p.pseudonym, case when p.pseudonym is not null then e.peer_is_station end,
        case when e.called_number is not null then array(
            select min(r.rate_id)
            from fax.rate r
            where starts_with(fax.peer_id(e.called_number), r.called_prefix)
              and (r.server is null or r.server = e.server)
              and r.valid_from <= e.started_at and (r.valid_to is null or r.valid_to > e.started_at)
            group by r.called_prefix
            order by 1) end,
        cardinality(e.file_names), cardinality(e.file_set), e.fax_session_id
    from erased e
    left join known j on j.kind = 'job' and j.value = e.subject
    left join known p on p.kind = 'peer' and p.value = e.peer
    on conflict (session_id) do update
        set (job, names_fax) = (
                select excluded.job, excluded.names_fax where old.job is null or excluded.names_fax and not old.names_fax
                union all select old.job, old.names_fax limit 1),
            (peer, peer_is_station) = (
                select excluded.peer, excluded.peer_is_station
                where old.peer is null or excluded.peer_is_station and not old.peer_is_station
                union all select old.peer, old.peer_is_station limit 1),
            rate_ids = coalesce(old.rate_ids, excluded.rate_ids),
            files = coalesce(old.files, excluded.files),
            distinct_files = coalesce(old.distinct_files, excluded.distinct_files),
            fax_session_id = coalesce(old.fax_session_id, excluded.fax_session_id);

    -- detectors that find these faxes by the name of the channel
    insert into fax.erased_key as old (session_id, fax_session_id)
    select d.session_id, f.fax_session_id
    from fax.session g
    join fax.session d
        on d.epoch_id = g.epoch_id and left(d.channel, 100) = left(g.channel, 100) and d.channel = g.channel
        and d.session_id <> g.session_id
    cross join lateral (
        select s.fax_session_id from fax.sessions s where s.session_id = d.session_id and s.started_at = d.started_at offset 0
    ) f
    where g.session_id = any (of_sessions) and f.fax_session_id = g.session_id
    on conflict (session_id) do update set fax_session_id = coalesce(old.fax_session_id, excluded.fax_session_id);

    perform fax.forget_values(of_sessions);
end
$$;

comment on function fax.keep_keys is 'Stores what figures need of these sessions before their personal values are erased: which faxes belong together, and which rates apply. Stores no value and no part of one, except while another fax has the value (fax.pseudonym). Reads the whole history once, to find those faxes.';

-- Erases the personal values of one session from the history, fax.session, the billing ledger and the state of pending
-- imports. The caller holds the locks of erasing and packing, and has called fax.keep_keys() and fax.outdate_files().
-- Returns the number of rows erased.
-- example: select fax.erase_values('…', 'request of 2026-11-25');
create function fax.erase_values(of_session uuid, because text) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    began timestamptz := (select s.started_at from fax.session s where s.session_id = of_session);
    current_salt bytea;
    erased bigint;
begin
    if began is null then
        raise exception 'there is no session %', of_session using errcode = 'no_data_found';
    end if;
    perform fax.erase_reader_state(of_session);
    insert into fax.session_salt (session_id) values (of_session) on conflict do nothing;
    select k.salt into current_salt from fax.session_salt k where k.session_id = of_session;

    insert into fax.erased_digest (session_id, position, file_name, details)
    select
        h.session_id, h.position,
        fax.personal_digest(current_salt, 'file_name', h.file_name),
        fax.personal_digest(current_salt, 'details', case when fax.plain_details(h.details) <> h.details then h.details::text end)
    from fax.session_history h
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    get diagnostics erased = row_count;
    insert into fax.erasure (reason, session_id, erased_rows) values (because, of_session, erased);

    update fax.observation h
    set file_name = null, details = fax.plain_details(h.details)
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    update fax.session_pack p
    set rows = array(select fax.without_personal_values(r) from unnest(p.rows) r order by r.details is null, r.position)
    where p.session_id = of_session and p.started_at = began
      and exists (select from unnest(p.rows) r where r.file_name is not null or fax.plain_details(r.details) <> r.details);
    perform fax.forget_totals(array[of_session]);
    update fax.session s set channel = null where s.session_id = of_session and s.channel is not null;
    delete from fax.session_salt k where k.session_id = of_session;
    perform fax.erase_export_lines(of_session);
    return erased;
end
$$;

comment on function fax.erase_values is 'Erases the personal values of one session from the history, fax.session, the billing ledger and the state of pending imports. The caller holds the locks of erasing and packing, and has called fax.keep_keys() and fax.outdate_files(). Returns the number of rows erased.';

-- Raises an exception if the reason of an erasure contains a number of these sessions, because reasons are stored.
-- Two statements: a distributed database cannot look for the numbers in the query that reads the sessions.
-- example: select fax.check_reason(array['…']::uuid[], 'request of 2026-11-25');
create function fax.check_reason(of_sessions uuid[], because text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    numbers text[];
begin
    select
        array_agg(s.caller_number) || array_agg(s.called_number) || array_agg(s.local_station_id)
            || array_agg(s.remote_station_id)
    into numbers
    from fax.sessions s
    where s.session_id = any (of_sessions);
    if exists (select from unnest(numbers) n (value) where fax.contains_number(because, fax.number_digits(n.value))) then
        raise exception 'the reason contains a number of the session, and reasons are stored'
            using errcode = 'invalid_parameter_value';
    end if;
end
$$;

comment on function fax.check_reason is 'Raises an exception if the reason of an erasure contains a number of these sessions, because reasons are stored. Two statements: a distributed database cannot look for the numbers in the query that reads the sessions.';

-- Erases the personal values of sessions from the history, fax.session, the billing ledger and the state of pending
-- imports, all or none. No figure changes (fax.keep_keys), and every proof remains valid. Rows appended later contain
-- their values until the session is erased again. The reason must not contain a number of the session. Returns the
-- number of rows erased. Appends of rows of past days wait until all are erased: faxstore erase erases one by one.
-- Refuses sessions whose rows are in files only. If the rows of the month are in a file too, the file is outdated.
-- example: select fax.erase_sessions(array['…', '…']::uuid[], 'request of 2026-11-25');
create function fax.erase_sessions(of_sessions uuid[], because text) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform fax.check_reason(of_sessions, because);
    perform fax.lock_log();
    perform fax.lock_packing();
    perform fax.outdate_files(of_sessions);
    perform fax.keep_keys(of_sessions);
    return (select sum(fax.erase_values(o.session_id, because)) from (select distinct unnest(of_sessions) as session_id) o);
end
$$;

comment on function fax.erase_sessions is 'Erases the personal values of sessions from the history, fax.session, the billing ledger and the state of pending imports, all or none. No figure changes (fax.keep_keys), and every proof remains valid. Rows appended later contain their values until the session is erased again. The reason must not contain a number of the session. Returns the number of rows erased. Appends of rows of past days wait until all are erased: faxstore erase erases one by one. Refuses sessions whose rows are in files only. If the rows of the month are in a file too, the file is outdated.';

-- Erases the personal values of one session: fax.erase_sessions() for one.
-- example: select fax.erase_session('…', 'request of 2026-11-25');
create function fax.erase_session(of_session uuid, because text) returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    select fax.erase_sessions(array[of_session], because)
$$;

comment on function fax.erase_session is 'Erases the personal values of one session: fax.erase_sessions() for one.';

-- Empties the rejected messages of a server (of all if NULL) between two moments, all or only those that contain a text.
-- When and why each was rejected remains. Rejected messages are not in the log. Returns the number of messages emptied.
-- example: select fax.erase_rejected('pbx1', '2026-11-01', '2026-12-01', 'request of 2026-11-25', '5550100');
create function fax.erase_rejected(
    of_server text, from_moment timestamptz, to_moment timestamptz, because text, containing text default ''
) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    erased bigint;
begin
    insert into fax.erasure (reason, server, from_at, to_at, erased_rows)
    select because, of_server, from_moment, to_moment, count(*)
    from fax.rejected_message r
    where (of_server is null or r.server = of_server) and r.observed_at >= from_moment and r.observed_at < to_moment
      and r.raw <> '' and position(convert_to(containing, 'UTF8') in r.raw) > 0;
    update fax.rejected_message r
    set raw = '', digest = uuid_send(gen_random_uuid())
    where (of_server is null or r.server = of_server) and r.observed_at >= from_moment and r.observed_at < to_moment
      and r.raw <> '' and position(convert_to(containing, 'UTF8') in r.raw) > 0;
    get diagnostics erased = row_count;
    return erased;
end
$$;

comment on function fax.erase_rejected is 'Empties the rejected messages of a server (of all if NULL) between two moments, all or only those that contain a text. When and why each was rejected remains. Rejected messages are not in the log. Returns the number of messages emptied.';

-- The headers of fax.server_history that figures read. An erasure leaves them unchanged.
-- example: select fax.figure_headers();
create function fax.figure_headers() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'Module', 'Status', 'Uptime', 'TransmitAttempts', 'ReceiveAttempts', 'CompletedFAXes', 'FailedFAXes', 'LastPolled',
        'Previous', 'From', 'To', 'Records']
$$;

comment on function fax.figure_headers is 'The headers of fax.server_history that figures read. An erasure leaves them unchanged.';

-- The columns outside of sessions in which fax.erase_number() erases a number.
-- example: select fax.places_of_erasure();
create function fax.places_of_erasure() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'fax.rejected_message.raw', 'fax.server_history.details', 'fax.epoch.startup_text', 'fax.pseudonym.value',
        'fax.erasure.reason', 'fax.recording_part.reader_state', 'fax.recording_part.first_list', 'fax.waiting_record.body',
        'fax.reported_fax.caller_number', 'fax.reported_fax.called_number', 'fax.reported_fax.local_station_id',
        'fax.reported_fax.remote_station_id', 'fax.reported_fax.raw']
$$;

comment on function fax.places_of_erasure is 'The columns outside of sessions in which fax.erase_number() erases a number.';

-- The columns and headers of a row of the history that contain a number, in any spelling (fax.contains_number), and
-- whether an erasure empties them. The number is given as its digits. All values are tested together first, because few
-- rows contain the number.
-- example: select * from fax.places_of_number('5550177', null, 'send', null, null, 'VarSet', '{"CallerIDNum": "5550177"}');
create function fax.places_of_number(
    digits text, file_name text, operation text, state text, session_type text, event text, details jsonb
) returns table (name text, is_erased boolean)
language sql immutable parallel safe
as $$
    select v.name, v.is_erased
    from (
        values ('file_name', file_name, true), ('operation', operation, false),
            ('state', state, false), ('session_type', session_type, false), ('event', event, false)
        union all
        select e.key, i.value #>> '{}', not exists (
            select from jsonb_path_query(fax.plain_details(details) -> e.key, '$[*]') p (value) where p.value = i.value)
        from jsonb_each(details) e
        cross join lateral jsonb_path_query(e.value, '$[*]') i (value)
        union all
        select 'the name of a header', e.key, true from jsonb_each(details) e
    ) v (name, value, is_erased)
    where fax.contains_number(concat_ws('|', file_name, operation, state, session_type, event, details::text), digits)
      and fax.contains_number(v.value, digits)
$$;

comment on function fax.places_of_number is 'The columns and headers of a row of the history that contain a number, in any spelling (fax.contains_number), and whether an erasure empties them. The number is given as its digits. All values are tested together first, because few rows contain the number.';

-- Counts the rows outside of sessions that contain a number in any spelling, by table and column, and whether
-- fax.erase_number() erases it there. It searches each column of text, JSON or messages, of tables added later too.
-- example: select * from fax.find_number('+49 151 9999-9992');
create function fax.find_number(number text) returns table (place text, containing bigint, is_erased boolean)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    digits constant text := fax.number_digits(number);
    searched record;
begin
    for searched in
        select c.relname, a.attname,
               case when c.relname = 'server_history' and a.attname = 'details' then '(t.details - fax.figure_headers())::text'
                    when a.atttypid = 'bytea'::regtype then format('fax.bytes_as_text(t.%I)', a.attname)
                    else format('t.%I::text', a.attname) end as value
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and c.relname not in ('observation', 'session_pack', 'session', 'session_total', 'export_line')
          and (a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
               or (c.relname, a.attname) in (('rejected_message', 'raw'), ('recording_part', 'reader_state'),
                                             ('recording_part', 'first_list'), ('waiting_record', 'body')))
        order by c.relname, a.attnum
    loop
        place := format('fax.%s.%s', searched.relname, searched.attname);
        is_erased := place = any (fax.places_of_erasure());
        execute format('select count(*) from fax.%I t where fax.contains_number(%s, $1)', searched.relname, searched.value)
            into containing using digits;
        if containing > 0 then
            return next;
        end if;
    end loop;
end
$$;

comment on function fax.find_number is 'Counts the rows outside of sessions that contain a number in any spelling, by table and column, and whether fax.erase_number() erases it there. It searches each column of text, JSON or messages, of tables added later too.';

-- Erases a number, given as its digits, in what imports of recordings continue with. Returns the number of rows by
-- table, those that were deleted apart. fax.erase_number() calls it.
-- Deleted is what would not find its session any more: an event that waits for it on a channel with the number, and the
-- state that another version of faxstore stored.
-- example: select * from fax.erase_number_in_parts('4915199999992');
create function fax.erase_number_in_parts(digits text) returns table (place text, erased bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    changed bigint;
    deleted bigint;
begin
    with concerned as (
        select w.ctid as row, w.body, fax.bytes_as_json(w.body) as record,
               fax.json_without_number(fax.bytes_as_json(w.body), digits) as left_of
        from fax.waiting_record w
        where fax.contains_number(fax.bytes_as_text(w.body), digits)
    ),
    -- element 6 of an Observation, and 4 of a Hangup, is the channel
    judged as (
        select c.*, c.left_of is not null and c.left_of -> 6 is not distinct from c.record -> 6
                    and c.left_of -> 4 is not distinct from c.record -> 4 as finds_session
        from concerned c
    ),
    removed as (
        delete from fax.waiting_record w using judged j where w.ctid = j.row and not j.finds_session returning 1
    ),
    altered as (
        update fax.waiting_record w
        set body = convert_to(j.left_of::text, 'UTF8')
        from judged j
        where w.ctid = j.row and j.finds_session
        returning 1
    )
    select (select count(*) from altered), (select count(*) from removed) into changed, deleted;
    return query values ('fax.waiting_record', changed), ('fax.waiting_record (deleted)', deleted);

    delete from fax.recording_part p
    where fax.bytes_as_json(p.reader_state) is null and fax.contains_number(fax.bytes_as_text(p.reader_state), digits);
    get diagnostics deleted = row_count;
    update fax.recording_part p
    set reader_state = convert_to(fax.json_without_number(fax.bytes_as_json(p.reader_state), digits)::text, 'UTF8'),
        first_list = convert_to(fax.json_without_number(fax.bytes_as_json(p.first_list), digits)::text, 'UTF8')
    where fax.contains_number(fax.bytes_as_text(p.reader_state), digits)
       or fax.contains_number(fax.bytes_as_text(p.first_list), digits);
    get diagnostics changed = row_count;
    return query values ('fax.recording_part', changed), ('fax.recording_part (deleted)', deleted);
end
$$;

comment on function fax.erase_number_in_parts is 'Erases a number, given as its digits, in what imports of recordings continue with. Returns the number of rows by table, those that were deleted apart. fax.erase_number() calls it. Deleted is what would not find its session any more: an event that waits for it on a channel with the number, and the state that another version of faxstore stored.';

-- Erases a number, in any spelling, outside of sessions: rejected messages that contain it, and reported faxes, are
-- emptied of personal values; (erased) replaces
-- it in start-up texts of fax.epoch, in the headers of fax.server_history that no figure reads, in reasons of fax.erasure
-- and in what the import of the next piece of a recording continues with. Returns the number of rows by table. Sessions
-- are erased by fax.erase_sessions().
-- An event that waits for its session on a channel with the number is deleted, because it could not find it any more.
-- example: select * from fax.erase_number('+49 151 9999-9992', 'request of 2026-11-25');
create function fax.erase_number(number text, because text) returns table (place text, erased bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    digits constant text := fax.number_digits(number);
begin
    if digits is null then
        raise exception 'expected a number of 4 to 20 digits' using errcode = 'invalid_parameter_value';
    elsif fax.contains_number(because, digits) then
        raise exception 'the reason contains the number, and reasons are stored' using errcode = 'invalid_parameter_value';
    end if;
    insert into fax.erasure (reason, from_at, to_at, erased_rows)
    select because, '-infinity', 'infinity', coalesce(sum(f.containing), 0)
    from fax.find_number(digits) f
    where f.is_erased;

    place := 'fax.rejected_message';
    update fax.rejected_message r
    set raw = '', digest = uuid_send(gen_random_uuid())
    where fax.contains_number(fax.bytes_as_text(r.raw), digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.server_history';
    update fax.server_history h
    set details = fax.json_without_number(h.details - fax.figure_headers(), digits)
        || coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(h.details) e
                     where e.key = any (fax.figure_headers())), '{}')
    where fax.contains_number((h.details - fax.figure_headers())::text, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.epoch';
    update fax.epoch e
    set startup_text = fax.text_without_number(e.startup_text, digits)
    where fax.contains_number(e.startup_text, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.erasure';
    update fax.erasure e
    set reason = fax.text_without_number(e.reason, digits)
    where fax.contains_number(e.reason, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.pseudonym';
    update fax.pseudonym p set value = null where fax.contains_number(p.value, digits);
    get diagnostics erased = row_count;
    return next;

    place := 'fax.reported_fax';
    erased := fax.empty_reported('-infinity', 'infinity', digits);
    return next;

    return query select * from fax.erase_number_in_parts(digits);
end
$$;

comment on function fax.erase_number is 'Erases a number, in any spelling, outside of sessions: rejected messages that contain it, and reported faxes, are emptied of personal values; (erased) replaces it in start-up texts of fax.epoch, in the headers of fax.server_history that no figure reads, in reasons of fax.erasure and in what the import of the next piece of a recording continues with. Returns the number of rows by table. Sessions are erased by fax.erase_sessions(). An event that waits for its session on a channel with the number is deleted, because it could not find it any more.';

-- grain: one row of the history as a leaf of the log
-- example: select encode(leaf, 'hex') from fax.log_leaves where position = 1;
create view fax.log_leaves as
select
    e.position,  -- Position of the row in the history; the index of its leaf is one less.
    e.session_id,  -- The session.
    e.started_at,  -- First observation of the session. Determines the partition.
    e.entry,  -- Canonical bytes of the row by fax.log_entry(), with digests for personal values.
    sha256('\x00' || e.entry) as leaf  -- Leaf hash (RFC 6962), 32 bytes. Until the row is sealed, its personal values have no salt and this is not yet its leaf.
from (
    select
        h.position,
        h.session_id,
        h.started_at,
        fax.log_entry(
            h.position, h.session_id, s.server, s.epoch_id, s.session_number, h.started_at, h.observed_at, h.collector_id,
            h.event, h.operation, h.state, h.session_type, h.error_correction_mode, h.data_rate, h.x_resolution,
            h.y_resolution, h.page_number, h.pages_transmitted, h.pages_received, h.total_bad_lines,
            p.plain,
            coalesce(fax.personal_digest(k.salt, 'file_name', h.file_name), d.file_name),
            coalesce(fax.personal_digest(k.salt, 'details', case when p.plain <> h.details then h.details::text end), d.details)
        ) as entry
    from fax.session_history h
    left join fax.session s on s.session_id = h.session_id
    left join fax.session_salt k on k.session_id = h.session_id
    left join fax.erased_digest d on d.session_id = h.session_id and d.position = h.position
    cross join lateral (select fax.plain_details(h.details) as plain offset 0) p
) e;

comment on view fax.log_leaves is 'Leaves of the transparency log as the rows are now: leaf n of the tree is the row at position n. fax.checkpoint has what was sealed.';

comment on column fax.log_leaves.position is 'Position of the row in the history; the index of its leaf is one less.';

comment on column fax.log_leaves.session_id is 'The session.';

comment on column fax.log_leaves.started_at is 'First observation of the session. Determines the partition.';

comment on column fax.log_leaves.entry is 'Canonical bytes of the row by fax.log_entry(), with digests for personal values.';

comment on column fax.log_leaves.leaf is 'Leaf hash (RFC 6962), 32 bytes. Until the row is sealed, its personal values have no salt and this is not yet its leaf.';

-- grain: one batch of the billing ledger for one consumer, never changed
-- example: select batch, made_at, lines, corrections, pages from fax.export_batch where consumer = 'default' order by batch;
-- A batch covers the positions after those of the previous batch, which a foreign key enforces. If that range is
-- empty, it contains faxes that ended without a row of their own (their server restarted).
create table fax.export_batch (
    consumer           text not null check (consumer ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),  -- The consumer. Each has its own sequence of batches.
    batch              bigint not null check (batch >= 1),  -- Batch number, from 1 without gaps per consumer.
    first_position     bigint not null,  -- First history position covered, one after the last of the previous batch.
    last_position      bigint not null,  -- Last history position covered.
    made_at            timestamptz not null default clock_timestamp(),  -- When it was made, by the database's clock.
    lines              bigint not null check (lines >= 1),  -- Number of lines, new faxes and corrections together.
    corrections        bigint not null,  -- Number of lines that supersede an earlier one.
    pages              bigint,  -- Sum of pages of its lines. NULL if all are unknown.
    bad_lines          bigint,  -- Sum of bad lines of its lines. NULL if none was measurable.
    seconds            numeric,  -- Sum of seconds of its lines. NULL if all are unknown.
    previous_pages     bigint,  -- Sum of pages that its corrections supersede. NULL if all were unknown.
    previous_bad_lines bigint,  -- Sum of bad lines that its corrections supersede. NULL if none was measurable.
    previous_seconds   numeric,  -- Sum of seconds that its corrections supersede. NULL if all were unknown.
    first_started_at   timestamptz not null,  -- Earliest started_at of its lines.
    last_started_at    timestamptz not null,  -- Latest started_at of its lines.
    first_ended_at     timestamptz not null,  -- Earliest ended_at of its lines.
    last_ended_at      timestamptz not null,  -- Latest ended_at of its lines.
    format             text not null,  -- Format of its file: csv, jsonl or cloudevents. The same in all batches of a consumer.
    format_version     integer not null,  -- Version of the format, which determines columns and their order.
    sha256             bytea not null check (length(sha256) = 32),  -- SHA-256 of its file as exported.
    digest             bytea not null,  -- SHA-256 of the digests of its lines in order. Does not change when personal values are erased.
    schema_version     text not null,  -- Revision of the schema whose views computed the figures.
    checkpoint         text,  -- Newest checkpoint of the transparency log at that time, as text. NULL if there was none.
    batch_before       bigint check (batch_before is not distinct from nullif(batch - 1, 0)),  -- Previous batch. NULL for the first.
    manifest           text,  -- The delivered manifest, if the batch was restored from it because the database had lost it. NULL otherwise.
    restored_after     bigint check ((restored_after is null) = (manifest is null)),  -- Last history position when it was restored. Rows of its faxes may be missing up to there. NULL otherwise.
    position_before    bigint not null check (position_before = first_position - 1),  -- Last position of the previous batch; 0 for the first.
    primary key (consumer, batch),
    unique (consumer, batch, last_position),
    foreign key (consumer, batch_before, position_before) references fax.export_batch (consumer, batch, last_position),
    check (batch > 1 or first_position = 1),
    check (last_position >= first_position - 1)
);

comment on table fax.export_batch is 'One batch of the billing ledger: the lines that a consumer received together. Append-only; fax.end_export_batch() adds rows.';

comment on column fax.export_batch.consumer is 'The consumer. Each has its own sequence of batches.';

comment on column fax.export_batch.batch is 'Batch number, from 1 without gaps per consumer.';

comment on column fax.export_batch.first_position is 'First history position covered, one after the last of the previous batch.';

comment on column fax.export_batch.last_position is 'Last history position covered.';

comment on column fax.export_batch.made_at is 'When it was made, by the database''s clock.';

comment on column fax.export_batch.lines is 'Number of lines, new faxes and corrections together.';

comment on column fax.export_batch.corrections is 'Number of lines that supersede an earlier one.';

comment on column fax.export_batch.pages is 'Sum of pages of its lines. NULL if all are unknown.';

comment on column fax.export_batch.bad_lines is 'Sum of bad lines of its lines. NULL if none was measurable.';

comment on column fax.export_batch.seconds is 'Sum of seconds of its lines. NULL if all are unknown.';

comment on column fax.export_batch.previous_pages is 'Sum of pages that its corrections supersede. NULL if all were unknown.';

comment on column fax.export_batch.previous_bad_lines is 'Sum of bad lines that its corrections supersede. NULL if none was measurable.';

comment on column fax.export_batch.previous_seconds is 'Sum of seconds that its corrections supersede. NULL if all were unknown.';

comment on column fax.export_batch.first_started_at is 'Earliest started_at of its lines.';

comment on column fax.export_batch.last_started_at is 'Latest started_at of its lines.';

comment on column fax.export_batch.first_ended_at is 'Earliest ended_at of its lines.';

comment on column fax.export_batch.last_ended_at is 'Latest ended_at of its lines.';

comment on column fax.export_batch.format is 'Format of its file: csv, jsonl or cloudevents. The same in all batches of a consumer.';

comment on column fax.export_batch.format_version is 'Version of the format, which determines columns and their order.';

comment on column fax.export_batch.sha256 is 'SHA-256 of its file as exported.';

comment on column fax.export_batch.digest is 'SHA-256 of the digests of its lines in order. Does not change when personal values are erased.';

comment on column fax.export_batch.schema_version is 'Revision of the schema whose views computed the figures.';

comment on column fax.export_batch.checkpoint is 'Newest checkpoint of the transparency log at that time, as text. NULL if there was none.';

comment on column fax.export_batch.batch_before is 'Previous batch. NULL for the first.';

comment on column fax.export_batch.manifest is 'The delivered manifest, if the batch was restored from it because the database had lost it. NULL otherwise.';

comment on column fax.export_batch.restored_after is 'Last history position when it was restored. Rows of its faxes may be missing up to there. NULL otherwise.';

comment on column fax.export_batch.position_before is 'Last position of the previous batch; 0 for the first.';

-- grain: one fax as the ledger would record it now
-- example: select pages, result from fax.exportable_faxes where started_at >= '2026-11-02';
-- It has the columns of fax.export_line in their order. The values of a fax are columns of fax.sessions, with their types
-- and comments; previous_… are those that a correction supersedes, and NULL here, as are the columns of the ledger. To
-- record another value, add it here and to fax.export_line_digest(), and to fax.export_changes() if it makes a correction.
create view fax.exportable_faxes as
select
    f.session_id,
    f.server,
    f.session_number,
    f.direction,
    f.account_code,
    f.caller_number,
    f.called_number,
    f.local_station_id,
    f.remote_station_id,
    f.uniqueid,
    f.linkedid,
    f.started_at,
    f.ended_at,
    f.end_observed_by,
    f.duration_seconds,
    f.pages,
    f.bad_lines,
    f.transport,
    f.last_data_rate,
    f.result,
    f.result_class,
    f.bad_lines_lower_bound,
    f.overlaps_gap,
    f.snapshots,
    f.first_position,
    f.last_position,
    null::text as previous_direction,
    null::text as previous_account_code,
    null::timestamptz as previous_ended_at,
    null::numeric as previous_duration_seconds,
    null::integer as previous_pages,
    null::bigint as previous_bad_lines,
    null::text as previous_transport,
    null::text as previous_result,
    null::text as consumer,  -- The consumer.
    null::bigint as batch,  -- The batch.
    null::bigint as line,  -- Line number in the batch, from 1, in the order of started_at.
    null::integer as revision,  -- 1 when the fax is first exported, one more with each correction.
    null::integer as supersedes,  -- Revision that this one replaces. NULL if it is the first.
    null::bigint as supersedes_batch,  -- Batch of the replaced revision. NULL if it is the first.
    null::bigint as supersedes_line,  -- Line number of the replaced revision in its batch. NULL if it is the first.
    '{}'::text[] as changed,  -- Names of the columns that differ from the replaced revision (fax.export_changes); empty in the first.
    null::bytea as salt,  -- 16 random bytes that prevent guessing erased values from their digest. NULL if erased.
    null::bytea as personal_digest,  -- SHA-256 of the salt and the personal values as exported (fax.export_personal_digest).
    null::bytea as digest,  -- SHA-256 of the other values and personal_digest (fax.export_line_digest).
    null::timestamptz as erased_at  -- When the personal values were erased, by the database's clock. NULL if they were not.
from fax.sessions f;

comment on view fax.exportable_faxes is 'One fax as the billing ledger would record it now: values of fax.sessions, with the columns of fax.export_line. Those of the ledger and of a correction are NULL.';

select fax.copy_comments('sessions', 'exportable_faxes');

do $$
declare
    name text;
begin
    for name in
        select a.attname from pg_attribute a where a.attrelid = 'fax.exportable_faxes'::regclass and a.attname ~ '^previous_'
    loop
        execute format(
            'comment on column fax.exportable_faxes.%I is %L', name,
            format('%s in the revision before. NULL if unknown there, or if this is no correction.', substr(name, 10)));
    end loop;
end
$$;

comment on column fax.exportable_faxes.consumer is 'The consumer.';

comment on column fax.exportable_faxes.batch is 'The batch.';

comment on column fax.exportable_faxes.line is 'Line number in the batch, from 1, in the order of started_at.';

comment on column fax.exportable_faxes.revision is '1 when the fax is first exported, one more with each correction.';

comment on column fax.exportable_faxes.supersedes is 'Revision that this one replaces. NULL if it is the first.';

comment on column fax.exportable_faxes.supersedes_batch is 'Batch of the replaced revision. NULL if it is the first.';

comment on column fax.exportable_faxes.supersedes_line is 'Line number of the replaced revision in its batch. NULL if it is the first.';

comment on column fax.exportable_faxes.changed is 'Names of the columns that differ from the replaced revision (fax.export_changes); empty in the first.';

comment on column fax.exportable_faxes.salt is '16 random bytes that prevent guessing erased values from their digest. NULL if erased.';

comment on column fax.exportable_faxes.personal_digest is 'SHA-256 of the salt and the personal values as exported (fax.export_personal_digest).';

comment on column fax.exportable_faxes.digest is 'SHA-256 of the other values and personal_digest (fax.export_line_digest).';

comment on column fax.exportable_faxes.erased_at is 'When the personal values were erased, by the database''s clock. NULL if they were not.';

-- grain: one fax as exported in one batch: revision 1, or a correction of the revision before
-- example: select batch, line, revision, pages, previous_pages, changed from fax.export_line where session_id = '…' order by consumer, revision;
-- Its columns are those of fax.exportable_faxes.
-- Append-only, except that fax.erase_export_lines() sets the personal values to NULL and leaves every digest.
-- end_observed_by is unknown, and the evidence NULL, in a line that was read from a file of usage events.
-- A line needs its batch (checked at commit), and a correction the revision before it.
create table fax.export_line as
select * from fax.exportable_faxes
with no data;

alter table fax.export_line
    alter session_id set not null,
    alter server set not null,
    alter started_at set not null,
    alter ended_at set not null,
    alter end_observed_by set not null,
    alter result set not null,
    alter consumer set not null,
    alter batch set not null,
    alter line set not null,
    alter revision set not null,
    alter changed set not null,
    alter personal_digest set not null,
    alter digest set not null,
    add check (line >= 1),
    add check (revision >= 1),
    add check (end_observed_by <> 'open'),
    add primary key (session_id, consumer, revision),
    add foreign key (consumer, batch) references fax.export_batch deferrable initially deferred,
    add foreign key (session_id, consumer, supersedes) references fax.export_line (session_id, consumer, revision),
    add constraint supersedes_the_one_before check (supersedes is not distinct from nullif(revision - 1, 0)),
    add constraint changed_where_corrected check ((changed = '{}') = (revision = 1));

create index export_line_batch on fax.export_line (consumer, batch, line);
create index export_line_started on fax.export_line (consumer, started_at);
create index export_line_erased on fax.export_line (consumer, batch) where erased_at is not null;

comment on table fax.export_line is 'One fax as exported to a consumer: revision 1, or a correction that supersedes the revision before; one with direction detector withdraws the fax. Values are as of the batch. Append-only; fax.begin_export_batch() adds rows.';

do $$
declare
    described record;
begin
    for described in
        select
            l.attname as name,
            c.comment || case when c.comment ~ '\(personal' then ' NULL also if erased.' else '' end as comment
        from pg_attribute l
        cross join lateral (select col_description('fax.exportable_faxes'::regclass, l.attnum) as comment) c
        where l.attrelid = 'fax.export_line'::regclass and l.attnum > 0
    loop
        execute format('comment on column fax.export_line.%I is %L', described.name, described.comment);
    end loop;
end
$$;

-- grain: one batch, as its lines add up
-- example: select lines, corrections, pages from fax.export_sums where consumer = 'default' and batch = 7;
create view fax.export_sums as
select
    l.consumer,  -- The consumer.
    l.batch,  -- The batch.
    count(*) as lines,  -- Number of lines.
    count(l.supersedes) as corrections,  -- Number of lines that supersede an earlier one.
    sum(l.pages)::bigint as pages,  -- Sum of pages. NULL if all are unknown.
    sum(l.bad_lines)::bigint as bad_lines,  -- Sum of bad lines. NULL if none was measurable.
    sum(l.duration_seconds) as seconds,  -- Sum of seconds. NULL if all are unknown.
    sum(l.previous_pages)::bigint as previous_pages,  -- Sum of pages that its corrections supersede. NULL if all were unknown.
    sum(l.previous_bad_lines)::bigint as previous_bad_lines,  -- Sum of bad lines that its corrections supersede. NULL if none was measurable.
    sum(l.previous_duration_seconds) as previous_seconds,  -- Sum of seconds that its corrections supersede. NULL if all were unknown.
    min(l.started_at) as first_started_at,  -- Earliest started_at.
    max(l.started_at) as last_started_at,  -- Latest started_at.
    min(l.ended_at) as first_ended_at,  -- Earliest ended_at.
    max(l.ended_at) as last_ended_at,  -- Latest ended_at.
    sha256(string_agg(l.digest, ''::bytea order by l.line)) as digest  -- SHA-256 of the digests of the lines in order.
from fax.export_line l
group by l.consumer, l.batch;

comment on view fax.export_sums is 'What the lines of each batch add up to. fax.export_batch has the same figures since the batch was made.';

comment on column fax.export_sums.consumer is 'The consumer.';

comment on column fax.export_sums.batch is 'The batch.';

comment on column fax.export_sums.lines is 'Number of lines.';

comment on column fax.export_sums.corrections is 'Number of lines that supersede an earlier one.';

comment on column fax.export_sums.pages is 'Sum of pages. NULL if all are unknown.';

comment on column fax.export_sums.bad_lines is 'Sum of bad lines. NULL if none was measurable.';

comment on column fax.export_sums.seconds is 'Sum of seconds. NULL if all are unknown.';

comment on column fax.export_sums.previous_pages is 'Sum of pages that its corrections supersede. NULL if all were unknown.';

comment on column fax.export_sums.previous_bad_lines is 'Sum of bad lines that its corrections supersede. NULL if none was measurable.';

comment on column fax.export_sums.previous_seconds is 'Sum of seconds that its corrections supersede. NULL if all were unknown.';

comment on column fax.export_sums.first_started_at is 'Earliest started_at.';

comment on column fax.export_sums.last_started_at is 'Latest started_at.';

comment on column fax.export_sums.first_ended_at is 'Earliest ended_at.';

comment on column fax.export_sums.last_ended_at is 'Latest ended_at.';

comment on column fax.export_sums.digest is 'SHA-256 of the digests of the lines in order.';

-- grain: one fax that was still open when a consumer's batch was made
-- example: select session_id from fax.export_pending where consumer = 'default';
-- A fax may end without a row of its own, because its server restarted. fax.begin_export_batch() maintains this table.
create table fax.export_pending (
    session_id uuid not null,  -- The fax.
    consumer   text not null,  -- The consumer.
    started_at timestamptz not null,  -- First observation of the fax. Determines the partition of its rows.
    primary key (session_id, consumer)
);

create index export_pending_consumer on fax.export_pending (consumer);

comment on table fax.export_pending is 'Faxes that were open when a consumer''s last batch was made. The next batch checks them again even without new rows.';

comment on column fax.export_pending.session_id is 'The fax.';

comment on column fax.export_pending.consumer is 'The consumer.';

comment on column fax.export_pending.started_at is 'First observation of the fax. Determines the partition of its rows.';

-- grain: one batch whose file and manifest were delivered
-- example: select b.consumer, b.batch from fax.export_batch b left join fax.export_delivery d using (consumer, batch) where d.batch is null;
create table fax.export_delivery (
    consumer     text not null,  -- The consumer.
    batch        bigint not null,  -- The batch.
    delivered_at timestamptz not null default clock_timestamp(),  -- When they were delivered, by the database's clock.
    primary key (consumer, batch),
    foreign key (consumer, batch) references fax.export_batch
);

comment on table fax.export_delivery is 'Batches whose file and manifest were delivered. The consumer''s next export delivers those that are missing here.';

comment on column fax.export_delivery.consumer is 'The consumer.';

comment on column fax.export_delivery.batch is 'The batch.';

comment on column fax.export_delivery.delivered_at is 'When they were delivered, by the database''s clock.';

-- grain: one batch of the billing ledger that a checkpoint covers
-- example: select consumer, batch, made_at from fax.sealed_batches order by made_at desc limit 5;
create view fax.sealed_batches as
select distinct on (r.row_key)
    r.content ->> 'consumer' as consumer,  -- The consumer.
    (r.content ->> 'batch')::bigint as batch,  -- Batch number.
    (r.content ->> 'made_at')::timestamptz as made_at,  -- When it was made, as sealed, by the database's clock.
    r.ordinal  -- Record of the batch in fax.log_record.
from fax.log_record r
where r.relation = 'export_batch'
order by r.row_key, r.ordinal;

comment on view fax.sealed_batches is 'Batches of the billing ledger with the times that the transparency log covers. faxstore billing as-of selects a batch by them.';

comment on column fax.sealed_batches.consumer is 'The consumer.';

comment on column fax.sealed_batches.batch is 'Batch number.';

comment on column fax.sealed_batches.made_at is 'When it was made, as sealed, by the database''s clock.';

comment on column fax.sealed_batches.ordinal is 'Record of the batch in fax.log_record.';

-- SHA-256 of a list of texts, encoded as a JSON array in UTF-8. Different lists never encode to the same bytes.
-- example: select fax.text_digest(array['a', null, 'b']);
create function fax.text_digest(texts text[]) returns bytea
language sql stable parallel safe
begin atomic
    select sha256(convert_to(array_to_json(texts)::text, 'UTF8'));
end;

comment on function fax.text_digest is 'SHA-256 of a list of texts, encoded as a JSON array in UTF-8. Different lists never encode to the same bytes.';

-- SHA-256 of the personal values of a line and its salt. Erasure deletes the salt with the values.
-- example: select fax.export_personal_digest(l) = l.personal_digest from fax.export_line l where erased_at is null;
create function fax.export_personal_digest(line fax.export_line) returns bytea
language sql stable parallel safe
as $$
    select fax.text_digest(array[
        encode(line.salt, 'hex'), line.caller_number, line.called_number, line.local_station_id, line.remote_station_id])
$$;

comment on function fax.export_personal_digest is 'SHA-256 of the personal values of a line and its salt. Erasure deletes the salt with the values.';

-- SHA-256 of a line: all its values, the personal ones by their digest, so that an erasure does not change it.
-- example: select fax.export_line_digest(l) = l.digest from fax.export_line l;
create function fax.export_line_digest(line fax.export_line) returns bytea
language sql stable parallel safe
as $$
    select fax.text_digest(array[
        line.consumer, line.batch::text, line.line::text, line.session_id::text, line.revision::text,
        line.supersedes_batch::text, line.supersedes_line::text, array_to_string(line.changed, ' '),
        line.server, line.session_number::text, line.direction, line.account_code, line.uniqueid, line.linkedid,
        extract(epoch from line.started_at)::text, extract(epoch from line.ended_at)::text, line.end_observed_by,
        line.duration_seconds::text, line.pages::text, line.bad_lines::text, line.transport, line.last_data_rate::text,
        line.result, line.result_class, line.bad_lines_lower_bound::text, line.overlaps_gap::text,
        line.snapshots::text, line.first_position::text, line.last_position::text,
        line.previous_direction, line.previous_account_code, extract(epoch from line.previous_ended_at)::text,
        line.previous_duration_seconds::text, line.previous_pages::text, line.previous_bad_lines::text,
        line.previous_transport, line.previous_result, encode(line.personal_digest, 'hex')])
$$;

comment on function fax.export_line_digest is 'SHA-256 of a line: all its values, the personal ones by their digest, so that an erasure does not change it.';

-- Trigger of fax.export_line: sets salt and digests of each new line.
create function fax.seal_export_line() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.salt := uuid_send(gen_random_uuid());
    new.erased_at := null;
    new.personal_digest := fax.export_personal_digest(new);
    new.digest := fax.export_line_digest(new);
    return new;
end
$$;

create trigger seal before insert on fax.export_line for each row execute function fax.seal_export_line();

comment on function fax.seal_export_line is 'Trigger of fax.export_line: sets salt and digests of each new line.';

-- Trigger of fax.export_line: admits an UPDATE only if it erases the personal values and their salt, once, and changes
-- nothing else.
create function fax.refuse_export_line_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    erased fax.export_line := old;
begin
    erased.caller_number := null;
    erased.called_number := null;
    erased.local_station_id := null;
    erased.remote_station_id := null;
    erased.salt := null;
    erased.erased_at := new.erased_at;
    if old.erased_at is null and new.erased_at is not null and new *= erased then
        return new;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.refuse_export_line_change is 'Trigger of fax.export_line: admits an UPDATE only if it erases the personal values and their salt, once, and changes nothing else.';

-- Erases the personal values of a fax from all its lines and returns their number. Figures and digests remain, so what
-- was exported can still be proved, except for these values.
-- example: select fax.erase_export_lines('…');
create function fax.erase_export_lines(of_session uuid) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    erased bigint;
begin
    update fax.export_line l
    set caller_number = null, called_number = null, local_station_id = null, remote_station_id = null,
        salt = null, erased_at = clock_timestamp()
    where l.session_id = of_session and l.erased_at is null;
    get diagnostics erased = row_count;
    return erased;
end
$$;

comment on function fax.erase_export_lines is 'Erases the personal values of a fax from all its lines and returns their number. Figures and digests remain, so what was exported can still be proved, except for these values.';

-- The columns in which two lines of a fax differ. Only these columns cause a correction. Evidence is not among them,
-- because it can change with every row. Erased values are not compared.
-- example: select fax.export_changes(a, b) from fax.export_line a join fax.export_line b using (session_id, consumer) where (a.revision, b.revision) = (1, 2);
create function fax.export_changes(old fax.export_line, new fax.export_line) returns text[]
language sql immutable parallel safe
as $$
    select array_remove(array[
        case when old.direction is distinct from new.direction then 'direction' end,
        case when old.account_code is distinct from new.account_code then 'account_code' end,
        case when old.erased_at is null and old.caller_number is distinct from new.caller_number then 'caller_number' end,
        case when old.erased_at is null and old.called_number is distinct from new.called_number then 'called_number' end,
        case when old.erased_at is null and old.local_station_id is distinct from new.local_station_id then 'local_station_id' end,
        case when old.erased_at is null and old.remote_station_id is distinct from new.remote_station_id then 'remote_station_id' end,
        case when old.uniqueid is distinct from new.uniqueid then 'uniqueid' end,
        case when old.linkedid is distinct from new.linkedid then 'linkedid' end,
        case when old.ended_at is distinct from new.ended_at then 'ended_at' end,
        case when old.end_observed_by is distinct from new.end_observed_by then 'end_observed_by' end,
        case when old.duration_seconds is distinct from new.duration_seconds then 'duration_seconds' end,
        case when old.pages is distinct from new.pages then 'pages' end,
        case when old.bad_lines is distinct from new.bad_lines then 'bad_lines' end,
        case when old.transport is distinct from new.transport then 'transport' end,
        case when old.last_data_rate is distinct from new.last_data_rate then 'last_data_rate' end,
        case when old.result is distinct from new.result then 'result' end,
        case when old.result_class is distinct from new.result_class then 'result_class' end], null)
$$;

comment on function fax.export_changes is 'The columns in which two lines of a fax differ. Only these columns cause a correction. Evidence is not among them, because it can change with every row. Erased values are not compared.';

-- grain: one line of the consumer's next batch, or one open fax (line NULL) for the batch after it to check again
-- example: select count(*), sum(pages) from fax.export_due('default') where line is not null;
-- Lines are ended faxes that were never exported, and corrections of exported ones.
-- Candidates are faxes with rows after the consumer's last batch and pending ones (fax.export_pending). If the schema's
-- revision has changed since, its views may compute other figures, so every fax is a candidate; likewise if
-- `recheck`, and in the first batch. 1,000 are read at a time.
create function fax.export_due(of_consumer text, recheck boolean default false) returns setof fax.export_line
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    schema_now text := (select v.version_num from fax.alembic_version v);
    candidates record;
    due fax.export_line;
    newest fax.export_line;
    lines bigint := 0;
begin
    select b.* into last_batch from fax.export_batch b where b.consumer = of_consumer order by b.batch desc limit 1;
    for candidates in
        with candidate as (
            select s.session_id, s.started_at
            from fax.session s
            where recheck or last_batch.batch is null or last_batch.schema_version <> schema_now
            union
            select o.session_id, o.started_at from fax.observation o where o.position > last_batch.last_position
            union
            select k.session_id, k.started_at from fax.session_pack k where k.last_position > last_batch.last_position
            union
            select p.session_id, p.started_at from fax.export_pending p where p.consumer = of_consumer
        )
        select array_agg(c.session_id) as sessions, min(c.started_at) as first_start, max(c.started_at) as last_start
        from (select a.*, row_number() over (order by a.started_at, a.session_id) as place from candidate a) c
        group by (c.place - 1) / 1000
        order by (c.place - 1) / 1000
    loop
        for due in
            select f.*
            from fax.exportable_faxes f
            where f.session_id = any (candidates.sessions)
              and f.started_at >= candidates.first_start and f.started_at <= candidates.last_start
            order by f.started_at, f.session_id
        loop
            newest := null;
            if last_batch.batch is not null then
                select l.* into newest
                from fax.export_line l
                where l.session_id = due.session_id and l.consumer = of_consumer
                order by l.revision desc
                limit 1;
            end if;
            continue when newest.revision is null and due.direction = 'detector';
            due.consumer := of_consumer;
            due.batch := coalesce(last_batch.batch, 0) + 1;
            if due.end_observed_by <> 'open' then
                due.revision := coalesce(newest.revision, 0) + 1;
                if newest.revision is not null then
                    -- A restored line may have been made from rows that the history has lost.
                    continue when exists (
                        select from fax.export_batch b
                        where b.consumer = of_consumer and b.batch = newest.batch
                          and (b.restored_after >= due.last_position
                               or b.restored_after >= 0 and due.snapshots < newest.snapshots));
                    due.changed := fax.export_changes(newest, due);
                    continue when due.changed = '{}';
                    due.supersedes := newest.revision;
                    due.supersedes_batch := newest.batch;
                    due.supersedes_line := newest.line;
                    due.previous_direction := newest.direction;
                    due.previous_account_code := newest.account_code;
                    due.previous_ended_at := newest.ended_at;
                    due.previous_duration_seconds := newest.duration_seconds;
                    due.previous_pages := newest.pages;
                    due.previous_bad_lines := newest.bad_lines;
                    due.previous_transport := newest.transport;
                    due.previous_result := newest.result;
                end if;
                lines := lines + 1;
                due.line := lines;
            end if;
            return next due;
        end loop;
    end loop;
end
$$;

comment on function fax.export_due is 'Lines are ended faxes that were never exported, and corrections of exported ones. Candidates are faxes with rows after the consumer''s last batch and pending ones (fax.export_pending). If the schema''s revision has changed since, its views may compute other figures, so every fax is a candidate; likewise if `recheck`, and in the first batch. 1,000 are read at a time.';

-- Inserts the lines of a consumer's next batch, updates fax.export_pending, and returns the number of lines.
-- The same transaction must call fax.end_export_batch(), or it cannot commit.
-- Requires repeatable read, so that the lines and the last position are from one snapshot. Positions are assigned in
-- commit order, so that snapshot contains all positions up to the last one.
-- example: begin isolation level repeatable read; select fax.begin_export_batch('default');
create function fax.begin_export_batch(of_consumer text, recheck boolean default false) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    lines bigint;
begin
    if current_setting('transaction_isolation') <> 'repeatable read' then
        raise exception 'fax.begin_export_batch() needs transaction isolation repeatable read, not %',
            current_setting('transaction_isolation');
    end if;
    with due as materialized (
        select d.* from fax.export_due(of_consumer, recheck) d
    ),
    no_longer_open as (
        delete from fax.export_pending p
        where p.consumer = of_consumer
          and not exists (select 1 from due d where d.session_id = p.session_id and d.line is null)
    ),
    still_open as (
        insert into fax.export_pending (session_id, consumer, started_at)
        select d.session_id, d.consumer, d.started_at from due d where d.line is null
        on conflict do nothing
    ),
    inserted as (
        insert into fax.export_line select d.* from due d where d.line is not null
        returning 1
    )
    select count(*) into lines from inserted;
    return lines;
end
$$;

comment on function fax.begin_export_batch is 'Inserts the lines of a consumer''s next batch, updates fax.export_pending, and returns the number of lines. The same transaction must call fax.end_export_batch(), or it cannot commit. Requires repeatable read, so that the lines and the last position are from one snapshot. Positions are assigned in commit order, so that snapshot contains all positions up to the last one.';

-- Inserts the batch of the lines that fax.begin_export_batch() inserted in this transaction.
-- example: select fax.end_export_batch('default', 'csv', 1, '\x…');
create function fax.end_export_batch(of_consumer text, of_format text, of_format_version integer, of_file bytea)
returns fax.export_batch
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    new_batch fax.export_batch;
begin
    select b.* into last_batch from fax.export_batch b where b.consumer = of_consumer order by b.batch desc limit 1;
    if of_format is distinct from coalesce(last_batch.format, of_format) then
        raise exception 'consumer % has the format %, not %', of_consumer, last_batch.format, of_format
            using errcode = 'invalid_parameter_value';
    end if;
    insert into fax.export_batch (
        consumer, batch, first_position, last_position, lines, corrections, pages, bad_lines, seconds,
        previous_pages, previous_bad_lines, previous_seconds, first_started_at, last_started_at, first_ended_at, last_ended_at,
        format, format_version, sha256, digest, schema_version, checkpoint,
        batch_before, position_before)
    select
        of_consumer, s.batch, coalesce(last_batch.last_position, 0) + 1,
        (select max(a.last_position) from fax.append_batch a),
        s.lines, s.corrections, s.pages, s.bad_lines, s.seconds, s.previous_pages, s.previous_bad_lines, s.previous_seconds,
        s.first_started_at, s.last_started_at, s.first_ended_at, s.last_ended_at,
        of_format, of_format_version, of_file, s.digest,
        (select v.version_num from fax.alembic_version v),
        (select c.note from fax.checkpoint c order by c.size desc, c.records desc limit 1),
        last_batch.batch, coalesce(last_batch.last_position, 0)
    from fax.export_sums s
    where s.consumer = of_consumer and s.batch = coalesce(last_batch.batch, 0) + 1
    returning * into new_batch;
    return new_batch;
end
$$;

comment on function fax.end_export_batch is 'Inserts the batch of the lines that fax.begin_export_batch() inserted in this transaction.';

-- Records that the file and the manifest of a batch were delivered.
-- example: select fax.export_delivered('default', 7);
create function fax.export_delivered(of_consumer text, of_batch bigint) returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into fax.export_delivery (consumer, batch) values (of_consumer, of_batch) on conflict do nothing
$$;

comment on function fax.export_delivered is 'Records that the file and the manifest of a batch were delivered.';

-- The faxes of a period as a consumer knew them after one of its batches: the newest revision of each up to then,
-- without withdrawn ones. The period is in local time of a time zone and selects by started_at; NULL is no bound.
-- example: select account_code, sum(pages) from fax.export_as_of('default', 7, '2026-10-01', '2026-11-01', 'Europe/Berlin') group by 1;
create function fax.export_as_of(of_consumer text, up_to_batch bigint, from_local timestamp, to_local timestamp, time_zone text default 'UTC')
returns setof fax.export_line
language sql stable parallel safe
as $$
    select n.*
    from (
        select distinct on (l.session_id) l.*
        from fax.export_line l
        where l.consumer = of_consumer and l.batch <= up_to_batch
          and l.started_at >= coalesce(from_local at time zone time_zone, '-infinity')
          and l.started_at < coalesce(to_local at time zone time_zone, 'infinity')
        order by l.session_id, l.revision desc
    ) n
    where n.direction is distinct from 'detector'
    order by n.started_at, n.session_id
$$;

comment on function fax.export_as_of is 'The faxes of a period as a consumer knew them after one of its batches: the newest revision of each up to then, without withdrawn ones. The period is in local time of a time zone and selects by started_at; NULL is no bound.';

-- Triggers that make tables append-only.
select fax.make_append_only(name)
from unnest(array['observation', 'observation_past', 'observation_default', 'session_pack', 'session_pack_default', 'collector', 'append_batch', 'server_history', 'rejected_message']) as name;

-- The log and the erasures. Another trigger of a table that may contain personal values admits erasures.
select fax.make_append_only(name)
from unnest(array['checkpoint', 'log_subtree', 'log_run', 'log_record', 'erased_digest', 'erasure']) as name;
create trigger check_erasure before update on fax.observation for each row execute function fax.check_erasure();
alter table fax.observation enable always trigger check_erasure;
-- Packing moves rows: out of the one table if the other has them, and a pack only gains rows.
create trigger check_packed after delete on fax.observation
    referencing old table as gone for each statement execute function fax.check_packed();
alter table fax.observation enable always trigger check_packed;
create trigger check_pack before update on fax.session_pack for each row execute function fax.check_pack();
alter table fax.session_pack enable always trigger check_pack;
-- Packs leave when files have their rows.
create trigger check_dropped after delete on fax.session_pack
    referencing old table as gone for each statement execute function fax.check_dropped();
alter table fax.session_pack enable always trigger check_dropped;
-- Digests of erased values leave with their session.
create trigger check_deleted after delete on fax.erased_digest
    referencing old table as gone for each statement execute function fax.check_deleted();
alter table fax.erased_digest enable always trigger check_deleted;
create trigger check_erasure before update on fax.rejected_message for each row execute function fax.check_rejected_erasure();
alter table fax.rejected_message enable always trigger check_erasure;
create trigger check_erasure before update on fax.server_history for each row execute function fax.check_server_erasure();
alter table fax.server_history enable always trigger check_erasure;
create trigger check_erasure before update on fax.erasure for each row execute function fax.check_reason_erasure();
alter table fax.erasure enable always trigger check_erasure;
-- What happened to rates.
select fax.make_append_only('rate_change');
-- What happened to months.
select fax.make_append_only('month_change');
-- The billing ledger. Of a line, only the personal values can be erased.
select fax.make_append_only(name) from unnest(array['export_batch', 'export_delivery']) as name;
create trigger append_only before delete or truncate on fax.export_line for each statement execute function fax.refuse_change();
create trigger append_only_but_erase before update on fax.export_line for each row execute function fax.refuse_export_line_change();
alter table fax.export_line enable always trigger append_only;
alter table fax.export_line enable always trigger append_only_but_erase;
alter table fax.export_line enable always trigger seal;

-- New evidence deletes stored coverage.
create trigger forget_coverage after insert on fax.server_history referencing new table as added
    for each statement execute function fax.forget_coverage_of_server();
alter table fax.server_history enable always trigger forget_coverage;
-- New readings and starts change reconciliation.
create trigger follow_readings after insert on fax.server_history referencing new table as added
    for each statement execute function fax.follow_readings();
alter table fax.server_history enable always trigger follow_readings;

-- What the log covers beside the history: runs of ordinals, and each change of a row (see faxstore/log/coverage.py).
create trigger order_rows before insert on fax.server_history for each statement execute function fax.order_rows();
create trigger order_rows before insert on fax.rejected_message for each statement execute function fax.order_rows();
alter table fax.server_history enable always trigger order_rows;
alter table fax.rejected_message enable always trigger order_rows;
select fax.make_recorded('epoch', '{epoch_id}', '{startup_text,last_seen_at}');
select fax.make_recorded(
    'session', '{session_id}', '{started_at,session_number,epoch_id,is_open,server,channel}', watched => '{channel}');
select fax.make_recorded('technology', '{technology}');
select fax.make_recorded('quality_class', '{quality}');
select fax.make_recorded('job_window', '{only_row}');
select fax.make_recorded('rate', '{rate_id}', '{note}');
select fax.make_recorded('rate_change', '{change_id}', '{rate}');
select fax.make_recorded('erasure', '{erasure_id}', '{reason}');
select fax.make_recorded('erased_key', '{session_id}');
select fax.make_recorded('export_batch', '{consumer,batch}');
select fax.make_recorded('export_delivery', '{consumer,batch}');
select fax.make_recorded('month_change', '{change_id}');

-- The rights of each role. Rows enter the history through fax.append() only.
grant usage on schema fax to fax_ingest, fax_reader, fax_sealer, fax_masked, fax_export, fax_billing;
revoke all on all functions in schema fax from public;

grant select, insert, delete on fax.recording_part, fax.waiting_record to fax_ingest;
grant insert on fax.reported_fax to fax_ingest;
grant insert on fax.server_history, fax.rejected_message to fax_ingest;
grant select (server, observed_at, digest, reason) on fax.rejected_message to fax_ingest;
grant select on
    fax.epoch, fax.session, fax.session_history, fax.observation, fax.session_pack, fax.session_untotalled, fax.collector,
    fax.append_batch, fax.append_batches, fax.spool_progress
to fax_ingest;
grant select (merged) on fax.usage_rollup to fax_ingest;
grant select (day, since) on fax.reconciliation_day to fax_ingest;
-- For its metrics.
grant select (session_id, server, direction, ended_at, pages, bad_lines, result, result_class) on fax.sessions to fax_ingest;
grant select (size, records, made_at) on fax.checkpoint to fax_ingest;
grant execute on function
    fax.lock_append(),
    fax.wait_for_packing(),
    fax.refuse_isolation(),
    fax.append(text, fax.appended_epoch[], fax.appended_session[], fax.appended_row[], uuid, bigint, bigint, bigint[]),
    fax.find_gone_sessions(uuid, timestamptz, bigint[]),
    fax.resolve_epoch(text, uuid, uuid, timestamptz, boolean, timestamptz, text, timestamptz, uuid, boolean),
    fax.is_watched(text, timestamptz),
    fax.line_of(bytea, bytea),
    fax.make_partitions_ahead(integer),
    fax.write_coverage(integer),
    fax.write_reconciliation(integer),
    fax.periods_to_pack(timestamptz),
    fax.pack_sessions(timestamptz, timestamptz, integer),
    fax.drop_packed_partitions(),
    fax.hold_lease(text, text, double precision),
    fax.newest_epoch(text, timestamptz, text, timestamptz),
    fax.stored_events(text[], timestamptz[], text[], text[], text[]),
    fax.last_on_channel(uuid, text, text, text, timestamptz),
    fax.runs_of_uniqueid(text, text, timestamptz),
    fax.adrift(uuid, text, timestamptz, text[]),
    fax.add_server_row(text, timestamptz, text, text, jsonb),
    fax.unseen_reload(text, timestamptz, text, timestamptz, text),
    fax.numbers_restarted(uuid, uuid[], text[], timestamptz, text),
    fax.write_totals(integer, double precision),
    fax.merge_rollups(integer)
to fax_ingest;

grant select on
    fax.session_history, fax.observation, fax.session_pack, fax.packed_account, fax.session, fax.epoch, fax.collector,
    fax.append_batch, fax.append_batches,
    fax.server_history, fax.coverage_day, fax.reading_series, fax.compared_reading, fax.reconciliation_day,
    fax.polled_servers, fax.session_rows, fax.session_snapshots, fax.session_events,
    fax.session_evidence, fax.page_attempts, fax.session_fold, fax.session_total, fax.session_untotalled, fax.folded_total,
    fax.session_uncounted, fax.usage_rollup, fax.reported_fax,
    fax.session_facts, fax.later_lives,
    fax.technology, fax.quality_class, fax.lease, fax.spool_progress,
    fax.sessions, fax.session_timeline, fax.session_pages, fax.session_rate_falls, fax.rejected_messages,
    fax.usage_daily, fax.peer_sessions, fax.quality_by_peer, fax.failures, fax.coverage_gaps, fax.reconciliation
to fax_reader;
grant execute on function
    fax.is_shown(boolean, bigint, bigint, boolean),
    fax.resolution_name(integer),
    fax.page_lines(integer),
    fax.direction(text),
    fax.result(text, text),
    fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text),
    fax.dialled_number(text, text),
    fax.unescape(text),
    fax.reported_result(text[], text[], text[], timestamptz[], timestamptz, timestamptz),
    fax.result_by_observers(text[], text[], text[], timestamptz[], timestamptz, timestamptz),
    fax.attempts_at_pages(text[], timestamptz[], integer[], integer[], boolean[], integer[], integer[], boolean),
    fax.rate_falls(text[], timestamptz[], integer[], integer[]),
    fax.absent_since(text[], timestamptz[], bigint[], text[], timestamptz[], bigint[]),
    fax.observed_pages(text[], timestamptz[], integer[], integer[], boolean[], integer[], integer[], boolean),
    fax.poll_gap_seconds(fax.observed_page, timestamptz),
    fax.widest_poll_gap(fax.observed_page[], integer, timestamptz),
    fax.may_miss_bad_lines(fax.observed_page[], integer, timestamptz),
    fax.pages_of_total(timestamptz[], integer[], integer[], integer[], bigint[], integer[], integer[], integer, integer),
    fax.peer_id(text),
    fax.is_peer(text, text),
    fax.without_padding(text),
    fax.number_digits(text),
    fax.number_pattern(text),
    fax.without_escapes(text),
    fax.without_percent(text),
    fax.contains_number(text, text),
    fax.peer(text, text, text, text),
    fax.reported_time(jsonb, text),
    fax.counter(jsonb, text),
    fax.gap_reason(text, text),
    fax.last_poll_on_record(text, text, timestamptz, timestamptz),
    fax.dropped_time(timestamptz, jsonb),
    fax.polled_time(text, timestamptz, timestamptz),
    fax.covered_time(text, timestamptz, timestamptz),
    fax.has_gap(text, timestamptz, timestamptz),
    fax.gaps(text, timestamptz, timestamptz),
    fax.last_list_before(text, timestamptz),
    fax.is_attempt(text, text),
    fax.fax_of_detector(uuid, bigint, text, text, timestamptz),
    fax.usage(timestamp, timestamp, text, text),
    fax.buckets(timestamptz, timestamptz, text, text),
    fax.uncounted_results(timestamptz, timestamptz),
    fax.reported_servers()
to fax_reader, fax_ingest, fax_masked;
grant execute on function fax.rows_between(bigint, bigint) to fax_reader, fax_ingest, fax_sealer;
grant execute on function fax.rows_with_sessions(bigint, bigint) to fax_reader, fax_sealer;
grant execute on function fax.changed_appends(timestamptz, timestamptz), fax.known_accounts(), fax.first_start(text) to fax_reader;
grant execute on function fax.uncovered_days(timestamptz) to fax_reader, fax_ingest;
grant execute on function fax.snapshot_operation(smallint), fax.snapshot_state(smallint), fax.snapshot_type(smallint)
to fax_reader, fax_ingest, fax_sealer, fax_masked;
grant execute on function
    fax.restarted_at(text, timestamptz, timestamptz),
    fax.quiet_position(double precision),
    fax.quality(timestamp, timestamp, text),
    fax.sessions_in_gap(text, timestamptz, timestamptz),
    fax.compare_readings(text, timestamptz, jsonb, timestamptz, jsonb),
    fax.compare_readings_between(text, timestamptz, timestamptz),
    fax.reconcile(text, timestamptz, timestamptz),
    fax.reconciliation_between(text, timestamptz, timestamptz)
to fax_reader, fax_ingest;

-- Months in files.
grant select on fax.dropped_month, fax.dropped_session to fax_reader, fax_ingest, fax_sealer, fax_masked;
grant select on fax.archive_file to fax_reader, fax_sealer, fax_masked;
grant select on fax.month_change to fax_reader, fax_sealer;
grant select on fax.dropped_leaf to fax_sealer;
grant execute on function fax.has_dropped_evidence(date) to fax_sealer;

-- The log. Only fax_sealer reads salts.
grant select on
    fax.session_history, fax.observation, fax.session_pack, fax.session, fax.epoch, fax.collector, fax.append_batch,
    fax.append_batches, fax.erased_digest, fax.erasure, fax.log_leaves
to fax_sealer;
grant select, insert on fax.checkpoint, fax.log_subtree, fax.log_run, fax.log_record, fax.session_salt to fax_sealer;
grant select, delete on fax.unsealed_change to fax_sealer;
grant select on
    fax.server_history, fax.coverage_day, fax.technology, fax.quality_class, fax.job_window, fax.rate, fax.rate_change, fax.export_batch,
    fax.export_delivery, fax.erased_key
to fax_sealer;
grant select (server, observed_at, digest, collector_id, reason, ordinal) on fax.rejected_message to fax_sealer;
grant select on
    fax.checkpoint, fax.log_subtree, fax.log_run, fax.log_record, fax.unsealed_change, fax.erased_digest, fax.erasure, fax.log_leaves, fax.sessions_masked
to fax_reader;
grant execute on function
    fax.plain_headers(),
    fax.plain_variables(),
    fax.personal_details(jsonb),
    fax.plain_details(jsonb),
    fax.personal_digest(bytea, text, text),
    fax.log_entry(bigint, uuid, text, uuid, bigint, timestamptz, timestamptz, text, text, text, text, text, boolean, integer, integer, integer, integer, integer, integer, integer, jsonb, bytea, bytea)
to fax_sealer, fax_reader;
grant execute on function
    fax.lock_log(), fax.gap_reason(text, text), fax.wrong_totals(timestamptz, timestamptz),
    fax.wrong_rollups(timestamptz, timestamptz), fax.wrong_reconciliation(timestamptz, timestamptz)
to fax_sealer;
-- Verification computes stored coverage again.
grant execute on function
    fax.polled_time(text, timestamptz, timestamptz),
    fax.dropped_time(timestamptz, jsonb),
    fax.reported_time(jsonb, text),
    fax.last_poll_on_record(text, text, timestamptz, timestamptz)
to fax_sealer;

-- What contains no personal values.
grant select on
    fax.sessions_masked, fax.session_pages, fax.session_rate_falls, fax.session_timeline, fax.usage_daily, fax.failures,
    fax.epoch, fax.append_batch, fax.append_batches, fax.server_history, fax.coverage_day, fax.technology, fax.quality_class, fax.checkpoint
to fax_masked;
grant execute on function fax.masked(text), fax.has_account(text) to fax_reader, fax_masked;
-- What a command needs to find a session by its id, and to know every server.
grant select (session_id, started_at) on fax.session to fax_masked;
grant select (server) on fax.rejected_messages, fax.reported_fax to fax_masked;

-- Jobs. The masked view runs fax.jobs_of() with the rights of its user.
grant select on fax.job_window, fax.job_attempts, fax.jobs, fax.jobs_masked to fax_reader;
grant select on fax.job_window, fax.jobs_masked to fax_masked;
grant execute on function fax.file_set(text[]), fax.sorted_names(text[]), fax.job_subject(text, text, text, text[]) to fax_reader, fax_masked;
grant execute on function fax.jobs_of(fax.job_attempts[], numeric) to fax_reader, fax_masked;
grant execute on function fax.jobs_between(timestamptz, timestamptz, text[]) to fax_reader;

-- The billing ledger. Lines and batches enter through functions only.
grant select on
    fax.export_batch, fax.export_line, fax.export_sums, fax.export_delivery, fax.export_pending, fax.sealed_batches
to fax_reader, fax_export;
grant select on fax.exportable_faxes to fax_reader;
grant select (made_at) on fax.checkpoint to fax_export;
grant execute on function
    fax.text_digest(text[]),
    fax.export_personal_digest(fax.export_line),
    fax.export_line_digest(fax.export_line),
    fax.export_changes(fax.export_line, fax.export_line),
    fax.export_as_of(text, bigint, timestamp, timestamp, text)
to fax_reader, fax_export;
grant execute on function
    fax.export_due(text, boolean),
    fax.begin_export_batch(text, boolean),
    fax.end_export_batch(text, text, integer, bytea),
    fax.export_delivered(text, bigint)
to fax_export;

-- Prices and charges.
grant select, insert, delete, update (valid_to) on fax.rate to fax_billing;
grant execute on function
    fax.set_rate(text, text, text, text, text, numeric, integer, numeric, integer, numeric, numeric, text, text, text, text, timestamptz)
to fax_billing;
grant select on fax.rate, fax.rate_change to fax_reader, fax_billing;
grant select on fax.session_charges to fax_reader;
grant execute on function
    fax.minor_digits(text),
    fax.rate_scope(text, text, text, text),
    fax.rate_amounts(fax.rate)
to fax_reader, fax_billing;
