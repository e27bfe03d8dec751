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
