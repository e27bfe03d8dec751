"""Changes of every object of the schema fax that a superuser can make, by the kind of change.

Each is a query of the system catalogs with a row per object: its name in a finding, and the statement that changes it.
So a new object is changed too.
"""

from __future__ import annotations

import psycopg

from faxstore.verify import catalog, live_catalog

_TABLES = "from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p')"
_VIEWS = "from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind = 'v'"
_RELATIONS = "from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v')"
_INDEXES = "from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('i', 'I')"
_FUNCTIONS = "from pg_proc p where p.pronamespace = 'fax'::regnamespace"
_COLUMNS = """
from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = 'fax'::regnamespace and a.attnum > 0 and c.relkind in ('r', 'p'"""
_CONSTRAINTS = "from pg_constraint k where k.connamespace = 'fax'::regnamespace and k.contype <> 'n'"
_TRIGGERS = """
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'fax'::regnamespace and not t.tgisinternal order by c.relispartition"""
_GRANTS = """
from (
    select 'schema fax' as name, 'schema fax' as place, n.nspacl as acl from pg_namespace n where n.nspname = 'fax'
    union all
    select c.oid::regclass::text, c.oid::regclass::text,
           coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
    from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
    union all
    select p.oid::regprocedure::text, 'function ' || p.oid::regprocedure, p.proacl from pg_proc p
    where p.pronamespace = 'fax'::regnamespace
    union all
    select 'type ' || t.oid::regtype, 'type ' || t.oid::regtype, coalesce(t.typacl, acldefault('T', t.typowner))
    from pg_type t join pg_class c on c.oid = t.typrelid
    where t.typnamespace = 'fax'::regnamespace and c.relkind = 'c'
) o cross join lateral (
    select a.privilege_type, case a.grantee when 0 then 'public' else a.grantee::regrole::text end as grantee
    from aclexplode(o.acl) a
) e
where e.privilege_type <> 'MAINTAIN'"""
_COLUMN_GRANTS = """
from pg_class c join pg_attribute a on a.attrelid = c.oid cross join aclexplode(a.attacl) e
where c.relnamespace = 'fax'::regnamespace"""
_TYPES = """
from pg_type t join pg_class c on c.oid = t.typrelid where t.typnamespace = 'fax'::regnamespace and c.relkind = 'c'"""
_ROLES = "from pg_roles r where r.rolname ~ '^fax_'"

_RELATION = "case c.relkind when 'v' then 'view ' when 'S' then 'sequence ' else 'table ' end || c.oid::regclass"
_COLUMN = "format('column %s.%I', c.oid::regclass, a.attname)"
_CONSTRAINT = "format('constraint %I on %s', k.conname, k.conrelid::regclass)"
_INDEX = "format('index %s', c.oid::regclass)"
_TRIGGER = "format('trigger %I on %s', t.tgname, c.oid::regclass)"
_TYPE = "format('type %s', t.oid::regtype)"
_FUNCTION = "format('function %s', p.oid::regprocedure)"
_GRANT = "format('grant of %s on %s to %s', e.privilege_type, o.name, e.grantee)"

_DOUBLED = """
format('create or replace view %1$s as select * from (%2$s) a union all (%2$s)',
       c.oid::regclass, rtrim(pg_get_viewdef(c.oid), ';'))"""
_ANOTHER_DEFAULT = """
case when a.attgenerated <> '' and c.relispartition then 'select'  -- it follows its table
     else format('alter table %s alter %I %s', c.oid::regclass, a.attname,
       case when a.attidentity <> '' then 'drop identity'
            when a.attgenerated <> '' then 'drop expression'
            when a.atthasdef then 'drop default'
            else 'set default nullif(null::text, '''')::' || format_type(a.atttypid, a.atttypmod) end) end"""
_ANOTHER_BODY = """
replace(replace(pg_get_functiondef(p.oid), E'BEGIN ATOMIC\\n', E'BEGIN ATOMIC SELECT 1;\\n'),
        'AS $function$', 'AS $function$ ')"""
_TO_PUBLIC = "unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p"

CHANGES: dict[str, str] = {
    "a schema with another owner":
        "select 'schema fax', format('alter schema fax owner to %I', current_user)",
    "a table or view with another owner":
        f"select {_RELATION}, format('alter table %s owner to %I', c.oid::regclass, current_user) {_RELATIONS}",
    "a relation with another name":
        f"select case when c.relname ~ '^observation_[0-9]' then 'table fax.other' || c.oid else {_RELATION} end,"
        " format('alter table %s rename to %I', c.oid::regclass, 'other' || c.oid) "
        + _RELATIONS.replace("'v')", "'v', 'S')"),
    "a table that hides rows":
        f"select {_RELATION}, format('alter table %s enable row level security', c.oid::regclass) {_TABLES}",
    "a table whose triggers are ignored":
        f"select {_RELATION}, format('update pg_class set relhastriggers = false where oid = %s', c.oid)"
        f" {_TABLES} and c.relhastriggers",
    "a table whose indexes are ignored":
        f"select {_RELATION}, format('update pg_class set relhasindex = false where oid = %s', c.oid)"
        f" {_TABLES} and c.relhasindex",
    "a table whose checks are ignored":
        f"select {_RELATION}, format('update pg_class set relchecks = 0 where oid = %s', c.oid)"
        f" {_TABLES} and c.relchecks > 0",
    "a policy":
        f"select format('policy p on %s', c.oid::regclass), format('create policy p on %s', c.oid::regclass) {_TABLES}",
    "a rule":
        "select format('rule r on %s', c.oid::regclass),"
        f" format('create rule r as on delete to %s do instead nothing', c.oid::regclass) {_TABLES}",
    "a table elsewhere that adds its rows":
        "select format('table public.%I', 'child' || c.oid),"
        f" format('create table public.%I () inherits (%s)', 'child' || c.oid, c.oid::regclass)"
        f" {_TABLES} and c.relkind = 'r' and not c.relispartition",
    "a view with every row twice": f"select {_RELATION}, {_DOUBLED} {_VIEWS}",
    "a view with the rights of its caller":
        f"select {_RELATION}, format('alter view %s set (security_invoker)', c.oid::regclass) {_VIEWS}",
    "a column with another name":
        f"select {_COLUMN}, case when c.relispartition then 'select' else "
        f"format('alter table %s rename %I to %I', c.oid::regclass, a.attname, 'other' || a.attnum) end"
        f" {_COLUMNS}, 'v')",
    "a column with another default": f"select {_COLUMN}, {_ANOTHER_DEFAULT} {_COLUMNS})",
    "a column that may be null, or no longer":
        f"select {_COLUMN}, format('update pg_attribute set attnotnull = not attnotnull"
        f" where attrelid = %s and attnum = %s', c.oid, a.attnum) {_COLUMNS})",
    "a constraint that is dropped":
        f"select {_CONSTRAINT}, case when k.conparentid <> 0 then 'select' else "
        f"format('alter table %s drop constraint if exists %I cascade', k.conrelid::regclass, k.conname) end"
        f" {_CONSTRAINTS}",
    "a foreign key that is no longer enforced":
        f"select {_CONSTRAINT}, format('alter table %s disable trigger all', k.conrelid::regclass)"
        f" {_CONSTRAINTS} and k.contype = 'f'",
    "an index with another name":
        f"select {_INDEX}, format('alter index %s rename to %I', c.oid::regclass, 'other' || c.oid) {_INDEXES}",
    "an index that is invalid":
        f"select {_INDEX}, format('update pg_index set indisvalid = false where indexrelid = %s', c.oid) {_INDEXES}",
    "a trigger that is dropped":
        f"select {_TRIGGER}, format('drop trigger if exists %I on %s', t.tgname, c.oid::regclass) {_TRIGGERS}",
    "a trigger that is disabled":
        f"select {_TRIGGER}, format('alter table only %s disable trigger %I', c.oid::regclass, t.tgname) {_TRIGGERS}",
    "a trigger that fires on replicas only":
        f"select {_TRIGGER}, format('alter table %s enable replica trigger %I', c.oid::regclass, t.tgname) {_TRIGGERS}",
    "a type with another owner":
        f"select {_TYPE}, format('alter type %s owner to %I', t.oid::regtype, current_user) {_TYPES}",
    "a type with another name":
        f"select {_TYPE}, format('alter type %s rename to %I', t.oid::regtype, 'other' || t.oid) {_TYPES}",
    "a type with another attribute":
        f"select {_TYPE}, format('alter type %s add attribute other integer', t.oid::regtype) {_TYPES}",
    "a function with another body": f"select {_FUNCTION}, {_ANOTHER_BODY} {_FUNCTIONS}",
    "a function with another owner":
        f"select {_FUNCTION}, format('alter function %s owner to %I', p.oid::regprocedure, current_user) {_FUNCTIONS}",
    "a function that runs with other rights":
        f"select {_FUNCTION}, format('alter function %s security %s', p.oid::regprocedure,"
        f" case when p.prosecdef then 'invoker' else 'definer' end) {_FUNCTIONS}",
    "a function with another search path":
        f"select {_FUNCTION}, format('alter function %s set search_path = public', p.oid::regprocedure) {_FUNCTIONS}",
    "a function in another schema":
        f"select {_FUNCTION}, format('alter function %s set schema public', p.oid::regprocedure) {_FUNCTIONS}",
    "a right that is revoked":
        f"select {_GRANT}, format('revoke %s on %s from %s cascade', e.privilege_type, o.place, e.grantee)"
        f" {_GRANTS}",
    "a right that may be passed on":
        f"select {_GRANT}, format('grant %s on %s to %s with grant option', e.privilege_type, o.place,"
        f" e.grantee) {_GRANTS} and e.grantee not in ('fax_owner', 'public')",
    "a right to a column that is revoked":
        "select format('grant of %s on %s.%I to %s', e.privilege_type, c.oid::regclass, a.attname, e.grantee::regrole),"
        " format('revoke %s (%I) on %s from %s', e.privilege_type, a.attname, c.oid::regclass, e.grantee::regrole)"
        f" {_COLUMN_GRANTS}",
    "a right of everyone to a table or view":
        "select format('grant of %s on %s to public', p, c.oid::regclass),"
        " format('grant %s on %s to public', p, c.oid::regclass) "
        + _RELATIONS.replace("where", f"cross join {_TO_PUBLIC} where"),
    "a right of everyone to a column":
        "select format('grant of UPDATE on %s.%I to public', c.oid::regclass, a.attname),"
        f" format('grant update (%I) on %s to public', a.attname, c.oid::regclass) {_COLUMNS}, 'v')",
    "a right of everyone to a function":
        "select format('grant of EXECUTE on %s to public', p.oid::regprocedure),"
        f" format('grant execute on function %s to public', p.oid::regprocedure) {_FUNCTIONS}",
    **{
        f"a role with {attribute}":
            f"select 'role ' || r.rolname, format('alter role %I {attribute}', r.rolname) {_ROLES}"
        for attribute in ("superuser", "createrole", "createdb", "replication", "bypassrls")
    },
    "a role that has the rights of another":
        f"select 'role ' || r.rolname, format('grant fax_owner to %I', r.rolname)"
        f" {_ROLES} and r.rolname <> 'fax_owner'",
}  # fmt: skip


def statements(connection: psycopg.Connection, change: str) -> list[tuple[str, str]]:
    """The name of each object, and the statement that changes it."""
    connection.execute("set local search_path = pg_catalog")  # so that names include the schema
    return connection.execute(CHANGES[change].encode()).fetchall()


def tamper(connection: psycopg.Connection, change: str) -> set[str]:
    """Change every object; return their names."""
    changes = statements(connection, change)
    for _, statement in changes:
        connection.execute(statement.encode())
    return {name for name, _ in changes}


def found(connection: psycopg.Connection) -> dict[str, str]:
    """What differs from the shipped catalog, by object, within the transaction of the connection."""
    findings = catalog.differences(connection, live_catalog.read(connection))
    return {one.where: one.what for one in findings}
