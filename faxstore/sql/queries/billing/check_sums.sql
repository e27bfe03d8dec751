-- Batches whose sums differ from those of their lines.
select format('batch %s of %s: its sums are not those of its lines', b.batch, b.consumer)
from fax.export_batch b
left join fax.export_sums s on s.consumer = b.consumer and s.batch = b.batch
where (b.lines, b.corrections, b.pages, b.bad_lines, b.seconds, b.previous_pages, b.previous_bad_lines, b.previous_seconds,
       b.first_started_at, b.last_started_at, b.first_ended_at, b.last_ended_at)
    is distinct from
      (coalesce(s.lines, 0), coalesce(s.corrections, 0), s.pages, s.bad_lines, s.seconds, s.previous_pages,
       s.previous_bad_lines, s.previous_seconds, s.first_started_at, s.last_started_at, s.first_ended_at, s.last_ended_at)
order by b.consumer, b.batch
