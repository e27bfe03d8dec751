"""An import that ends after any of its batches and is repeated yields the rows of an import that was not disturbed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.capture import recording as capture
from faxstore.capture.recording import Line
from faxstore.ingest import drain, importer
from faxstore.ingest.importer import Summary, import_lines
from faxstore.reader.line_reader import LineReader
from faxstore.store.append import Appender
from tests.kit import truth
from tests.kit.databases import fresh

FIELD = Path(__file__).parents[1] / "field"
RECORDINGS = {
    "names-22": 20,
    "gateway-16": 12,
    "failures-22": 300,
    "restart-22": 200,
    "c09-retry-same-channel": 8,
    "c11-attended-transfer": 8,
    "c12-no-resource": 5,
}
"""Recordings of every kind, each with the records per batch."""

LATER = 0.003
"""Seconds by which a second observer sees a message later."""

ROWS = """
select h.session_id, h.started_at, h.observed_at, h.event, h.details, s.session_number, s.is_fax, s.is_open
from fax.session_history h join fax.session s using (session_id) order by h.session_id, h.observed_at
"""


class Interrupted(BaseException):
    """The import ends here."""


class Observer:
    """An ingestor that sees the same messages a little later, and appends what it has seen by the time of a batch."""

    def __init__(self, connection: psycopg.Connection, lines: list[Line]) -> None:
        line_reader = LineReader("pbx")
        later = [Line(line.ts + LATER, line.dir, line.text) for line in lines]
        self._records = [record for line in later for record in line_reader.feed(line)]
        self._appender = Appender(connection, "host1")
        self._done = 0

    def append_until(self, records: int) -> None:
        """Append as many of its records as the import has appended."""
        batch = self._records[self._done : records]
        self._appender.append(enumerate(batch))
        self._done += len(batch)


def lines_of(recording: str) -> list[Line]:
    path = truth.path(recording)
    return list(capture.read(str(path if path.exists() else FIELD / path.name)))


def import_until(
    connection: psycopg.Connection, lines: list[Line], batches: int | None, observer: Observer | None
) -> int:
    """Import, end after this number of batches (None: never), and return how many there were."""
    done = 0

    def appended(_: Summary) -> None:
        nonlocal done
        done += 1
        if observer is not None:
            observer.append_until(done * drain.BATCH)
        if done == batches:
            raise Interrupted

    with suppress(Interrupted):
        import_lines(connection, "pbx", lines, appended)
    return done


def rows(
    server: str, template: str, lines: list[Line], ends: Iterable[int], observed: bool
) -> tuple[int, list[tuple[Any, ...]]]:
    """Import with these ends, then to the end, into a database of its own; return the batches and the rows."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        observer = Observer(connection, lines) if observed else None
        for end in ends:
            import_until(connection, lines, end, observer)
        batches = import_until(connection, lines, None, observer)
        if observer is not None:
            observer.append_until(len(lines) * 10)
        return batches, connection.execute(ROWS).fetchall()


@pytest.mark.parametrize("observed", [False, True], ids=["alone", "beside an ingestor"])
@pytest.mark.parametrize("recording", RECORDINGS)
def test_the_rows_are_the_same_wherever_it_was_interrupted(
    server: str, template: str, recording: str, observed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", RECORDINGS[recording])
    monkeypatch.setattr(drain, "BATCH", RECORDINGS[recording])
    lines = lines_of(recording)
    batches, expected = rows(server, template, lines, [], observed)
    assert batches > 3
    for end in range(1, batches):
        assert rows(server, template, lines, [end], observed)[1] == expected, f"interrupted after batch {end}"
    assert rows(server, template, lines, range(1, batches), observed)[1] == expected, "interrupted after each batch"
