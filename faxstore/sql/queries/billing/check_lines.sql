-- Batches whose lines are not numbered from 1 without gaps, and lines without a batch.
select format('batch %s of %s: its lines are not numbered from 1 to %s', l.batch, l.consumer, count(*))
from fax.export_line l
group by l.consumer, l.batch
having min(l.line) <> 1 or max(l.line) <> count(*) or count(distinct l.line) <> count(*)
union all
select format('batch %s of %s: it has lines, but no batch', l.batch, l.consumer)
from fax.export_line l
where not exists (select 1 from fax.export_batch b where b.consumer = l.consumer and b.batch = l.batch)
group by l.consumer, l.batch
