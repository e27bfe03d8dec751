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
