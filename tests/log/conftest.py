"""A history that is sealed in two steps."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.databases import fresh, name_of
from tests.kit.log_faxes import a_history, sealed


@pytest.fixture(scope="session")
def sealed_template(server: str, template: str) -> Iterator[str]:
    """The name of a database with a sealed history."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            a_history(connection, 20)
            sealed(dsn)
            a_history(connection, 20, first=20)
            sealed(dsn)
        yield name_of(dsn)


@pytest.fixture
def log(server: str, sealed_template: str) -> Iterator[str]:
    """A superuser's DSN of a copy of that database."""
    with fresh(server, sealed_template) as dsn:
        yield dsn


@pytest.fixture
def superuser(log: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `log`, with the triggers of the append-only tables disabled."""
    with psycopg.connect(log, autocommit=True) as connection:
        for table in ("observation", "append_batch", "checkpoint", "log_run", "log_subtree", "erased_digest"):
            connection.execute(f"alter table fax.{table} disable trigger all".encode())
        yield connection
