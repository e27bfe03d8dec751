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
