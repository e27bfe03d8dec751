-- The billing ledger: batches, their lines, and what was delivered.

-- grain: one batch of the billing ledger, handed out to one consumer, never changed
-- example: select batch, made_at, lines, corrections, pages from fax.export_batch where consumer = 'default' order by batch;
-- A batch covers the positions after the last one of the batch before it, which the second foreign key holds; a batch
-- whose range is empty hands out faxes that ended without a row of their own (their server began a new life).
create table fax.export_batch (
    consumer           text not null check (consumer ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    batch              bigint not null check (batch >= 1),
    first_position     bigint not null,
    last_position      bigint not null,
    made_at            timestamptz not null default clock_timestamp(),
    lines              bigint not null check (lines >= 1),
    corrections        bigint not null,
    pages              bigint,
    bad_lines          bigint,
    seconds            numeric,
    previous_pages     bigint,
    previous_bad_lines bigint,
    previous_seconds   numeric,
    first_started_at   timestamptz not null,
    last_started_at    timestamptz not null,
    first_ended_at     timestamptz not null,
    last_ended_at      timestamptz not null,
    format             text not null,
    format_version     integer not null,
    sha256             bytea not null check (length(sha256) = 32),
    digest             bytea not null,
    schema_version     text not null,
    checkpoint         text,
    batch_before       bigint check (batch_before is not distinct from nullif(batch - 1, 0)),
    position_before    bigint not null check (position_before = first_position - 1),
    primary key (consumer, batch),
    unique (consumer, batch, last_position),
    foreign key (consumer, batch_before, position_before) references fax.export_batch (consumer, batch, last_position),
    check (batch > 1 or first_position = 1),
    check (last_position >= first_position - 1)
);

comment on table fax.export_batch is 'One batch of the billing ledger: what was handed out to a consumer at once. Append-only; rows get in by fax.end_export_batch() alone.';
comment on column fax.export_batch.consumer is 'Who it was handed out to: each consumer has a cursor of its own.';
comment on column fax.export_batch.batch is 'Number of the batch, from 1 without gaps for each consumer.';
comment on column fax.export_batch.first_position is 'First position of the history that it covers: the one after the last of the batch before.';
comment on column fax.export_batch.last_position is 'Last position of the history that it covers.';
comment on column fax.export_batch.made_at is 'When it was made, by the database''s clock.';
comment on column fax.export_batch.lines is 'Lines: new faxes and corrections together.';
comment on column fax.export_batch.corrections is 'Lines that supersede an earlier one.';
comment on column fax.export_batch.pages is 'Sum of the pages of its lines. NULL: none of them tells.';
comment on column fax.export_batch.bad_lines is 'Sum of the bad lines of its lines. NULL: none of them could be measured.';
comment on column fax.export_batch.seconds is 'Sum of the seconds of its lines. NULL: none of them tells.';
comment on column fax.export_batch.previous_pages is 'Sum of the pages that its corrections supersede. NULL: none of them told.';
comment on column fax.export_batch.previous_bad_lines is 'Sum of the bad lines that its corrections supersede. NULL: none of them could be measured.';
comment on column fax.export_batch.previous_seconds is 'Sum of the seconds that its corrections supersede. NULL: none of them told.';
comment on column fax.export_batch.first_started_at is 'Earliest started_at of its lines.';
comment on column fax.export_batch.last_started_at is 'Latest started_at of its lines.';
comment on column fax.export_batch.first_ended_at is 'Earliest ended_at of its lines.';
comment on column fax.export_batch.last_ended_at is 'Latest ended_at of its lines.';
comment on column fax.export_batch.format is 'Format of its file: csv, jsonl or cloudevents; the same for all batches of a consumer.';
comment on column fax.export_batch.format_version is 'Version of that format: which columns, in which order.';
comment on column fax.export_batch.sha256 is 'SHA-256 of its file as it was handed out.';
comment on column fax.export_batch.digest is 'SHA-256 of the digests of its lines, in the order of the lines: it stands when personal values of a line are erased.';
comment on column fax.export_batch.schema_version is 'Revision of the schema whose views told the figures.';
comment on column fax.export_batch.checkpoint is 'Newest checkpoint of the transparency log when it was made, as text. NULL: there was none.';
comment on column fax.export_batch.batch_before is 'The batch before it. NULL: it is the first.';
comment on column fax.export_batch.position_before is 'Last position of the batch before it; 0: it is the first.';

-- grain: one fax as it was handed out in one batch: its first line is revision 1, each correction one more
-- example: select batch, line, revision, pages, previous_pages, changed from fax.export_line where session_id = '…' order by consumer, revision;
-- Never changed, but for fax.erase_export_lines(): it takes the personal values out, and leaves all that proves the rest.
-- No line without its batch (the key is looked at when the transaction ends), no revision without the one before it.
create table fax.export_line (
    consumer                  text not null,
    batch                     bigint not null,
    line                      bigint not null check (line >= 1),
    session_id                uuid not null,
    revision                  integer not null check (revision >= 1),
    supersedes                integer,
    supersedes_batch          bigint,
    supersedes_line           bigint,
    changed                   text[] not null,
    server                    text not null,
    session_number            bigint,
    direction                 text,
    account_code              text,
    caller_number             text,
    called_number             text,
    local_station_id          text,
    remote_station_id         text,
    uniqueid                  text,
    linkedid                  text,
    started_at                timestamptz not null,
    ended_at                  timestamptz not null,
    end_observed_by           text not null check (end_observed_by <> 'open'),
    duration_seconds          numeric,
    pages                     integer,
    bad_lines                 bigint,
    transport                 text,
    last_data_rate            integer,
    result                    text not null,
    result_class              text,
    bad_lines_lower_bound     boolean,
    overlaps_gap              boolean not null,
    snapshots                 bigint not null,
    first_position            bigint not null,
    last_position             bigint not null,
    previous_direction        text,
    previous_account_code     text,
    previous_ended_at         timestamptz,
    previous_duration_seconds numeric,
    previous_pages            integer,
    previous_bad_lines        bigint,
    previous_transport        text,
    previous_result           text,
    salt                      bytea,
    personal_digest           bytea not null,
    digest                    bytea not null,
    erased_at                 timestamptz,
    primary key (session_id, consumer, revision),
    foreign key (consumer, batch) references fax.export_batch deferrable initially deferred,
    foreign key (session_id, consumer, supersedes) references fax.export_line (session_id, consumer, revision),
    constraint supersedes_the_one_before check (supersedes is not distinct from nullif(revision - 1, 0)),
    constraint changed_where_corrected check ((changed = '{}') = (revision = 1))
);

create index export_line_batch on fax.export_line (consumer, batch, line);
create index export_line_started on fax.export_line (consumer, started_at);
create index export_line_erased on fax.export_line (consumer, batch) where erased_at is not null;

comment on table fax.export_line is 'One fax as it was handed out to a consumer: revision 1, or a correction that supersedes the revision before. Append-only; rows get in by fax.begin_export_batch() alone.';
comment on column fax.export_line.consumer is 'Who it was handed out to.';
comment on column fax.export_line.batch is 'In which batch.';
comment on column fax.export_line.line is 'Place in the batch, from 1, in the order of started_at.';
comment on column fax.export_line.session_id is 'The fax: fax.sessions.';
comment on column fax.export_line.revision is '1: handed out for the first time; more: a correction.';
comment on column fax.export_line.supersedes is 'The revision that this one takes the place of. NULL: none, it is the first.';
comment on column fax.export_line.supersedes_batch is 'The batch of that revision. NULL: it supersedes none.';
comment on column fax.export_line.supersedes_line is 'The line of that revision in its batch. NULL: it supersedes none.';
comment on column fax.export_line.changed is 'Names of the columns whose values differ from the revision before (fax.export_changes); empty for the first.';
comment on column fax.export_line.server is 'Name of the server in the settings.';
comment on column fax.export_line.session_number is 'SessionNumber of Asterisk. NULL: never listed.';
comment on column fax.export_line.direction is 'sent, received or gateway; detector: a correction that withdraws what turned out to be no fax. NULL: not told.';
comment on column fax.export_line.account_code is 'Account code of the channel. NULL: none, or not told.';
comment on column fax.export_line.caller_number is 'CallerIDNum of the channel (personal). NULL: unknown, or erased.';
comment on column fax.export_line.called_number is 'Number that was called (personal). NULL: unknown, or erased.';
comment on column fax.export_line.local_station_id is 'Station id of this end (personal). NULL: none, or erased.';
comment on column fax.export_line.remote_station_id is 'Station id of the other end (personal). NULL: none, or erased.';
comment on column fax.export_line.uniqueid is 'Uniqueid of the channel, as in call records. NULL: not told.';
comment on column fax.export_line.linkedid is 'Linkedid of the call, as in call records. NULL: not told.';
comment on column fax.export_line.started_at is 'First observation of the fax.';
comment on column fax.export_line.ended_at is 'When it ended, as in fax.sessions.';
comment on column fax.export_line.end_observed_by is 'How the end is known: completion, gone or server_restart.';
comment on column fax.export_line.duration_seconds is 'Seconds from started_at to ended_at. NULL: the observer''s clock was set back meanwhile.';
comment on column fax.export_line.pages is 'Pages. NULL: not told.';
comment on column fax.export_line.bad_lines is 'Bad lines in the pages kept. NULL: not measurable.';
comment on column fax.export_line.transport is 'G.711 or T.38. NULL: not told.';
comment on column fax.export_line.last_data_rate is 'Last rate, bit/s. NULL: not told.';
comment on column fax.export_line.result is 'success, failed or unknown.';
comment on column fax.export_line.result_class is 'Class of the result. NULL: result unknown.';
comment on column fax.export_line.bad_lines_lower_bound is 'Evidence, as of then: bad lines may be more. NULL: not measurable.';
comment on column fax.export_line.overlaps_gap is 'Evidence, as of then: an interval without a good poll lies in its time.';
comment on column fax.export_line.snapshots is 'Evidence, as of then: snapshots that polls took of it.';
comment on column fax.export_line.first_position is 'Evidence: first position of its rows in the history.';
comment on column fax.export_line.last_position is 'Evidence, as of then: last position of its rows in the history.';
comment on column fax.export_line.previous_direction is 'Direction in the revision before. NULL: none there, or no correction.';
comment on column fax.export_line.previous_account_code is 'Account code in the revision before. NULL: none there, or no correction.';
comment on column fax.export_line.previous_ended_at is 'End in the revision before. NULL: no correction.';
comment on column fax.export_line.previous_duration_seconds is 'Seconds in the revision before. NULL: none there, or no correction.';
comment on column fax.export_line.previous_pages is 'Pages in the revision before. NULL: none there, or no correction.';
comment on column fax.export_line.previous_bad_lines is 'Bad lines in the revision before. NULL: none there, or no correction.';
comment on column fax.export_line.previous_transport is 'Transport in the revision before. NULL: none there, or no correction.';
comment on column fax.export_line.previous_result is 'Result in the revision before. NULL: no correction.';
comment on column fax.export_line.salt is '16 random bytes, so that nobody finds erased values by trying. NULL: erased.';
comment on column fax.export_line.personal_digest is 'SHA-256 of the salt and the personal values as handed out (fax.export_personal_digest).';
comment on column fax.export_line.digest is 'SHA-256 of all other values and of personal_digest (fax.export_line_digest).';
comment on column fax.export_line.erased_at is 'When its personal values were erased. NULL: they were not.';

-- grain: one fax that a batch of a consumer saw before it had ended; the next batch looks at it again
-- example: select session_id from fax.export_pending where consumer = 'default';
-- A fax may end without a row of its own: its server begins a new life. Not history: fax.begin_export_batch() keeps it.
create table fax.export_pending (
    session_id uuid not null,
    consumer   text not null,
    started_at timestamptz not null,
    primary key (session_id, consumer)
);

create index export_pending_consumer on fax.export_pending (consumer);

comment on table fax.export_pending is 'Faxes that had not ended when a batch looked: the next batch of the consumer looks at them again, new rows or not.';
comment on column fax.export_pending.session_id is 'The fax.';
comment on column fax.export_pending.consumer is 'The consumer whose next batch looks at it.';
comment on column fax.export_pending.started_at is 'First observation of the fax; names the partition of its rows.';

-- grain: one batch of which file and manifest have been in place
-- example: select b.consumer, b.batch from fax.export_batch b left join fax.export_delivery d using (consumer, batch) where d.batch is null;
create table fax.export_delivery (
    consumer     text not null,
    batch        bigint not null,
    delivered_at timestamptz not null default clock_timestamp(),
    primary key (consumer, batch),
    foreign key (consumer, batch) references fax.export_batch
);

comment on table fax.export_delivery is 'A batch whose file and manifest were put in place. One that is not here is put in place by the next export of its consumer.';
comment on column fax.export_delivery.consumer is 'The consumer.';
comment on column fax.export_delivery.batch is 'The batch.';
comment on column fax.export_delivery.delivered_at is 'When, by the database''s clock.';

-- SHA-256 of texts, as the UTF-8 bytes of a JSON array of strings and nulls: no two lists of texts have the same bytes.
-- example: select fax.text_digest(array['a', null, 'b']);
create function fax.text_digest(texts text[]) returns bytea
language sql stable parallel safe
begin atomic
    select sha256(convert_to(array_to_json(texts)::text, 'UTF8'));
end;

comment on function fax.text_digest(text[]) is 'SHA-256 of a JSON array of texts.';

-- What proves the personal values of a line as long as they are there. The salt is erased with them.
create function fax.export_personal_digest(line fax.export_line) returns bytea
language sql stable parallel safe
as $$
    select fax.text_digest(array[
        encode(line.salt, 'hex'), line.caller_number, line.called_number, line.local_station_id, line.remote_station_id])
$$;

comment on function fax.export_personal_digest(fax.export_line) is 'SHA-256 of the salt and the personal values of a line of the billing ledger.';

-- What proves a line of the billing ledger, whether its personal values are still there or not.
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

comment on function fax.export_line_digest(fax.export_line) is 'SHA-256 of the values of a line of the billing ledger, of its personal ones by their digest.';

-- Trigger: whatever gets into the ledger has its digests.
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

comment on function fax.seal_export_line() is 'Trigger: gives a new line of the billing ledger its salt and its digests.';

create trigger seal before insert on fax.export_line for each row execute function fax.seal_export_line();

-- Trigger: a line of the ledger is never changed, but for one thing: its personal values and their salt are taken out,
-- once, and nothing else with them.
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

comment on function fax.refuse_export_line_change() is 'Trigger: refuses UPDATE of a line of the billing ledger, unless it erases the personal values and nothing else.';

-- Takes the personal values of a fax out of every line that was handed out of it; says of how many. All figures stay, and
-- so do the digests: what was handed out can still be proven, these values apart.
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

comment on function fax.erase_export_lines(uuid) is 'Erases the personal values of a fax from the billing ledger; returns of how many lines.';

-- What makes a correction: the one list. Names of the columns in which two lines of a fax differ. Evidence is not among
-- them: it may change with every row. Values that were erased are not compared.
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

comment on function fax.export_changes(fax.export_line, fax.export_line) is 'Names of the columns in which two lines of a fax differ: what makes a correction.';

-- A fax as the views tell it now, as a line that nobody was handed out yet; no row: the views have no such fax.
-- Asked for one fax at a time, by session and start: that is how the views are quick. Columns as in fax.export_line.
-- example: select pages, result from fax.export_seen('…', '2026-11-02 08:00+00');
create function fax.export_seen(of_session uuid, of_start timestamptz) returns setof fax.export_line
language sql stable parallel safe
as $$
    select
        null::text, null::bigint, null::bigint, f.session_id, null::integer, null::integer, null::bigint, null::bigint, '{}'::text[],
        f.server, f.session_number, f.direction, f.account_code, f.caller_number, f.called_number,
        f.local_station_id, f.remote_station_id, f.uniqueid, f.linkedid,
        f.started_at, f.ended_at, f.end_observed_by, f.duration_seconds, f.pages, f.bad_lines, f.transport, f.last_data_rate,
        f.result, f.result_class, f.bad_lines_lower_bound, f.overlaps_gap, f.snapshots, f.first_position, f.last_position,
        null::text, null::text, null::timestamptz, null::numeric, null::integer, null::bigint, null::text, null::text,
        null::bytea, null::bytea, null::bytea, null::timestamptz
    from fax.sessions f
    where f.session_id = of_session and f.started_at = of_start
$$;

comment on function fax.export_seen(uuid, timestamptz) is 'A fax as the views tell it now, as a line of the billing ledger that was not handed out yet.';

-- What the next batch of a consumer holds: ended faxes that were never handed out, and corrections of those that were;
-- and, without a number, the faxes that have not ended, which the batch after it has to look at again.
-- It looks at the faxes with rows after the consumer's last batch and at those that were pending; at every fax where the
-- schema is another one than then (its views may tell other figures), or `everything` says so.
-- example: select count(*), sum(pages) from fax.export_due('default') where line is not null;
create function fax.export_due(of_consumer text, everything boolean default false) returns setof fax.export_line
language plpgsql stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    schema_now text := (select v.version_num from fax.alembic_version v);
    due fax.export_line;
    newest fax.export_line;
    lines bigint := 0;
begin
    select b.* into last_batch from fax.export_batch b where b.consumer = of_consumer order by b.batch desc limit 1;
    for due in
        with candidate as materialized (
            select h.session_id, h.started_at
            from fax.session_history h
            where h.position > coalesce(last_batch.last_position, 0)
            union
            select p.session_id, p.started_at from fax.export_pending p where p.consumer = of_consumer
            union
            select s.session_id, s.started_at from fax.session s where everything or last_batch.schema_version <> schema_now
        )
        select f.*
        from candidate c
        cross join lateral fax.export_seen(c.session_id, c.started_at) f
        order by f.started_at, f.session_id
    loop
        select l.* into newest
        from fax.export_line l
        where l.session_id = due.session_id and l.consumer = of_consumer
        order by l.revision desc
        limit 1;
        continue when newest.revision is null and due.direction = 'detector';
        due.consumer := of_consumer;
        due.batch := coalesce(last_batch.batch, 0) + 1;
        if due.end_observed_by <> 'open' then
            due.revision := coalesce(newest.revision, 0) + 1;
            if newest.revision is not null then
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
end
$$;

comment on function fax.export_due(text, boolean) is 'The lines of the next batch of a consumer, and, without a line number, the faxes that have not ended.';

-- Fixes the lines of the next batch of a consumer, and which faxes the batch after it looks at again; says how many lines.
-- fax.end_export_batch() in the same transaction makes it a batch: without it, the transaction cannot be committed.
-- Repeatable read, so that the lines and the last position are of one moment. Positions are given out in the order of
-- commits: that moment has seen all of them up to the last one.
-- example: begin isolation level repeatable read; select fax.begin_export_batch('default');
create function fax.begin_export_batch(of_consumer text, everything boolean default false) returns bigint
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
        select d.* from fax.export_due(of_consumer, everything) d
    ),
    settled as (
        delete from fax.export_pending p
        where p.consumer = of_consumer
          and not exists (select 1 from due d where d.session_id = p.session_id and d.line is null)
    ),
    still_open as (
        insert into fax.export_pending (session_id, consumer, started_at)
        select d.session_id, d.consumer, d.started_at from due d where d.line is null
        on conflict do nothing
    ),
    fixed as (
        insert into fax.export_line select d.* from due d where d.line is not null
        returning 1
    )
    select count(*) into lines from fixed;
    return lines;
end
$$;

comment on function fax.begin_export_batch(text, boolean) is 'Fixes the lines of the next batch of a consumer of the billing ledger; returns how many.';

-- Makes a batch of the lines that fax.begin_export_batch() has fixed in this transaction, whose file has this SHA-256.
-- example: select fax.end_export_batch('default', 'csv', 1, '\x…');
create function fax.end_export_batch(of_consumer text, of_format text, of_format_version integer, of_file bytea)
returns fax.export_batch
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    last_batch fax.export_batch;
    made fax.export_batch;
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
        of_consumer, coalesce(last_batch.batch, 0) + 1, coalesce(last_batch.last_position, 0) + 1,
        (select max(a.last_position) from fax.append_batch a),
        count(*), count(l.supersedes), sum(l.pages), sum(l.bad_lines), sum(l.duration_seconds),
        sum(l.previous_pages), sum(l.previous_bad_lines), sum(l.previous_duration_seconds),
        min(l.started_at), max(l.started_at), min(l.ended_at), max(l.ended_at),
        of_format, of_format_version, of_file, sha256(string_agg(l.digest, ''::bytea order by l.line)),
        (select v.version_num from fax.alembic_version v),
        (select c.note from fax.checkpoint c order by c.size desc limit 1),
        last_batch.batch, coalesce(last_batch.last_position, 0)
    from fax.export_line l
    where l.consumer = of_consumer and l.batch = coalesce(last_batch.batch, 0) + 1
    returning * into made;
    return made;
end
$$;

comment on function fax.end_export_batch(text, text, integer, bytea) is 'Makes a batch of the billing ledger of the lines that were fixed in this transaction.';

-- Notes that file and manifest of a batch are in place.
-- example: select fax.export_delivered('default', 7);
create function fax.export_delivered(of_consumer text, of_batch bigint) returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into fax.export_delivery (consumer, batch) values (of_consumer, of_batch) on conflict do nothing
$$;

comment on function fax.export_delivered(text, bigint) is 'Notes that the file and the manifest of a batch of the billing ledger are in place.';

-- What a consumer had been told by one of its batches of the faxes that began between two moments of a time zone: of each
-- fax the newest revision up to then, withdrawn ones apart. NULL for a moment: no bound.
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

comment on function fax.export_as_of(text, bigint, timestamp, timestamp, text) is 'What a consumer of the billing ledger had been told by one of its batches of the faxes of a period: the newest revision of each.';

-- The billing ledger. Of a line the personal values can be erased, and nothing else done to it.
select fax.protect(name) from unnest(array['export_batch', 'export_delivery']) as name;
create trigger append_only before delete or truncate on fax.export_line for each statement execute function fax.refuse_change();
create trigger append_only_but_erase before update on fax.export_line for each row execute function fax.refuse_export_line_change();
alter table fax.export_line enable always trigger append_only;
alter table fax.export_line enable always trigger append_only_but_erase;
alter table fax.export_line enable always trigger seal;

revoke all on function
    fax.text_digest(text[]), fax.export_personal_digest(fax.export_line), fax.export_line_digest(fax.export_line),
    fax.seal_export_line(), fax.refuse_export_line_change(), fax.erase_export_lines(uuid),
    fax.export_changes(fax.export_line, fax.export_line), fax.export_seen(uuid, timestamptz), fax.export_due(text, boolean),
    fax.begin_export_batch(text, boolean), fax.end_export_batch(text, text, integer, bytea),
    fax.export_delivered(text, bigint), fax.export_as_of(text, bigint, timestamp, timestamp, text)
from public;

-- The billing ledger. Lines and batches get in by its functions alone.
grant usage on schema fax to fax_export;
grant select on fax.export_batch, fax.export_line, fax.export_delivery, fax.export_pending to fax_reader, fax_export;
grant execute on function
    fax.text_digest(text[]),
    fax.export_personal_digest(fax.export_line),
    fax.export_line_digest(fax.export_line),
    fax.export_changes(fax.export_line, fax.export_line),
    fax.export_seen(uuid, timestamptz),
    fax.export_as_of(text, bigint, timestamp, timestamp, text)
to fax_reader, fax_export;
grant execute on function
    fax.export_due(text, boolean),
    fax.begin_export_batch(text, boolean),
    fax.end_export_batch(text, text, integer, bytea),
    fax.export_delivered(text, bigint)
to fax_export;

-- Erasure reaches the ledger too.
create or replace function fax.erase_session(of_session uuid, because text) returns bigint
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
    perform fax.erase_export_lines(of_session);
    return taken;
end
$$;
