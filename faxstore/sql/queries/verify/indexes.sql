-- Indexes of the tables of the schema fax. `calls` lists functions that are not PostgreSQL's own.
select
    format('index %s', i.indexrelid::regclass) as object,
    jsonb_build_object(
        'relation', i.indrelid::regclass::text,
        'definition', pg_get_indexdef(i.indexrelid),
        'unique', i.indisunique,
        'exclusion', i.indisexclusion,
        'primary', i.indisprimary,
        'immediate', i.indimmediate,
        'valid', i.indisvalid,
        'ready', i.indisready and i.indislive,
        'parents', (select jsonb_agg(p.inhparent::regclass) from pg_inherits p where p.inhrelid = i.indexrelid),
        'calls', (select jsonb_agg(distinct pg_describe_object(d.refclassid, d.refobjid, 0)) from pg_depend d
                  where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                    and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass))
    ) as properties
from pg_index i
join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'fax'::regnamespace
