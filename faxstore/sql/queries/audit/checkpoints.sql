-- The checkpoints made in the period, and the newest of all.
select c.size, c.made_at, encode(c.root, 'hex') as root
from fax.checkpoint c
where (c.made_at >= %(since)s and c.made_at < %(until)s) or c.size = (select max(n.size) from fax.checkpoint n)
order by c.size;
