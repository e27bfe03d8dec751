-- Types of the schema fax: composite types, and those of other kinds, of which faxstore has none. The types of tables,
-- views and arrays belong to what they are types of.
select
    format('type %s', t.oid::regtype) as object,
    jsonb_build_object(
        'owner', t.typowner::regrole::text,
        'kind', case t.typtype when 'e' then 'enumeration' when 'd' then 'domain' when 'r' then 'range' when 'b' then 'base' end,
        'attributes', (select jsonb_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
                       from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
    ) as properties
from pg_type t
left join pg_class c on c.oid = t.typrelid
where t.typnamespace = 'fax'::regnamespace and coalesce(c.relkind, 'c') = 'c'
  and not exists (select from pg_type e where e.typarray = t.oid)
