"""The history is checked over one connection while the other checks run over another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from faxstore.store.database import Connection
from faxstore.verify import history
from faxstore.verify.findings import Finding, Scope
from faxstore.verify.side_by_side import findings_side_by_side
from tests.kit.given import append, snapshot


@pytest.fixture
def other(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def of_backend(connection: Connection, scope: Scope) -> Iterator[Finding]:
    yield Finding("backend", str(connection.info.backend_pid), "")


def test_findings_come_in_the_order_of_the_checks_the_history_last(
    database: psycopg.Connection, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(database, snapshot(0))
    monkeypatch.setattr(history, "check", lambda connection, scope: of_backend(connection, scope))
    found = findings_side_by_side(database, other, Scope(), [history.check, of_backend])
    assert [int(one.where) for one in found] == [database.info.backend_pid, other.info.backend_pid]


def test_the_history_counts_its_rows(database: psycopg.Connection, other: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(1))
    scope = Scope()
    assert list(findings_side_by_side(database, other, scope, [of_backend, history.check])) != []
    assert scope.rows == 2


def test_an_error_ends_both(
    database: psycopg.Connection, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_end(connection: Connection, scope: Scope) -> Iterator[Finding]:
        for number in count(1):
            scope.progress(number, number)
            time.sleep(0.001)
            yield Finding("log", str(number), "")

    def failing(connection: Connection, scope: Scope) -> Iterator[Finding]:
        yield Finding("sessions", str(1 // 0), "")

    append(database, snapshot(0))
    monkeypatch.setattr(history, "check", without_end)
    with pytest.raises(ZeroDivisionError):
        list(findings_side_by_side(database, other, Scope(), [failing]))
