"""What is new after a position: the faxes that ended, and the corrections of what was said before.

An append may end a fax, or change an ended one.  So each append with rows of a fax gives a version of it: what the fold
says of its rows up to there.  A version depends on the history only, not on when it is read, so a reader that continues
finds the same versions as one that never stopped.  The fold is that of the views: their own texts, which read the rows
of a version in place of all rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row, dict_row

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.follow.position import Position
from faxstore.store.database import Connection, one_moment

IDENTITY = ("session_id", "server", "session_number", "uniqueid")
"""Columns of fax.sessions that name a fax."""

SAID = (
    "direction", "account_code", "caller_number", "called_number", "local_station_id", "remote_station_id", "linkedid",
    "file_names", "started_at", "ended_at", "end_observed_by", "duration_seconds", "pages", "bad_lines", "transport",
    "last_data_rate", "result", "result_class", "result_text",
)  # fmt: skip
"""Columns of fax.sessions that a line has.  A change of one of them is a correction."""

MOST_ROWS = 20_000
"""Positions that are read at once."""

_MOST_VERSIONS = 100
"""Versions that are folded at once."""

_GENERIC = "set local plan_cache_mode = force_generic_plan"
"""Planning the fold takes ten times as long as folding one fax."""

_VIEWS = ("session_snapshots", "session_events", "session_evidence", "session_fold", "sessions")
_READ = re.compile(r"\b(from|join) fax\.(session_rows|session|session_snapshots|session_events|session_evidence"
                   r"|session_fold|session_facts)\b")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A fax that ended, or a correction of it."""

    position: Position
    revision: int
    """1 when the fax ended; higher with each correction."""
    fax: Mapping[str, Any]
    """IDENTITY and SAID by name."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new after a position."""

    lines: Sequence[Line]
    """In the order of their positions."""
    until: Position
    """Where the next reading begins."""
    is_all: bool
    """Whether there was nothing more in the history."""


@dataclass(frozen=True, slots=True)
class _Version:
    session_id: UUID
    started_at: Any
    position: int
    ordinal: int

    @property
    def place(self) -> Position:
        return Position(self.position, self.ordinal)


def last_position(connection: Connection) -> Position:
    """Return the position after which nothing is in the history yet."""
    with one_moment(connection):
        row = connection.execute("select coalesce(max(last_position), 0) from fax.append_batch").fetchone()
        last = row[0] if row else 0
        return Position(last, _window(connection, Position(last)).ended)


def news(connection: Connection, after: Position, servers: Sequence[str] = ()) -> News:
    """Return what is new after a position, as far as one reading goes, of these servers only or of all.

    Raises UsageError if the position is after the end of the history, or rows after it are in files only.
    """
    with one_moment(connection):
        connection.execute(_GENERIC)
        window = _window(connection, after)
        _check(window, after)
        until = Position(window.until, window.ended)
        if until <= after:
            return News((), after, is_all=True)
        versions = _versions(connection, after, window.until, servers)
        folded = _folded(connection, versions)
    lines = (line for _, of_fax in groupby(versions, attrgetter("session_id")) for line in _lines(of_fax, folded))
    new = sorted((line for line in lines if line.position > after), key=attrgetter("position"))
    return News(new, until, is_all=window.until == window.last)


@dataclass(frozen=True, slots=True)
class _Window:
    until: int
    ended: int
    last: int
    month: str | None
    month_ends: int | None


def _window(connection: Connection, after: Position) -> _Window:
    with connection.cursor(row_factory=class_row(_Window)) as cursor:
        query = cursor.execute(sql.text("queries/follow/window"), {"after": after.row, "most": MOST_ROWS})
        found = query.fetchone()
        assert found is not None
        return found


def _check(window: _Window, after: Position) -> None:
    if after.row > window.last:
        raise UsageError(
            f"position {after} is after the last one of this history, {window.last}: if the database was restored from"
            f" a backup, continue with --after and the last position of the backup"
        )
    if window.month is not None:
        raise UsageError(
            f"rows after position {after} are not in the database any more (month {window.month}): restore the month"
            f" (faxstore partitions restore), or continue with --after {window.month_ends}"
        )


def _versions(connection: Connection, after: Position, until: int, servers: Sequence[str]) -> list[_Version]:
    """Return the versions of all faxes that have a new one, by fax, in order."""
    parameters = {"after": after.row, "ordinal": after.ordinal, "until": until, "servers": list(servers) or None}
    with connection.cursor(row_factory=class_row(_Version)) as cursor:
        return cursor.execute(sql.text("queries/follow/versions"), parameters, prepare=True).fetchall()


def _folded(connection: Connection, versions: Sequence[_Version]) -> dict[_Version, Mapping[str, Any]]:
    """Return what fax.sessions says of each version; not of those that it does not show."""
    folded: dict[_Version, Mapping[str, Any]] = {}
    for start in range(0, len(versions), _MOST_VERSIONS):
        part = versions[start : start + _MOST_VERSIONS]
        parameters = {
            "versions": [UUID(int=number) for number in range(len(part))],
            "sessions": [version.session_id for version in part],
            "starts": [version.started_at for version in part],
            "positions": [version.position for version in part],
            "ordinals": [version.ordinal for version in part],
        }
        with connection.cursor(row_factory=dict_row) as cursor:
            for row in cursor.execute(_fold(), parameters, prepare=True):
                folded[part[row.pop("version").int]] = row
    return folded


@cache
def _fold() -> LiteralString:
    """Return the query of what fax.sessions says of versions, made of the texts of its views."""
    texts = {name: _read_versions(_body(sql.text(f"folds/{name}"))) for name in _VIEWS}
    columns = ", ".join(["v.session_id", *(f"f.{name}" for name in (*IDENTITY[1:], *SAID))])
    query = re.sub(r"(?m)^--.*\n", "", sql.text("queries/follow/folded"))
    return query.format(columns=columns, **texts)


def _body(view: str) -> str:
    """Return the query of a view, as a part of a query with parameters."""
    return view.partition(" as\n")[2].partition(";\n")[0].replace("%", "%%")


def _read_versions(query: str) -> str:
    return _READ.sub(r"\1 \2", query)


def _lines(versions: Iterator[_Version], folded: Mapping[_Version, Mapping[str, Any]]) -> Iterator[Line]:
    """Yield what was said of one fax, from all of its versions since its first end.

    While a fax is open again nothing is said, and a tone detector is no fax.
    """
    said: Mapping[str, Any] | None = None
    revision = 0
    for version in versions:
        revision += said is not None
        fax = folded.get(version)
        if fax is None or fax["end_observed_by"] == "open" or (said is None and fax["direction"] == "detector"):
            continue
        if said is None or any(fax[name] != said[name] for name in SAID):
            revision = max(revision, 1)
            yield Line(version.place, revision, fax)
            said = fax
