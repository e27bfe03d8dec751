"""A database with one fax, and a login for each role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.kit.databases import fresh
from tests.kit.given import append, completed, gone, of_server, receiving, snapshot, stats
from tests.kit.rights import ROLES


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[str]:
    """A superuser's DSN of a database with a fax, and an erased one.  Tests must not change it."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            append(connection, *receiving((0, 1, 0), (1, 2, 0)), completed(2, 1), snapshot(-9e8, 9))
            for _ in range(2):  # the first call creates the partition
                connection.execute("select fax.pack_sessions('-infinity', '2000-01-01 00:00+00')")
            append(connection, gone(-9e8 + 1, 9), of_server(0, "Polled"), stats(0), stats(4e5), stats(5e5))
            connection.execute("select fax.write_coverage(1000)")
            connection.execute("select fax.write_reconciliation(1000)")
            connection.execute(
                "insert into fax.rejected_message values ('pbx', now(), sha256(''), 'one', 'no header', 'garbage')"
            )
            erased = "array(select session_id from fax.session where session_number = 9)"
            connection.execute(f"select fax.erase_sessions({erased}, 'asked for')".encode())
        yield dsn


@pytest.fixture(scope="module")
def logins(server: str, template: str) -> Iterator[dict[str, str]]:
    """A login for each role, by role."""
    names = {role: f"test_{role}_{uuid4().hex[:8]}" for role in ROLES}
    with psycopg.connect(server, autocommit=True) as connection:
        for role, name in names.items():
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
            connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(name)))
        yield names
        for name in names.values():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


@pytest.fixture
def superuser(filled: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(filled, autocommit=True) as connection:
        yield connection


def _member(role: str) -> Any:
    """A fixture that connects as a member of the role."""

    def connected(filled: str, logins: dict[str, str]) -> Iterator[psycopg.Connection]:
        with psycopg.connect(make_conninfo(filled, user=logins[role]), autocommit=True) as connection:
            yield connection

    return pytest.fixture(scope="module", name=role.removeprefix("fax_"))(connected)


ingest, reader, sealer, masked, billing, export = (_member(role) for role in ROLES)
