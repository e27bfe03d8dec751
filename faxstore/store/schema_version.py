"""Which revision of the schema a database has, and which one this version of faxstore works with.

Every command asks this first.  The revisions are named by the files in migrations/versions, so alembic, which takes
longer to import than the question to answer, is needed only to migrate.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import psycopg
from psycopg.rows import TupleRow

import faxstore
from faxstore.errors import UsageError


class OtherSchemaError(UsageError):
    """The schema of the database is another revision than the one that this version works with."""


def current(connection: psycopg.Connection[TupleRow]) -> str | None:
    """Return the revision of the database, None without a schema.  Raises psycopg.Error."""
    try:
        row = connection.execute("select version_num from fax.alembic_version").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return cast("str", row[0]) if row else None


def newest() -> str:
    """Return the revision that this version of faxstore works with."""
    return revisions()[-1]


def require_current(connection: psycopg.Connection[TupleRow]) -> None:
    """Raises UsageError without a schema, OtherSchemaError unless it is the one that this version works with."""
    found = current(connection)
    if found is None:
        raise UsageError("the database has no schema of faxstore yet: run faxstore migrate")
    if found != newest():
        refuse_newer(found)
        outdated = f"the schema of the database is {found}, this faxstore needs {newest()}"
        raise OtherSchemaError(f"{outdated}: run faxstore migrate")


def refuse_newer(found: str | None) -> None:
    """Raises OtherSchemaError for a revision that this version does not know."""
    if found is not None and found not in revisions():
        unknown = f"the schema of the database is {found}, which this faxstore does not know (its own is {newest()})"
        raise OtherSchemaError(f"{unknown}: upgrade faxstore")


def revisions() -> list[str]:
    """Return the revisions that this version knows, oldest first: a revision's file name starts with its number."""
    return sorted(path.name.split("_")[0] for path in (migrations_dir() / "versions").glob("[0-9]*_*.py"))


def migrations_dir() -> Path:
    """Return the folder with env.py and versions/: beside the package, or inside it in an installed wheel."""
    package = Path(faxstore.__file__).resolve().parent
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"
