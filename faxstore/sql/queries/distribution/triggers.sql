-- The triggers of the given tables and their partitions: the statement that drops each, and the table and the statement by
-- which another table gets it, whose name replaces {table}.
select
    format('drop trigger %%I on %%s', t.tgname, c.oid::regclass) as removal,
    c.relname as relation,
    replace(pg_get_triggerdef(t.oid), format(' ON %%s ', c.oid::regclass), ' ON {table} ') as definition,
    format('alter table {table} enable always trigger %%I', t.tgname) as always
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
left join pg_inherits i on i.inhrelid = c.oid
where not t.tgisinternal and t.tgparentid = 0 and c.relnamespace = 'fax'::regnamespace
  and (c.relname = any (%(tables)s) or i.inhparent::regclass::text = any (%(qualified)s))
order by t.oid
