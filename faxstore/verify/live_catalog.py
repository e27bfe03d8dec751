"""The catalog of the database as objects with properties: what the schema fax is at this moment.

An object is named in words ("trigger append_only on fax.epoch"); its properties are what the shipped schema determines
about it.  What administrators may tune is not read: comments, storage parameters, statistics, planner costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from faxstore import sql
from faxstore.store.database import Connection

Properties = Mapping[str, Any]
Catalog = dict[str, Properties]
"""Properties by object.  `relation` is the table or view to which the object belongs."""

_QUERIES = (
    sql.text("queries/verify/relations"),
    sql.text("queries/verify/columns"),
    sql.text("queries/verify/constraints"),
    sql.text("queries/verify/indexes"),
    sql.text("queries/verify/triggers"),
    sql.text("queries/verify/types"),
    sql.text("queries/verify/functions"),
    sql.text("queries/verify/grants"),
    sql.text("queries/verify/roles"),
    sql.text("queries/verify/others"),
)

_SETTINGS = """
set local search_path = pg_catalog, pg_temp;
set local timezone = 'UTC';
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local bytea_output = 'hex';
set local extra_float_digits = 1;
set local quote_all_identifiers = off;
set local standard_conforming_strings = on;
"""


def fix_settings(connection: Connection) -> None:
    """Set what decides how the server writes definitions, for the rest of the transaction.

    The search path leaves only PostgreSQL's own functions to be found without a schema, and makes it write the schema
    of everything else.
    """
    connection.execute(_SETTINGS)


def read(connection: Connection) -> Catalog:
    """Return the catalog, within a transaction of the caller.  Every user may read it."""
    fix_settings(connection)
    return {name: _compact(properties) for query in _QUERIES for name, properties in connection.execute(query)}


def _compact(properties: Properties) -> Properties:
    """Return the properties that are set; the body of a function as its SHA-256, because sql/ has the text."""
    found = {name: value for name, value in properties.items() if value not in (None, False, [])}
    if "body" in found:
        found["body"] = sha256(found["body"].encode()).hexdigest()
    return found
