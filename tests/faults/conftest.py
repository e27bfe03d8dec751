"""Fixtures that break things: servers of a test's own, a network that can be cut, and a carrier that retries fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faxstore.ingest import carrier as carrier_module
from faxstore.spool.queue import Spool
from faxstore.store.database import Connection
from faxstore.store.watched_connection import connect
from tests.kit.database_proxy import Proxy, proxied


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite", synchronous="off")) as spool:
        yield spool


@pytest.fixture
def proxy(dsn: str) -> Iterator[Proxy]:
    with proxied(dsn) as proxy:
        yield proxy


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The DSN of every attempt to connect."""
    dsns: list[str] = []

    def counted(dsn: str, should_stop: Callable[[], bool]) -> Connection:
        dsns.append(dsn)
        return connect(dsn, should_stop)

    monkeypatch.setattr(carrier_module, "connect", counted)
    return dsns


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier_module, "SHORTEST_BACK_OFF", 0.01)
    monkeypatch.setattr(carrier_module, "LONGEST_BACK_OFF", 0.05)
    monkeypatch.setattr(carrier_module, "IDLE", 0.01)
