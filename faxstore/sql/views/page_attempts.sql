-- grain: one attempt at one page of one session
-- example: select page, attempt, bad_lines from fax.page_attempts where session_id = '…' and started_at = '…';
-- TotalBadLines counts the page in hand. An attempt ends when PageNumber moves on or the count falls (the page is sent
-- again); the last value of the attempt is its bad lines. A snapshot that comes late from a second observer, with a
-- page already left, is not an attempt; and each observer's count is compared with its own.
create view fax.page_attempts as
with in_hand as (
    select
        s.*,
        max(s.page_number) over (partition by s.session_id, s.started_at order by s.observed_at, s.position) as furthest_page
    from fax.session_rows s
    where s.is_snapshot and s.page_number is not null
),
compared as (
    select
        i.*,
        coalesce(
            lag(i.total_bad_lines) over (partition by i.session_id, i.started_at, i.page_number, i.collector_id
                                         order by i.observed_at, i.position),
            lag(i.total_bad_lines) over (partition by i.session_id, i.started_at, i.page_number
                                         order by i.observed_at, i.position)
        ) as bad_lines_before
    from in_hand i
    where i.page_number = i.furthest_page
),
numbered as (
    select
        c.*,
        1 + count(*) filter (where c.total_bad_lines < c.bad_lines_before)
            over (partition by c.session_id, c.started_at, c.page_number order by c.observed_at, c.position) as attempt
    from compared c
)
select
    n.session_id,
    n.started_at,
    n.page_number as page,
    n.attempt,
    min(n.observed_at) as first_seen_at,
    max(n.observed_at) as last_seen_at,
    count(*) as snapshots,
    (array_agg(n.total_bad_lines order by n.observed_at desc, n.position desc))[1] as bad_lines,
    min(n.observed_at) filter (where n.measured) as first_measured_at,
    (array_agg(n.data_rate order by n.observed_at desc, n.position desc) filter (where n.data_rate is not null))[1] as data_rate,
    (array_agg(n.y_resolution order by n.observed_at desc, n.position desc) filter (where n.y_resolution is not null))[1] as y_resolution
from numbered n
group by n.session_id, n.started_at, n.page_number, n.attempt;

comment on view fax.page_attempts is 'One attempt at one page of one session, as the snapshots show it; more than one where the page was sent again.';
comment on column fax.page_attempts.session_id is 'The session.';
comment on column fax.page_attempts.started_at is 'First observation of the session.';
comment on column fax.page_attempts.page is 'Page in hand, from 1; one past the last page once all are done.';
comment on column fax.page_attempts.attempt is 'Attempt at this page, from 1.';
comment on column fax.page_attempts.first_seen_at is 'First snapshot of it.';
comment on column fax.page_attempts.last_seen_at is 'Last snapshot of it.';
comment on column fax.page_attempts.snapshots is 'Snapshots of it.';
comment on column fax.page_attempts.bad_lines is 'Last TotalBadLines seen of it: lines. Of a sender, with ECM, or past the last page no measurement.';
comment on column fax.page_attempts.first_measured_at is 'First snapshot of it after the two ends agreed. NULL: none.';
comment on column fax.page_attempts.data_rate is 'Last rate in it, bit/s. NULL: not measured.';
comment on column fax.page_attempts.y_resolution is 'Last vertical resolution in it, pixels per metre. NULL: not measured.';
