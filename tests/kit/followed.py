"""What faxstore follow says of a history, as the command reads it, and the command as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from faxstore.follow.position import Position
from faxstore.follow.versions import SAID, Line, news
from faxstore.store.database import Connection


def lines_after(connection: Connection, after: str | Position = "0", *servers: str) -> list[Line]:
    """The lines after a position, up to the end of the history."""
    position = Position(*map(int, str(after).split(".")))
    lines: list[Line] = []
    is_all = False
    while not is_all:
        found = news(connection, position, servers)
        lines += found.lines
        position, is_all = found.until, found.is_all
    return lines


def short(lines: Sequence[Line], *columns: str) -> list[tuple[Any, ...]]:
    """Position, revision and some columns of each line."""
    return [(str(line.position), line.revision, *(line.fax[column] for column in columns)) for line in lines]


def in_full(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    """Each line with everything whose change would be a correction."""
    return short(lines, "session_id", *SAID)


@contextmanager
def following(dsn: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; kill it at the end if it still runs."""
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "follow", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line on standard output."""
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def message_of(process: subprocess.Popen[str]) -> str:
    """The next line on standard error."""
    assert process.stderr is not None
    return process.stderr.readline()
