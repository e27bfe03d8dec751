"""One database for all tests of the fold; each test is a transaction that is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.databases import fresh
from tests.sql.reference_fold.true_fax import BY_SESSION


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schema and no rows."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "insert into fax.technology (technology, bad_lines_counted_by) values (%s, 'session')", [BY_SESSION]
        )
        yield connection
