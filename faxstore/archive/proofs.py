"""The rows of dropped months for proofs, by position and by session.  Imports pyarrow only if there are any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from faxstore.archive import months
from faxstore.archive.extra import require_pyarrow
from faxstore.store.database import Connection

_POSITIONS = "select first_position, last_position from fax.dropped_session where session_id = %s"


class ArchivedRows:
    """The rows that are in files only."""

    def __init__(self, connection: Connection, folder: Path | None) -> None:
        self._connection = connection
        self._folder = folder
        self._files = months.dropped_files(connection)

    def entries(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Yield position and entry of each row between two positions: a faxstore.log.prove.ArchivedEntries."""
        for batch in self._between(first, last):
            from faxstore.archive import entries

            yield from zip(entries.positions(batch), entries.entries(self._connection, batch), strict=True)

    def positions_of(self, session: UUID) -> list[int]:
        """Return the positions of the rows of a session, none if they are in the database."""
        found: list[int] = []
        for first, last in self._connection.execute(_POSITIONS, [session]).fetchall():
            for batch in self._between(first, last):
                from faxstore.archive import entries, reading

                found += entries.positions(reading.of_session(batch, session))
        return found

    def _between(self, first: int, last: int) -> Iterator[Any]:
        for file in self._files:
            if file.first_position <= last and file.last_position >= first:
                require_pyarrow("a row that is in a file only")
                from faxstore.archive import reading

                yield from reading.rows_between(file.path(self._folder), first, last)
