-- The transparency log over the history; the erasure of personal values; masked views.
-- grain: one session of which rows were sealed and not erased since
-- example: select count(*) from fax.session_salt;
-- No reader sees it: who knows a salt can try which number a digest is of.
create table fax.session_salt (
    session_id uuid primary key,
    salt       bytea not null default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) check (length(salt) = 32)
);

comment on table fax.session_salt is 'What is mixed into the digests of a session''s personal values in the log; made by faxstore seal, taken away by fax.erase_session(). Not for readers.';
comment on column fax.session_salt.session_id is 'The session.';
comment on column fax.session_salt.salt is 'Random bytes, 32.';

-- grain: one row of the history whose personal values were erased
-- example: select position from fax.erased_digest where session_id = '…';
create table fax.erased_digest (
    session_id uuid not null,
    position   bigint not null,
    file_name  bytea check (length(file_name) = 32),
    details    bytea check (length(details) = 32),
    primary key (session_id, position)
);

create index erased_digest_position on fax.erased_digest (position);

comment on table fax.erased_digest is 'What stands in the log for the values that were erased from a row: their digests, whose salt is gone. Append-only.';
comment on column fax.erased_digest.session_id is 'The session.';
comment on column fax.erased_digest.position is 'The row of the history.';
comment on column fax.erased_digest.file_name is 'Digest of its file_name, by fax.personal_digest() with the salt of then. NULL: it had none.';
comment on column fax.erased_digest.details is 'Digest of its details as they were, likewise. NULL: they held no personal value.';

-- grain: one erasure of personal values, of one session or of rejected messages
-- example: select erased_at, erased_by, reason, session_id from fax.erasure order by erased_at;
create table fax.erasure (
    erasure_id    uuid primary key default gen_random_uuid(),
    erased_at     timestamptz not null default now(),
    erased_by     text not null default session_user,
    reason        text not null check (reason <> ''),
    session_id    uuid,
    server        text,
    from_at       timestamptz,
    to_at         timestamptz,
    erased_rows   bigint not null,
    check ((session_id is null) <> (from_at is null or to_at is null))
);

comment on table fax.erasure is 'Who erased which personal values, when and why. Append-only.';
comment on column fax.erasure.erasure_id is 'Identity of the erasure.';
comment on column fax.erasure.erased_at is 'When its transaction began, by the database''s clock.';
comment on column fax.erasure.erased_by is 'The user of the database.';
comment on column fax.erasure.reason is 'Why, in the words of whoever erased.';
comment on column fax.erasure.session_id is 'The session whose values went. NULL: rejected messages.';
comment on column fax.erasure.server is 'Of rejected messages: their server. NULL: every server, or a session.';
comment on column fax.erasure.from_at is 'Of rejected messages: the first moment. NULL: a session.';
comment on column fax.erasure.to_at is 'Of rejected messages: the moment before which. NULL: a session.';
comment on column fax.erasure.erased_rows is 'How many rows of the history, or messages, it took values from.';

-- grain: one state of the transparency log over the history: how many rows it covers, and their root
-- example: select size, encode(root, 'base64') as root, made_at from fax.checkpoint order by size desc limit 1;
create table fax.checkpoint (
    size    bigint primary key check (size > 0),
    root    bytea not null check (length(root) = 32),
    note    text not null,
    made_at timestamptz not null default clock_timestamp()
);

comment on table fax.checkpoint is 'The states of the log that faxstore seal made, each a prefix of the next. Append-only.';
comment on column fax.checkpoint.size is 'Rows it covers: positions 1 to size.';
comment on column fax.checkpoint.root is 'Root of the RFC 6962 tree whose leaf n is the row at position n: 32 bytes.';
comment on column fax.checkpoint.note is 'The same as text (C2SP tlog-checkpoint): origin, size, root, and the signatures if it was signed.';
comment on column fax.checkpoint.made_at is 'When, by the database''s clock.';

-- grain: one complete subtree of the log: 256 rows, 65,536 or 16,777,216
-- example: select first_position, encode(root, 'hex') from fax.log_subtree where rows = 256 order by 1 desc limit 3;
-- So that sealing and proving read few hashes, and a row that was changed is found among 256.
create table fax.log_subtree (
    rows           bigint not null,
    first_position bigint not null,
    root           bytea not null check (length(root) = 32),
    primary key (rows, first_position),
    check (rows in (256, 65536, 16777216) and (first_position - 1) % rows = 0)
);

comment on table fax.log_subtree is 'Roots of the log''s complete subtrees, made by faxstore seal. Append-only.';
comment on column fax.log_subtree.rows is 'Rows beneath it: 256, 65,536 or 16,777,216.';
comment on column fax.log_subtree.first_position is 'Position of the first of them.';
comment on column fax.log_subtree.root is 'Its root: 32 bytes.';

-- grain: up to 256 rows that were sealed together
-- example: select first_position, rows, marks from fax.log_run order by first_position desc limit 3;
-- A root tells that one of its rows was changed, a mark tells which one, for 4 bytes a row.
create table fax.log_run (
    first_position bigint primary key,
    rows           integer not null,
    marks          bytea not null,
    check (rows between 1 and 256 and length(marks) = 4 * rows)
);

comment on table fax.log_run is 'The beginnings of the hashes of sealed rows, so that a row that was changed can be named. Append-only.';
comment on column fax.log_run.first_position is 'Position of the first of them.';
comment on column fax.log_run.rows is 'Rows: at most up to the next multiple of 256.';
comment on column fax.log_run.marks is 'The first 4 bytes of each row''s leaf hash.';

comment on column fax.staged_row.file_name is 'As in fax.session_history (personal).';
comment on column fax.staged_row.details is 'As in fax.session_history (personal).';

-- Trigger of every append-only table: whoever asks, nothing that was appended is changed.
-- But for the erasure of personal values: a statement of a transaction that has put one on record goes on to the trigger
-- `only_erased`, which proves each row. A table without that trigger knows no exception.
create or replace function fax.refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'UPDATE'
       and exists (select from pg_trigger t where t.tgrelid = tg_relid and t.tgname = 'only_erased' and t.tgenabled = 'A')
       and exists (select from fax.erasure e where e.erased_at = transaction_timestamp())
    then
        return null;
    end if;
    raise exception 'fax.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.refuse_change() is 'Trigger: refuses UPDATE, DELETE and TRUNCATE of an append-only table.';

-- Usage between two moments of a time zone, by bucket of that zone, server, account and direction. A session counts as a
-- whole in the bucket in which it began. Tone detectors (V.21) are no faxes and are left out.
-- bucket: hour, day, week (from Monday), month, quarter or year.
-- With its owner's rights: it gives no personal value, so whoever sees only masked views may ask it.
-- example: select * from fax.usage('2026-10-01', '2026-11-01', 'Europe/Berlin', 'day');
create or replace function fax.usage(from_local timestamp, to_local timestamp, time_zone text default 'UTC', bucket text default 'day')
returns table (
    bucket_start timestamptz, bucket_end timestamptz, server text, account_code text, direction text,
    sessions bigint, pages bigint, bad_lines bigint, seconds numeric,
    successes bigint, failures bigint, unknown_ends bigint
)
language plpgsql stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    width interval;
begin
    if bucket is null or bucket not in ('hour', 'day', 'week', 'month', 'quarter', 'year') then
        raise exception 'bucket is %, expected hour, day, week, month, quarter or year', coalesce(quote_literal(bucket), 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    width := case bucket when 'quarter' then interval '3 months' else ('1 ' || bucket)::interval end;
    return query
    select
        b.bucket_start,
        -- an hour is an hour; a day of a zone may have 23 or 25, and begin at one o'clock
        case when bucket = 'hour' then b.bucket_start + width
             else date_trunc(bucket, b.bucket_start at time zone time_zone + width) at time zone time_zone end,
        b.server, b.account_code, b.direction,
        count(*), sum(b.pages)::bigint, sum(b.bad_lines)::bigint, sum(b.duration_seconds),
        count(*) filter (where b.result = 'success'),
        count(*) filter (where b.result = 'failed'),
        count(*) filter (where b.result = 'unknown')
    from (
        select
            date_trunc(bucket, s.started_at, time_zone) as bucket_start,
            s.server, s.account_code, s.direction, s.pages, s.bad_lines, s.duration_seconds, s.result
        from fax.sessions s
        where s.started_at >= from_local at time zone time_zone
          and s.started_at < to_local at time zone time_zone
          and s.direction is distinct from 'detector'
    ) b
    group by b.bucket_start, b.server, b.account_code, b.direction
    order by b.bucket_start, b.server, b.account_code, b.direction;
end
$$;

comment on function fax.usage(timestamp, timestamp, text, text) is 'Sessions, pages, bad lines, seconds and results between two moments of a time zone, by bucket (hour, day, week, month, quarter, year) of that zone, server, account and direction.';

-- The headers of a message that are no personal values. Whatever is not known is personal.
-- example: select fax.plain_headers();
create function fax.plain_headers() returns text[]
language sql immutable parallel safe
as $$
    select array[
        'AccountCode', 'ActionID', 'Application', 'ChannelState', 'ChannelStateDesc', 'Context', 'DataRate',
        'ErrorCorrectionMode', 'ImageResolution', 'Language', 'Linkedid', 'Operation', 'PageNumber', 'PagesReceived',
        'PagesTransferred', 'PagesTransmitted', 'Priority', 'Privilege', 'Resolution', 'SessionNumber', 'SessionType',
        'State', 'Status', 'SystemName', 'Technology', 'Timestamp', 'TotalBadLines', 'TransferRate', 'Uniqueid', 'Variable']
$$;

comment on function fax.plain_headers() is 'The headers of a message that are no personal values; what is not known is personal.';

-- The channel variables that are no personal values, in VarSet and in ChanVariable. Whatever is not known is personal.
-- example: select fax.plain_variables();
create function fax.plain_variables() returns text[]
language sql immutable parallel safe
as $$
    select array['FAXBITRATE', 'FAXERROR', 'FAXMODE', 'FAXPAGES', 'FAXRESOLUTION', 'FAXSTATUS', 'FAXSTATUSSTRING']
$$;

comment on function fax.plain_variables() is 'The channel variables that are no personal values; what is not known is personal.';

-- What of a row's details may be personal: all headers that are not plain. ChanVariable is among them whatever it holds.
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

comment on function fax.personal_details(jsonb) is 'The headers among a row''s details that may be personal values.';

-- The details of a row without their personal values. Of ChanVariable the plain variables stay.
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

comment on function fax.plain_details(jsonb) is 'The details of a row without their personal values.';

-- What stands in the log for a personal value: SHA-256 of the salt of its session, its name, = and the value.
-- Empty: there is no salt, so the row cannot be as it was sealed. NULL: no value.
-- example: select fax.personal_digest(sha256('salt'), 'file_name', '/fax/1.tif');
create function fax.personal_digest(salt bytea, name text, value text) returns bytea
language sql immutable parallel safe
as $$
    select case when value is not null then coalesce(sha256(salt || convert_to(name || '=' || value, 'UTF8')), '') end
$$;

comment on function fax.personal_digest(bytea, text, text) is 'The salted digest that stands in the log for a personal value.';

-- A row of the history as the log takes it: a version byte, then each column in this order as its length (4 bytes, -1 for
-- NULL) and its value as Postgres sends it in binary (whole numbers big-endian, moments in microseconds from 2000-01-01
-- UTC, text in UTF-8). Of details the text of what is plain; then the digest of file_name, and that of the whole details
-- where they hold personal values.
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

comment on function fax.log_entry(bigint, uuid, text, uuid, bigint, timestamptz, timestamptz, text, text, text, text, text, boolean, integer, integer, integer, integer, integer, integer, integer, jsonb, bytea, bytea) is
    'A row of the history as the log takes it: its canonical bytes.';

-- One who seals or erases at a time: the lock lasts until the transaction ends. Appenders do not take it.
create function fax.lock_log() returns void
language sql
as $$
    select pg_advisory_xact_lock(4702394921427289929)
$$;

comment on function fax.lock_log() is 'Waits for the one lock of all who seal or erase.';

-- Whether this transaction has put an erasure on record, of that session or of rejected messages of that server and moment.
create function fax.erasing(of_session uuid, of_server text, moment timestamptz) returns boolean
language sql stable
as $$
    select exists (
        select from fax.erasure e
        where e.erased_at = transaction_timestamp()
          and e.session_id is not distinct from of_session
          and (of_session is not null or ((e.server is null or e.server = of_server) and moment >= e.from_at and moment < e.to_at)))
$$;

comment on function fax.erasing(uuid, text, timestamptz) is 'Whether this transaction has put an erasure of a session, or of a rejected message, on record.';

-- Trigger of the history for each row: a change is let through only where nothing but personal values has gone, by an
-- erasure that this transaction has put on record, and their digests are kept, so that the row's leaf stays what it was.
create function fax.only_erased() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
    plain jsonb := fax.plain_details(old.details);
    kept fax.erased_digest := (
        select row(d.*)::fax.erased_digest from fax.erased_digest d
        where d.session_id = old.session_id and d.position = old.position);
    of_salt bytea := (select k.salt from fax.session_salt k where k.session_id = old.session_id);
begin
    restored.file_name := old.file_name;
    restored.details := old.details;
    if restored is not distinct from old
       and fax.erasing(old.session_id, null, null)
       and (new.file_name is not distinct from old.file_name
            or (new.file_name is null and fax.personal_digest(of_salt, 'file_name', old.file_name) = kept.file_name))
       and (new.details is not distinct from old.details
            or (new.details = plain and fax.personal_digest(of_salt, 'details', old.details::text) = kept.details))
    then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.only_erased() is 'Trigger: refuses every UPDATE of the history that does more than erase personal values.';

-- Trigger of fax.rejected_message for each row: a change is let through only where it empties the message, by an erasure
-- that this transaction has put on record.
create function fax.only_emptied() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    restored record := new;
begin
    restored.raw := old.raw;
    if new.raw = '' and restored is not distinct from old and fax.erasing(null, old.server, old.observed_at) then
        return new;
    end if;
    raise exception 'fax.% is append-only: update is refused', tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

comment on function fax.only_emptied() is 'Trigger: refuses every UPDATE of rejected messages that does more than empty them.';

-- Takes the personal values out of the history of one session for good, and out of fax.session; its figures and every
-- proof stay. Returns from how many rows. Rows that come later hold their values until it is erased again.
-- example: select fax.erase_session('…', 'request of 2026-11-25');
create function fax.erase_session(of_session uuid, because text) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    began timestamptz := (select s.started_at from fax.session s where s.session_id = of_session);
    of_salt bytea;
    taken bigint;
begin
    if began is null then
        raise exception 'there is no session %', of_session using errcode = 'no_data_found';
    end if;
    perform fax.lock_log();
    insert into fax.session_salt (session_id) values (of_session) on conflict do nothing;
    select k.salt into of_salt from fax.session_salt k where k.session_id = of_session;

    insert into fax.erased_digest (session_id, position, file_name, details)
    select
        h.session_id, h.position,
        fax.personal_digest(of_salt, 'file_name', h.file_name),
        fax.personal_digest(of_salt, 'details', case when fax.plain_details(h.details) <> h.details then h.details::text end)
    from fax.session_history h
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    get diagnostics taken = row_count;
    insert into fax.erasure (reason, session_id, erased_rows) values (because, of_session, taken);

    update fax.session_history h
    set file_name = null, details = fax.plain_details(h.details)
    where h.session_id = of_session and h.started_at = began
      and (h.file_name is not null or fax.plain_details(h.details) <> h.details);
    update fax.session s set channel = null where s.session_id = of_session and s.channel is not null;
    delete from fax.session_salt k where k.session_id = of_session;
    return taken;
end
$$;

comment on function fax.erase_session(uuid, text) is 'Takes the personal values of one session out of the history for good; its figures, and every proof, stay. Returns from how many rows.';

-- Empties rejected messages of a server (NULL: of all) between two moments, all or those that contain a text. That there
-- was one, when and why it was rejected, stays; they are not in the log. Returns how many were emptied.
-- example: select fax.erase_rejected('pbx1', '2026-11-01', '2026-12-01', 'request of 2026-11-25', '5550100');
create function fax.erase_rejected(
    of_server text, from_moment timestamptz, to_moment timestamptz, because text, containing text default ''
) returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    taken bigint;
begin
    insert into fax.erasure (reason, server, from_at, to_at, erased_rows)
    select because, of_server, from_moment, to_moment, count(*)
    from fax.rejected_message r
    where (of_server is null or r.server = of_server) and r.observed_at >= from_moment and r.observed_at < to_moment
      and r.raw <> '' and position(convert_to(containing, 'UTF8') in r.raw) > 0;
    update fax.rejected_message r
    set raw = ''
    where (of_server is null or r.server = of_server) and r.observed_at >= from_moment and r.observed_at < to_moment
      and r.raw <> '' and position(convert_to(containing, 'UTF8') in r.raw) > 0;
    get diagnostics taken = row_count;
    return taken;
end
$$;

comment on function fax.erase_rejected(text, timestamptz, timestamptz, text, text) is 'Empties rejected messages of a server between two moments, all or those that contain a text. Returns how many.';

-- A number or a station id of which only the last two characters are left, and how long it was; shorter than six: none.
-- example: select fax.masked('+1 555 0100');
create function fax.masked(value text) returns text
language sql immutable parallel safe
as $$
    select case when length(value) < 6 then repeat('*', length(value)) else repeat('*', length(value) - 2) || right(value, 2) end
$$;

comment on function fax.masked(text) is 'A number or station id with all but its last two characters replaced by *; one shorter than six as a whole.';

-- grain: one row of the history as the log takes it
-- example: select encode(leaf, 'hex') from fax.log_leaves where position = 1;
create view fax.log_leaves as
select
    e.position,
    e.session_id,
    e.started_at,
    e.entry,
    sha256('\x00' || e.entry) as leaf
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

comment on view fax.log_leaves is 'The leaves of the transparency log: leaf n of the tree is the row at position n. As the rows are now; what was sealed stands in fax.checkpoint.';
comment on column fax.log_leaves.position is 'Place of the row in the history; the index of its leaf is one less.';
comment on column fax.log_leaves.session_id is 'The session.';
comment on column fax.log_leaves.started_at is 'First observation of the session; names the partition.';
comment on column fax.log_leaves.entry is 'The canonical bytes of the row, by fax.log_entry(); personal values are digests.';
comment on column fax.log_leaves.leaf is 'Its hash as a leaf (RFC 6962): 32 bytes. Before the row is sealed its personal values have no salt, and this is not yet its leaf.';

-- grain: one fax session, without personal values
-- example: select caller_number, remote_station_id, pages, result from fax.sessions_masked where started_at >= '2026-11-01';
-- Numbers and station ids show their last two characters; names of channels are gone, of files only their count is left.
create view fax.sessions_masked as
select
    s.session_id,
    s.server,
    s.epoch_id,
    s.session_number,
    s.operation,
    s.direction,
    s.uniqueid,
    s.linkedid,
    s.account_code,
    fax.masked(s.caller_number) as caller_number,
    fax.masked(s.called_number) as called_number,
    fax.masked(s.local_station_id) as local_station_id,
    fax.masked(s.remote_station_id) as remote_station_id,
    s.transport,
    cardinality(s.file_names) as files,
    s.started_at,
    s.ended_at,
    s.duration_seconds,
    s.end_observed_by,
    s.state,
    s.pages,
    s.pages_observed,
    s.bad_lines,
    s.bad_lines_discarded,
    s.bad_lines_measurable,
    s.worst_page_bad_lines,
    s.error_correction_mode,
    s.first_data_rate,
    s.last_data_rate,
    s.lowest_data_rate,
    s.rate_falls,
    s.x_resolution,
    s.y_resolution,
    s.resolution,
    s.result,
    s.result_class,
    s.result_text,
    s.snapshots,
    s.first_position,
    s.last_position,
    s.ended_not_before,
    s.ended_not_after,
    s.poll_gap_seconds,
    s.bad_lines_lower_bound,
    s.overlaps_gap,
    s.fax_session_id,
    s.result_error
from fax.sessions s;

comment on view fax.sessions_masked is 'One fax session as in fax.sessions, without personal values: for whoever may know how faxes went, but not whose.';
comment on column fax.sessions_masked.session_id is 'Identity of the session, the same wherever its recording is imported.';
comment on column fax.sessions_masked.server is 'Name of the server in the settings.';
comment on column fax.sessions_masked.epoch_id is 'The epoch (fax.epoch) in which session_number counts: numbers begin at 0 again with each start of the server.';
comment on column fax.sessions_masked.session_number is 'SessionNumber of Asterisk. NULL: never listed, known only from its events.';
comment on column fax.sessions_masked.operation is 'Operation as sent: send, receive, gateway, V.21. NULL: not told.';
comment on column fax.sessions_masked.direction is 'sent, received, gateway, or detector (V.21: listens for a fax tone, is no fax). NULL: none of these.';
comment on column fax.sessions_masked.uniqueid is 'Uniqueid of the channel, by its events or its Status. NULL: not told.';
comment on column fax.sessions_masked.linkedid is 'Linkedid of the call, by its events or its Status. NULL: not told.';
comment on column fax.sessions_masked.account_code is 'Account code of the channel, by its events or its Status. NULL: none, or not told.';
comment on column fax.sessions_masked.caller_number is 'Number of who called: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.called_number is 'Number that was called: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.local_station_id is 'Station id of this end: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.remote_station_id is 'Station id of the other end: its last two characters, as many * as stood before them; shorter than six: only *. NULL: unknown.';
comment on column fax.sessions_masked.transport is 'G.711 or T.38, the last one used. NULL: not told (gateway, detector).';
comment on column fax.sessions_masked.files is 'How many files were sent or received. NULL: not told.';
comment on column fax.sessions_masked.started_at is 'First observation, by the observer''s clock; the fax began at most one poll earlier.';
comment on column fax.sessions_masked.ended_at is 'Completion: when its event came. Gone: the first complete list without it. Server restart: the last observation before it. Never listed and no completion event: the last row. NULL: open.';
comment on column fax.sessions_masked.duration_seconds is 'Seconds from started_at to ended_at. NULL: open, or the observer''s clock was set back meanwhile.';
comment on column fax.sessions_masked.end_observed_by is 'How the end is known: completion (SendFAX or ReceiveFAX), gone (absent from a complete list, or never in one), server_restart, or open.';
comment on column fax.sessions_masked.state is 'Last state seen, as sent. NULL: never listed.';
comment on column fax.sessions_masked.pages is 'Pages: the count of the completion event, else the highest seen; a gateway''s PageNumber less one. NULL: not told.';
comment on column fax.sessions_masked.pages_observed is 'Highest count of pages that a poll saw. NULL: not told.';
comment on column fax.sessions_masked.bad_lines is 'Bad lines in the pages kept: the last value seen of each page''s last attempt. NULL: not measurable (sender, ECM, gateway, never negotiated). A lower bound where bad_lines_lower_bound says so.';
comment on column fax.sessions_masked.bad_lines_discarded is 'Bad lines of attempts that were sent again. NULL: not measurable, or the technology counts by session.';
comment on column fax.sessions_masked.bad_lines_measurable is 'A receiver without ECM: the only one that counts bad lines.';
comment on column fax.sessions_masked.worst_page_bad_lines is 'Bad lines of the worst page kept. NULL: not measurable.';
comment on column fax.sessions_masked.error_correction_mode is 'ECM in use, once negotiated. NULL: never negotiated, or not told.';
comment on column fax.sessions_masked.first_data_rate is 'First measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions_masked.last_data_rate is 'Last rate, bit/s. NULL: not told.';
comment on column fax.sessions_masked.lowest_data_rate is 'Lowest measured rate, bit/s. NULL: never negotiated.';
comment on column fax.sessions_masked.rate_falls is 'How often the measured rate fell, by the observer who saw it fall most; the default before negotiation is no measurement.';
comment on column fax.sessions_masked.x_resolution is 'Pixels per metre across, last measured. NULL: not told.';
comment on column fax.sessions_masked.y_resolution is 'Pixels per metre down, last measured. NULL: not told.';
comment on column fax.sessions_masked.resolution is 'standard, fine or superfine. NULL: not told, or another.';
comment on column fax.sessions_masked.result is 'success or failed, by FAXSTATUS (NATIVE_T38, no gateway was necessary, is a success); unknown where it was not on the wire.';
comment on column fax.sessions_masked.result_class is 'Class of the result as in Asterisk''s fax show stats. NULL: result unknown.';
comment on column fax.sessions_masked.result_text is 'FAXSTATUSSTRING, else FAXERROR. NULL: not told.';
comment on column fax.sessions_masked.snapshots is 'Snapshots that polls took of it; 0: known only from its events.';
comment on column fax.sessions_masked.first_position is 'First position of its rows in the history.';
comment on column fax.sessions_masked.last_position is 'Last position of its rows in the history.';
comment on column fax.sessions_masked.ended_not_before is 'It ended at or after this moment: the last snapshot of it, else its last row. NULL: open.';
comment on column fax.sessions_masked.ended_not_after is 'It ended at or before this moment: its completion event, the first complete list without it, or the start of the server''s next life. NULL: open.';
comment on column fax.sessions_masked.poll_gap_seconds is 'Seconds between the last poll that saw a page in hand and the next one, the widest of its pages. NULL: bad lines are not measurable, or no poll saw a page.';
comment on column fax.sessions_masked.bad_lines_lower_bound is 'Bad lines may be more: a page was in no poll, or poll_gap_seconds is above 0.85, the shortest pause between the last line of a page and the next page (T.30, preamble). NULL: not measurable.';
comment on column fax.sessions_masked.overlaps_gap is 'An interval without a good poll (fax.coverage_gaps) lies in its time, or in the second before its first snapshot: then it may have begun unseen.';
comment on column fax.sessions_masked.fax_session_id is 'Of a detector: the session of the fax that its channel then carried, a gateway''s say. NULL: none, or not a detector.';
comment on column fax.sessions_masked.result_error is 'FAXERROR: HANGUP may stand beside a success. NULL: none, or not told.';

-- The log, and what was erased. The history and rejected messages have a trigger that lets an erasure through.
select fax.protect(name)
from unnest(array['checkpoint', 'log_subtree', 'log_run', 'erased_digest', 'erasure']) as name;
create trigger only_erased before update on fax.session_history for each row execute function fax.only_erased();
alter table fax.session_history enable always trigger only_erased;
create trigger only_erased before update on fax.rejected_message for each row execute function fax.only_emptied();
alter table fax.rejected_message enable always trigger only_erased;

revoke all on all functions in schema fax from public;

-- The log: who seals appends to it, and reads what it is made of; the salts of the digests are for nobody else.
grant usage on schema fax to fax_sealer, fax_masked;
grant select on
    fax.session_history, fax.session, fax.epoch, fax.append_batch, fax.erased_digest, fax.erasure, fax.log_leaves
to fax_sealer;
grant select, insert on fax.checkpoint, fax.log_subtree, fax.log_run, fax.session_salt to fax_sealer;
grant select on
    fax.checkpoint, fax.log_subtree, fax.log_run, fax.erased_digest, fax.erasure, fax.log_leaves, fax.sessions_masked
to fax_reader;
grant execute on function
    fax.plain_headers(),
    fax.plain_variables(),
    fax.personal_details(jsonb),
    fax.plain_details(jsonb),
    fax.personal_digest(bytea, text, text),
    fax.log_entry(bigint, uuid, text, uuid, bigint, timestamptz, timestamptz, text, text, text, text, text, boolean, integer, integer, integer, integer, integer, integer, integer, jsonb, bytea, bytea)
to fax_sealer, fax_reader;
grant execute on function fax.lock_log() to fax_sealer;

-- Masked: what holds no personal value, and the functions beneath.
grant select on
    fax.sessions_masked, fax.session_pages, fax.session_timeline, fax.usage_daily, fax.failures,
    fax.epoch, fax.append_batch, fax.server_history, fax.technology, fax.quality_class, fax.checkpoint
to fax_masked;
grant execute on function fax.masked(text) to fax_reader, fax_masked;
grant execute on function
    fax.resolution_name(integer),
    fax.page_lines(integer),
    fax.page_quality(integer, integer),
    fax.result_class(text, text, text),
    fax.channel_variable(jsonb, text),
    fax.unescaped(text),
    fax.told_moment(jsonb, text),
    fax.counter(jsonb, text),
    fax.gap_reason(text, text),
    fax.gaps(text, timestamptz, timestamptz),
    fax.is_attempt(text, text),
    fax.usage(timestamp, timestamp, text, text)
to fax_masked;
