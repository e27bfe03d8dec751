-- The checkpoints made in the period, and the newest of all.
select c.size, c.records, c.made_at, encode(c.root, 'hex') as root
from fax.checkpoint c
where (c.made_at >= %(since)s and c.made_at < %(until)s) or c.records = (select max(n.records) from fax.checkpoint n)
order by c.size, c.records;
