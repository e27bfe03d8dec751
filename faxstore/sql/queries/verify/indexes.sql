-- Indexes of the tables of the schema fax. `calls` lists functions and operator classes that are neither PostgreSQL's
-- own nor, for operator classes, of an extension: an index that calls them may run any code, or hide rows.
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
                    and (d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
                         or d.refclassid = 'pg_opclass'::regclass and not exists (
                             select from pg_depend e where e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e')))
    ) as properties
from pg_index i
join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'fax'::regnamespace
