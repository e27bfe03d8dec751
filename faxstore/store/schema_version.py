"""Which revision of the schema a database has, and which one this version of faxstore works with."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import psycopg
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg.rows import TupleRow

import faxstore
from faxstore.errors import UsageError


def current(connection: psycopg.Connection[TupleRow]) -> str | None:
    """Return the revision of the database, None without a schema.  Raises psycopg.Error."""
    try:
        row = connection.execute("select version_num from fax.alembic_version").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return cast("str", row[0]) if row else None


def newest() -> str:
    """Return the revision that this version of faxstore works with."""
    return cast("str", _scripts().get_current_head())


def require_current(connection: psycopg.Connection[TupleRow]) -> None:
    """Raises UsageError unless the schema of the database is the one that this version works with."""
    found = current(connection)
    if found is None:
        raise UsageError("the database has no schema of faxstore yet: run faxstore migrate")
    if found != newest():
        refuse_newer(found)
        raise UsageError(f"the schema of the database is {found}, this faxstore needs {newest()}: run faxstore migrate")


def refuse_newer(found: str | None) -> None:
    """Raises UsageError for a revision that this version does not know."""
    try:
        if found is not None:
            _scripts().get_revision(found)
    except CommandError as error:
        unknown = f"the schema of the database is {found}, which this faxstore does not know (its own is {newest()})"
        raise UsageError(f"{unknown}: upgrade faxstore") from error


def migrations_dir() -> Path:
    """Return the folder with env.py and versions/: beside the package, or inside it in an installed wheel."""
    package = Path(faxstore.__file__).resolve().parent
    shipped = package / "migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(migrations_dir()))
