-- Columns of the tables and views of the schema fax.
select
    format('column %s.%I', c.oid::regclass, a.attname) as object,
    jsonb_build_object(
        'relation', c.oid::regclass::text,
        'type', format_type(a.atttypid, a.atttypmod),
        'not_null', a.attnotnull,
        'default', case when a.atthasdef then pg_get_expr(d.adbin, d.adrelid) end,
        'identity', nullif(a.attidentity::text, ''),
        'generated', nullif(a.attgenerated::text, ''),
        'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end
    ) as properties
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
