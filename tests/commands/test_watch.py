"""`faxstore watch` on a pseudo-terminal and in a pipe: what it prints, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from datetime import UTC, datetime

import psycopg
import pytest

from tests.kit.command_line import run_command
from tests.kit.given import START, append, gone, receiving
from tests.kit.terminal import on_terminal

LEFT = "\x1b[?1049l"
"""The terminal shows again what it showed before."""


def now() -> float:
    return (datetime.now(UTC) - START).total_seconds()


@pytest.mark.parametrize("end", ["q", "\x03", "SIGTERM"])
def test_the_terminal_is_as_before_at_the_end(dsn: str, database: psycopg.Connection, end: str) -> None:
    append(database, receiving((now() - 20, 1, 0), (now() - 8, 2, 3)))
    with on_terminal(80, "--dsn", dsn, "watch") as command:
        before = termios.tcgetattr(command.master)
        assert "1 fax in progress" in command.read_until("q quits")
        assert termios.tcgetattr(command.master) != before
        if end == "SIGTERM":
            command.process.send_signal(signal.SIGTERM)
        else:
            command.type(end)
        assert LEFT in command.read_until("\x1b[?25h")  # and the cursor
        assert command.process.wait() == 0
        assert termios.tcgetattr(command.master) == before
        assert command.process.stderr is not None
        assert command.process.stderr.read() == b"faxstore: stopped\n"


def test_a_pipe_has_a_line_when_a_fax_begins_and_ends_also_after_a_lost_connection(
    dsn: str, database: psycopg.Connection
) -> None:
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stderr.readline() == "faxstore: no fax in progress\n"
            append(database, receiving((now() - 8, 2, 3)))
            assert "  pbx  received from unknown  page 2, 9600 bit/s, 0+3 bad lines, " in process.stdout.readline()
            database.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'faxstore'"
                " and datname = current_database()"
            )
            assert process.stderr.readline().startswith("faxstore: database: connection lost (")
            assert process.stderr.readline() == "faxstore: database: connected again\n"
            append(database, gone(now()))
            assert "  ended: unknown, 1 page, " in process.stdout.readline()
            os.kill(process.pid, signal.SIGTERM)
            assert (process.wait(60), process.stdout.read(), process.stderr.read()) == (0, "", "faxstore: stopped\n")
        finally:
            process.kill()


def test_wrong_use_and_an_unreachable_database_are_one_line(dsn: str, database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    ran = run_command(dsn, "watch", "--server", "typo")
    assert ran == (2, "", "faxstore: --server typo: the history has no such server; known: pbx\n")
    ran = run_command("host=127.0.0.1 port=1", "watch")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
