-- The months that were archived, dropped or restored: those changed in the period, and those in which it lies.
select to_char(c.month, 'YYYY-MM') as month, c.change, c.rows, c.sessions, c.changed_at, c.changed_by, c.rule
from fax.month_change c
where (c.changed_at >= %(since)s and c.changed_at < %(until)s)
   or (c.month::timestamp at time zone 'UTC' < %(until)s
       and (c.month + interval '1 month') at time zone 'UTC' > %(since)s)
order by c.change_id;
