-- grain: one right of one role on the schema fax, or on a table, view, column, sequence, type or function in it
-- Without an ACL the default applies. MAINTAIN, which the owner has since PostgreSQL 17, is left out for the owner.
with objects (object, relation, owner, acl) as (
    select 'schema fax', null, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
    from pg_namespace n where n.nspname = 'fax'
    union all
    select c.oid::regclass::text, c.oid::regclass::text, c.relowner,
           coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
    from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select format('%s.%I', c.oid::regclass, a.attname), c.oid::regclass::text, c.relowner, a.attacl
    from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
    where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select p.oid::regprocedure::text, null, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    from pg_proc p where p.pronamespace = 'fax'::regnamespace
    union all
    select 'type ' || t.oid::regtype, null, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
    from pg_type t join pg_class c on c.oid = t.typrelid
    where t.typnamespace = 'fax'::regnamespace and c.relkind = 'c'
)
select
    format('grant of %s on %s to %s', g.privilege_type, o.object, g.grantee) as object,
    jsonb_build_object(
        'relation', o.relation,
        'right', g.privilege_type,
        'on', o.object,
        'to', g.grantee,
        'grant_option', g.grantable
    ) as properties
from objects o
cross join lateral (
    select e.privilege_type, case e.grantee when 0 then 'public' else e.grantee::regrole::text end as grantee,
           bool_or(e.is_grantable) as grantable
    from aclexplode(o.acl) e
    where e.privilege_type <> 'MAINTAIN' or e.grantee <> o.owner
    group by 1, 2
) g
