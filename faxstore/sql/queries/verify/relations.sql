-- Tables, views and sequences of the schema fax, the tables elsewhere that inherit from them, and the schema itself.
with recursive found (oid) as (
    select c.oid from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union
    select i.inhrelid from pg_inherits i join found f on f.oid = i.inhparent
    where i.inhparent in (select c.oid from pg_class c where c.relkind in ('r', 'p', 'f'))
)
select
    case c.relkind when 'v' then 'view ' when 'S' then 'sequence ' else 'table ' end || c.oid::regclass as object,
    jsonb_build_object(
        'relation', c.oid::regclass::text,
        'kind', case c.relkind when 'p' then 'partitioned' when 'm' then 'materialized view' when 'f' then 'foreign' end,
        'owner', c.relowner::regrole::text,
        'persistence', case c.relpersistence when 'u' then 'unlogged' when 't' then 'temporary' end,
        'access_method', (select nullif(m.amname, 'heap') from pg_am m where m.oid = c.relam),
        'row_security', c.relrowsecurity,
        'forced_row_security', c.relforcerowsecurity,
        -- PostgreSQL looks for triggers, indexes and checks only where pg_class counts them.
        'ignored_triggers', not c.relhastriggers and exists (select from pg_trigger t where t.tgrelid = c.oid),
        'ignored_indexes', not c.relhasindex and exists (select from pg_index x where x.indrelid = c.oid),
        'ignored_checks', c.relchecks < (select count(*) from pg_constraint k where k.conrelid = c.oid and k.contype = 'c'),
        'options', case when c.relkind = 'v' then (select jsonb_agg(o order by o) from unnest(c.reloptions) o) end,
        'column_order', (select jsonb_agg(a.attname order by a.attnum) from pg_attribute a
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind <> 'S'),
        'parents', (select jsonb_agg(i.inhparent::regclass order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid),
        'pending_detachment', (select bool_or(i.inhdetachpending) from pg_inherits i where i.inhrelid = c.oid),
        'partition_key', pg_get_partkeydef(c.oid),
        'bound', case when c.oid::regclass::text = 'fax.observation_past'  -- its day is that of the migration
                      then regexp_replace(pg_get_expr(c.relpartbound, c.oid), '\d{4}-\d\d-\d\d 00:00:00\+00', 'a day')
                      else pg_get_expr(c.relpartbound, c.oid) end,
        'sequence', (select format('%s from %s by %s, %s to %s, cache %s%s', format_type(s.seqtypid, null), s.seqstart,
                                   s.seqincrement, s.seqmin, s.seqmax, s.seqcache, case when s.seqcycle then ', cycle' end)
                     from pg_sequence s where s.seqrelid = c.oid),
        'sequence_of', (select format('%s.%I', d.refobjid::regclass, a.attname)
                        from pg_depend d
                        join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
                          and c.relkind = 'S'),
        'disabled', (select r.ev_enabled <> 'O' from pg_rewrite r
                        where r.ev_class = c.oid and r.rulename = '_RETURN'),
        'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end
    ) as properties
from pg_class c
where c.oid in (select f.oid from found f)
union all
select 'schema fax', jsonb_build_object('owner', n.nspowner::regrole::text)
from pg_namespace n
where n.nspname = 'fax'
