"""What faxstore follow says of a history, read as the command reads it."""

from __future__ import annotations

from collections.abc import Sequence
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
