"""Reads a schema from the system catalogs as comparable rows."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

Row = tuple[Any, ...]

_MEMBER = "n.nspname = 'fax' and c.relname not like 'alembic_version%'"
_ACL = """(select array_agg(format('%s %s %s', case grantee when 0 then 'public' else grantee::regrole::text end,
                                    privilege_type, is_grantable) order by 1)
           from (select grantee::oid, privilege_type, is_grantable from aclexplode({})) a)"""

QUERIES: dict[str, LiteralString] = {
    "the schema": f"""
        select n.nspname, n.nspowner::regrole::text, {_ACL.format("n.nspacl")}, obj_description(n.oid, 'pg_namespace')
        from pg_namespace n where n.nspname = 'fax'""",
    "relations": f"""
        select c.relname, c.relkind, c.relpersistence, c.relowner::regrole::text, {_ACL.format("c.relacl")},
               c.reloptions, c.relispartition, pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid),
               c.relreplident, c.relrowsecurity, c.relforcerowsecurity, obj_description(c.oid, 'pg_class')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} order by 1""",
    "columns": f"""
        select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attstorage, a.attcompression,
               a.attcollation::regcollation::text, {_ACL.format("a.attacl")},
               nullif(array(select o from unnest(a.attoptions) o where o !~ '^pg_'), '{{}}'),  -- pg_attver of 15.20
               col_description(c.oid, a.attnum)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where {_MEMBER} order by 1, 2""",
    "constraints": f"""
        select c.relname, k.conname, k.contype, k.convalidated, pg_get_constraintdef(k.oid),
               obj_description(k.oid, 'pg_constraint')
        from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} order by 1, 2""",
    "indexes": f"""
        select c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident,
               obj_description(i.indexrelid, 'pg_class')
        from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} order by 1, 2""",
    "views": f"""
        select c.relname, pg_get_viewdef(c.oid)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} and c.relkind in ('v', 'm') order by 1""",
    "functions": f"""
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid), p.proowner::regrole::text,
               {_ACL.format("p.proacl")}, obj_description(p.oid, 'pg_proc')
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'fax' order by 1""",
    "triggers": f"""
        select c.relname, pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger')
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} and not t.tgisinternal order by 1, 2""",
    "rules and policies": f"""
        select c.relname, pg_get_ruledef(r.oid)
        from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} and r.rulename <> '_RETURN'
        union all
        select c.relname, p.polname || pg_get_expr(p.polqual, p.polrelid)
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
        where {_MEMBER} order by 1, 2""",
    "types": """
        select t.typname, t.typtype, t.typowner::regrole::text, obj_description(t.oid, 'pg_type')
        from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where n.nspname = 'fax' and t.typname !~ 'alembic_version' order by 1""",
    "default privileges": f"""
        select d.defaclrole::regrole::text, d.defaclobjtype, {_ACL.format("d.defaclacl")}
        from pg_default_acl d order by 1, 2""",
    "outside the schema": """
        select x.extname from pg_extension x where x.extname <> 'plpgsql'
        union all
        select e.evtname from pg_event_trigger e
        union all
        select n.nspname from pg_namespace n
        where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public')
        order by 1""",
}
"""The query for each part of a schema, without Alembic's own table."""


def catalog(dsn: str, change: str = "") -> dict[str, list[Row]]:
    """Returns the parts of the schema fax, after an optional change that is rolled back."""
    with psycopg.connect(dsn) as connection:
        connection.execute(change.encode())
        connection.execute("set local search_path = pg_catalog")  # so that names include the schema
        rows = {name: connection.execute(query).fetchall() for name, query in QUERIES.items()}
        connection.rollback()
        return rows


def difference(one: dict[str, list[Row]], other: dict[str, list[Row]]) -> dict[str, tuple[list[Row], list[Row]]]:
    """Returns by part the rows that only one of the two has; empty if they are equal."""
    return {
        name: (
            [row for row in one[name] if row not in other[name]],
            [row for row in other[name] if row not in one[name]],
        )
        for name in QUERIES
        if one[name] != other[name]
    }
