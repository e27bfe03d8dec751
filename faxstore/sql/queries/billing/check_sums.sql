-- Batches whose sums differ from those of their lines.
select format('batch %s of %s: its sums are not those of its lines', b.batch, b.consumer)
from fax.export_batch b
left join (
    select
        l.consumer, l.batch, count(*) as lines, count(l.supersedes) as corrections,
        sum(l.pages) as pages, sum(l.bad_lines) as bad_lines, sum(l.duration_seconds) as seconds,
        sum(l.previous_pages) as previous_pages, sum(l.previous_bad_lines) as previous_bad_lines,
        sum(l.previous_duration_seconds) as previous_seconds,
        min(l.started_at) as first_started_at, max(l.started_at) as last_started_at,
        min(l.ended_at) as first_ended_at, max(l.ended_at) as last_ended_at
    from fax.export_line l
    group by l.consumer, l.batch
) s on s.consumer = b.consumer and s.batch = b.batch
where (b.lines, b.corrections, b.pages, b.bad_lines, b.seconds, b.previous_pages, b.previous_bad_lines, b.previous_seconds,
       b.first_started_at, b.last_started_at, b.first_ended_at, b.last_ended_at)
    is distinct from
      (coalesce(s.lines, 0), coalesce(s.corrections, 0), s.pages, s.bad_lines, s.seconds, s.previous_pages,
       s.previous_bad_lines, s.previous_seconds, s.first_started_at, s.last_started_at, s.first_ended_at, s.last_ended_at)
order by b.consumer, b.batch
