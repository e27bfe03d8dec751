-- Objects of kinds that the schema fax does not contain: each that exists was added. Then what undermines every schema:
-- settings, and functions of PostgreSQL that were replaced. PostgreSQL runs its built-in functions without looking at
-- pg_proc, unless one is replaced in the language SQL, which the planner puts in its place. A new server writes its own
-- functions in that language with transaction numbers up to 160 (versions 15 to 18); those of users begin above 700.
with fax (oid) as (select n.oid from pg_namespace n where n.nspname = 'fax')
select format('rule %I on %s', r.rulename, r.ev_class::regclass) as object,
       jsonb_build_object('relation', r.ev_class::regclass::text, 'definition', pg_get_ruledef(r.oid)) as properties
from pg_rewrite r join pg_class c on c.oid = r.ev_class join fax f on f.oid = c.relnamespace
where r.rulename <> '_RETURN'
union all
select format('policy %I on %s', p.polname, p.polrelid::regclass),
       jsonb_build_object('relation', p.polrelid::regclass::text)
from pg_policy p join pg_class c on c.oid = p.polrelid join fax f on f.oid = c.relnamespace
union all
select format('default privileges of %s', d.defaclrole::regrole), jsonb_build_object('rights', d.defaclacl::text)
from pg_default_acl d
where d.defaclrole = to_regrole('fax_owner') and (d.defaclnamespace = 0 or d.defaclnamespace in (select f.oid from fax f))
union all
select format('setting %s%s%s', s.setting,
              case when d.setrole <> 0 then ' of role ' || d.setrole::regrole end,
              case when d.setdatabase <> 0 then ' in database ' || current_database() end), '{}'
from pg_db_role_setting d cross join unnest(d.setconfig) as s (setting)
where d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))
  and (s.setting ~ '^session_replication_role=(?!origin$)' or s.setting ~ '^search_path=.*, *"?pg_catalog\M')
union all
select format('setting session_replication_role=%s of this session', r.setting), '{}'
from (select current_setting('session_replication_role') as setting) r
where r.setting <> 'origin'
union all
select format('grant of %s on parameter %s to %s', a.privilege_type, a.parname, a.grantee),
       jsonb_build_object('to', a.grantee)
from (
    select e.privilege_type, p.parname, case e.grantee when 0 then 'public' else e.grantee::regrole::text end as grantee
    from pg_parameter_acl p cross join aclexplode(p.paracl) e
    where p.parname = 'session_replication_role'
) a
where a.grantee in ('public', 'fax_owner', 'fax_ingest', 'fax_reader', 'fax_sealer', 'fax_masked', 'fax_export', 'fax_billing')
union all
select format('function pg_catalog.%s', p.oid::regprocedure), '{"replaced": true}'
from pg_proc p join pg_language l on l.oid = p.prolang
where p.pronamespace = 'pg_catalog'::regnamespace and p.oid < 16384 and l.lanname not in ('internal', 'c')
  and p.xmin::text::bigint > 600
union all
select pg_describe_object(o.classid, o.oid, 0), '{}'
from (
    select 'pg_operator'::regclass as classid, o.oid from pg_operator o join fax f on f.oid = o.oprnamespace
    union all
    select 'pg_opclass'::regclass, o.oid from pg_opclass o join fax f on f.oid = o.opcnamespace
    union all
    select 'pg_opfamily'::regclass, o.oid from pg_opfamily o join fax f on f.oid = o.opfnamespace
    union all
    select 'pg_collation'::regclass, o.oid from pg_collation o join fax f on f.oid = o.collnamespace
    union all
    select 'pg_conversion'::regclass, o.oid from pg_conversion o join fax f on f.oid = o.connamespace
    union all
    select 'pg_ts_config'::regclass, o.oid from pg_ts_config o join fax f on f.oid = o.cfgnamespace
    union all
    select 'pg_ts_dict'::regclass, o.oid from pg_ts_dict o join fax f on f.oid = o.dictnamespace
    union all
    select 'pg_cast'::regclass, k.oid from pg_cast k
    left join pg_proc p on p.oid = k.castfunc
    join pg_type s on s.oid = k.castsource
    join pg_type t on t.oid = k.casttarget
    join fax f on f.oid in (s.typnamespace, t.typnamespace, p.pronamespace)
) o
