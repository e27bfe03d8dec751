-- The views of the schema: the statement that creates each again, and one that makes it read nothing, with the same columns.
select
    format('create or replace view fax.%I as %s', c.relname, pg_get_viewdef(c.oid)) as definition,
    format('create or replace view fax.%I as select %s', c.relname, string_agg(
        format('null::%s as %I', format_type(a.atttypid, a.atttypmod), a.attname), ', ' order by a.attnum)) as placeholder
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relkind = 'v' and c.relnamespace = 'fax'::regnamespace
group by c.oid
order by c.oid
