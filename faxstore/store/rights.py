"""Missing rights: the line that says which right a user lacks and which role to grant.

Postgres names the object that it refuses, but not the right, and in the language of the server.  So the catalog is
asked which rights on an object of that name the role has and the user lacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
from psycopg.rows import TupleRow

from faxstore.errors import UsageError, one_line

Role = Literal["fax_owner", "fax_ingest", "fax_reader", "fax_sealer", "fax_masked", "fax_export", "fax_billing"]
"""The roles of faxstore (faxstore/sql/rights/roles.sql)."""

_READS_MASKED = """
select not has_table_privilege('fax.sessions', 'select') and has_table_privilege('fax.sessions_masked', 'select')
"""
_LACKED = """
with granted as (
    select nspname as name, 'use' as privilege, 'schema ' || nspname as object,
        has_schema_privilege(%(role)s, oid, 'usage') as role_has, has_schema_privilege(oid, 'usage') as user_has
    from pg_namespace
    where nspname = 'fax'
    union all
    select c.relname, p.privilege, 'on fax.' || c.relname,
        has_table_privilege(%(role)s, c.oid, p.privilege), has_table_privilege(c.oid, p.privilege)
    from pg_class c
    cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p (privilege)
    where c.relnamespace = to_regnamespace('fax') and c.relkind in ('r', 'p', 'v')
    union all
    select proname, 'EXECUTE', 'fax.' || proname || '()',
        has_function_privilege(%(role)s, oid, 'execute'), has_function_privilege(oid, 'execute')
    from pg_proc
    where pronamespace = to_regnamespace('fax')
)
select privilege, object
from granted
where role_has and not user_has and %(message)s ~ ('\\m' || name || '\\M')
order by length(name) desc, array_position(array['SELECT', 'INSERT'], privilege)
limit 1
"""


def reads_masked(connection: psycopg.Connection[TupleRow]) -> bool:
    """Return whether the user of the connection may read sessions only masked, as fax_masked."""
    return connection.execute(_READS_MASKED).fetchone() == (True,)


@contextmanager
def missing_rights_named(connection: psycopg.Connection[TupleRow], role: Role) -> Iterator[None]:
    """Raises UsageError for a right that the user of the connection lacks; `role` is the one to grant."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise UsageError(missing_right(connection, error, role)) from error


def missing_right(connection: psycopg.Connection[TupleRow], error: psycopg.Error, role: Role) -> str:
    """Return one line with the right, the object, the user and the role to grant."""
    refusal = error.diag.message_primary or one_line(error)
    try:
        user, quoted = connection.execute("select current_user::text, quote_ident(current_user)").fetchall()[0]
        lacked = connection.execute(_LACKED, {"role": role, "message": refusal}).fetchone()
    except psycopg.Error:  # the connection was lost too
        return f"{refusal}: grant {role} to this user"
    right = f"no right to {' '.join(lacked)}" if lacked else refusal
    return f'{right} as user "{user}": grant {role} to {quoted}'
