"""`faxstore erase` erases each session in a transaction of its own, and an interruption leaves what was erased."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from faxstore.commands import erase
from faxstore.system import interruption
from tests.kit.command_line import run_command
from tests.kit.given import read
from tests.kit.log_faxes import a_history, as_lines, sealed, verified

NUMBER = "5550103"
WITH_NUMBER = "select from fax.sessions where caller_number = %s"


@pytest.fixture
def faxes(dsn: str, database: psycopg.Connection) -> str:
    """A DSN of a sealed history with three faxes from NUMBER."""
    a_history(database, 30)
    sealed(dsn)
    assert len(read(database, WITH_NUMBER, NUMBER)) == 3
    return dsn


def test_each_session_is_a_transaction(faxes: str, database: psycopg.Connection) -> None:
    ran = run_command(faxes, "erase", "--number", NUMBER, "--yes")
    assert "erased: 3 sessions, 0 rejected messages and 0 other rows, 45 rows of the history" in ran.stderr
    (counted,) = read(database, "select count(*) as sessions, count(distinct xmin::text) as parts from fax.erasure")
    assert counted == {"sessions": 3, "parts": 3}


@contextmanager
def interrupted_after_two(what: str, unit: str) -> Iterator[Callable[[int, int | None], None]]:
    """In place of the progress line: Ctrl-C when two sessions are erased."""

    def count(done: int, total: int | None = None) -> None:
        if done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    yield count


def test_an_interruption_counts_what_was_erased_and_the_next_run_erases_the_rest(
    faxes: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(erase, "counting", interrupted_after_two)
        patched.setattr(interruption, "_received", [])
        interruption.install()
        ran = run_command(faxes, "erase", "--number", NUMBER, "--yes")
    assert ran.returncode == 130
    assert ran.stderr.splitlines()[-2:] == [
        "faxstore: erased: 2 of 3 sessions, 30 rows of the history",
        "faxstore: interrupted by SIGINT before the end; run it again to complete it",
    ]
    assert len(read(database, WITH_NUMBER, NUMBER)) == 1
    assert as_lines(verified(faxes)) == []
    assert run_command(faxes, "erase", "--number", NUMBER, "--yes").returncode == 0
    assert read(database, WITH_NUMBER, NUMBER) == []
    assert as_lines(verified(faxes)) == []
