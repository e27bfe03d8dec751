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
