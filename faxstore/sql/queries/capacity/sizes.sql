-- The bytes of each table with its partitions and indexes, and its rows as PostgreSQL counted them last (0: never).
select coalesce(p.inhparent, c.oid)::regclass::text as name,
    sum(pg_total_relation_size(c.oid))::bigint as bytes,
    sum(greatest(c.reltuples, 0))::float8 as rows
from pg_class c
left join pg_inherits p on p.inhrelid = c.oid
where c.relnamespace = 'fax'::regnamespace and c.relkind = 'r'
group by 1;
