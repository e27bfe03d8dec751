"""Bringing the database to the schema of this version, by alembic's frozen steps."""

from __future__ import annotations

from typing import cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from faxstore.errors import FaxstoreError, UsageError, one_line
from faxstore.store.database import connect
from faxstore.store.scripts import migrations_dir


def newest() -> str:
    """The revision that this version of faxstore works with."""
    return cast("str", ScriptDirectory.from_config(_config("")).get_current_head())


def current(dsn: str) -> str | None:
    """The revision of the database; None: there is no schema yet."""
    with connect(dsn, autocommit=True) as connection:
        try:
            row = connection.execute("select version_num from fax.alembic_version").fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return None
    return cast("str", row[0]) if row else None


def upgrade(dsn: str, revision: str = "head") -> None:
    """Brings the schema up to a revision, and makes the months ahead.  Raises FaxstoreError in one line."""
    _refuse_newer(dsn)
    try:
        command.upgrade(_config(dsn), revision)
        with connect(dsn) as connection:
            connection.execute("set role fax_owner")
            connection.execute("select fax.make_partitions_ahead()")
    except (DBAPIError, psycopg.Error) as error:
        raise FaxstoreError(f"the database could not be migrated: {_reason(error)}") from error


def downgrade(dsn: str, revision: str) -> None:
    """Takes the schema back to a revision; refused where that would drop a history."""
    _refuse_newer(dsn)
    try:
        command.downgrade(_config(dsn), revision)
    except (DBAPIError, psycopg.Error) as error:
        raise FaxstoreError(f"the database could not be taken back: {_reason(error)}") from error


def require_current(dsn: str) -> None:
    """Raises UsageError unless the database has just the schema that this version works with."""
    found = current(dsn)
    if found is None:
        raise UsageError("the database has no schema of faxstore yet: run faxstore migrate")
    if found != newest():
        _refuse_newer(dsn)
        raise UsageError(f"the schema of the database is {found}, this faxstore needs {newest()}: run faxstore migrate")


def _refuse_newer(dsn: str) -> None:
    found = current(dsn)
    try:
        if found is not None:
            ScriptDirectory.from_config(_config(dsn)).get_revision(found)
    except CommandError as error:
        raise UsageError(
            f"the schema of the database is {found}, newer than this faxstore knows (up to {newest()}):"
            " upgrade faxstore"
        ) from error


def _config(dsn: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_dir()).replace("%", "%%"))
    config.attributes["dsn"] = dsn
    return config


def _reason(error: DBAPIError | psycopg.Error) -> str:
    return one_line(error.orig if isinstance(error, DBAPIError) and error.orig else error)
