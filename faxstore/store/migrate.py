"""Creates and upgrades the schema, by the revisions in migrations/."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from faxstore.errors import UsageError
from faxstore.store import distribution, schema_version
from faxstore.store.database import connect, database_error, server_message
from faxstore.store.distribution import Cluster


def current(dsn: str) -> str | None:
    """Return the revision of the database, None without a schema.  Raises FaxstoreError."""
    with connect(dsn) as connection, _one_line_errors(dsn):
        return schema_version.current(connection)


def upgrade(dsn: str, revision: str = "head") -> None:
    """Upgrade the schema to a revision and create the partitions of the months ahead.  Raises FaxstoreError."""
    schema_version.refuse_newer(current(dsn))
    with _one_line_errors(dsn):
        command.upgrade(_config(dsn), revision)
        with connect(dsn) as connection, connection.transaction():
            connection.execute("set local role fax_owner")
            connection.execute("select fax.make_partitions_ahead()")


def require_nodes(dsn: str) -> None:
    """Raises FaxstoreError unless the database is that of a coordinator of Citus with nodes to distribute to."""
    with connect(dsn) as connection, _one_line_errors(dsn):
        distribution.require_nodes(connection)


def distribute(dsn: str) -> Cluster:
    """Distribute the schema over the nodes of Citus.  Raises FaxstoreError, also if the database has no Citus."""
    with connect(dsn) as connection, _one_line_errors(dsn):
        return distribution.distribute(connection)


def downgrade(dsn: str, revision: str) -> None:
    """Downgrade the schema to a revision.  Raises FaxstoreError, also if that would drop a history."""
    schema_version.refuse_newer(current(dsn))
    with _one_line_errors(dsn):
        command.downgrade(_config(dsn), revision)


def _config(dsn: str) -> Config:
    config = Config(attributes={"dsn": dsn})
    config.set_main_option("script_location", str(schema_version.migrations_dir()).replace("%", "%%"))
    return config


@contextmanager
def _one_line_errors(dsn: str) -> Iterator[None]:
    """Raises the errors of alembic's connection, and of ours, as a FaxstoreError."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise _may_not_migrate(dsn, error) from error
    except psycopg.Error as error:
        raise database_error(error) from error
    except DBAPIError as error:
        with _one_line_errors(dsn):
            raise error.orig or error from error


def _may_not_migrate(dsn: str, error: psycopg.Error) -> UsageError:
    with connect(dsn) as connection:
        user = connection.info.user
    return UsageError(
        f'no right to migrate as user "{user}" ({server_message(error)}):'
        " run faxstore migrate as a superuser, or as a member of fax_owner who may create a schema in the database"
    )
