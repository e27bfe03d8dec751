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
