-- The statements that create on another node what this one has besides tables: types, functions and views, in the order
-- of their creation, each with its rights.
with rights as (
    select a.kind, a.oid, string_agg(format('grant %s on %s %s to %s', a.right, a.kind, a.name, a.role), '; ') as statements
    from (
        select 'function' as kind, p.oid, p.oid::regprocedure::text as name, x.privilege_type as right,
               case when x.grantee = 0 then 'public' else quote_ident(x.grantee::regrole::text) end as role
        from pg_proc p cross join lateral aclexplode(p.proacl) x
        where p.pronamespace = 'fax'::regnamespace
        union all
        select 'table', c.oid, c.oid::regclass::text, x.privilege_type, quote_ident(x.grantee::regrole::text)
        from pg_class c cross join lateral aclexplode(c.relacl) x
        where c.relkind = 'v' and c.relnamespace = 'fax'::regnamespace
    ) a
    group by a.kind, a.oid
)
select o.statement || coalesce('; ' || r.statements, '') as statement
from (
    select c.oid, 'type' as kind, format(
        'create type fax.%I as (%s)', c.relname,
        string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)) as statement
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relkind = 'c' and c.relnamespace = 'fax'::regnamespace
    group by c.oid
    union all
    select p.oid, 'function', format(
        '%s; revoke all on function %s from public', rtrim(pg_get_functiondef(p.oid), E' \n;'), p.oid::regprocedure)
    from pg_proc p
    where p.pronamespace = 'fax'::regnamespace and p.prokind = 'f'
    union all
    select c.oid, 'table', format('create or replace view %s as %s', c.oid::regclass, rtrim(pg_get_viewdef(c.oid), ';'))
    from pg_class c
    where c.relkind = 'v' and c.relnamespace = 'fax'::regnamespace
) o
left join rights r on r.kind = o.kind and r.oid = o.oid
order by o.oid
