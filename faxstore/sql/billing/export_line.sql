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
