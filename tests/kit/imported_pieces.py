"""Pieces of recordings, imported in any order, and everything that a database then contains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from faxstore.capture import recording as capture
from faxstore.capture.recording import Line
from faxstore.errors import UsageError
from faxstore.ingest.importer import import_file
from tests.kit.databases import fresh

SERVER = "pbx"
Contents = dict[str, list[tuple[Any, ...]]]

QUERIES = {
    "session_history": "select to_jsonb(h) - 'position' from fax.session_history h",
    "session": "select to_jsonb(s) - 'is_open' from fax.session s",
    "sessions": "select to_jsonb(s) - 'first_position' - 'last_position' from fax.sessions s",
    "session_pages": "select to_jsonb(p) from fax.session_pages p",
    "session_timeline": "select to_jsonb(t) - 'position' from fax.session_timeline t",
    "usage_daily": "select to_jsonb(u) from fax.usage_daily u",
    "failures": "select to_jsonb(f) from fax.failures f",
    "reconciliation": "select to_jsonb(r) from fax.reconciliation r",
    "coverage_gaps": "select to_jsonb(g) from fax.coverage_gaps g",
    "rejected_message": "select to_jsonb(r) - 'ordinal' from fax.rejected_message r",
    "server_history": "select to_jsonb(h) - 'ordinal' from fax.server_history h where event <> 'Polled'",
    "epoch": "select to_jsonb(e) - 'known_after' - 'ended_before' - 'ended_sessions' from fax.epoch e",
    "waiting_record": "select convert_from(w.body, 'UTF8')::jsonb from fax.waiting_record w"
    " join fax.recording_part p using (part_id) where p.ended_at = (select max(q.ended_at) from fax.recording_part q)",
}
"""What must not depend on how a recording was imported.

The end of each piece adds a row `Polled` to fax.server_history; coverage_gaps shows that it changes nothing.
"""


def contents(database: psycopg.Connection) -> Contents:
    """Return the rows of each of QUERIES in a fixed order."""
    ordered = {name: f"select found::text from ({query}) q (found) order by 1" for name, query in QUERIES.items()}
    return {name: database.execute(query.encode()).fetchall() for name, query in ordered.items()}


def write_pieces(folder: Path, lines: Sequence[Line], pieces: Sequence[tuple[int, int]]) -> list[str]:
    """Write the pieces, each from one line up to another, as files; return their paths."""
    paths = [folder / f"{number}.jsonl" for number in range(len(pieces))]
    for path, (first, end) in zip(paths, pieces, strict=True):
        path.write_text("".join(capture.encode(line) + "\n" for line in lines[first:end]))
    return [str(path) for path in paths]


def import_all(database: psycopg.Connection, paths: Sequence[str]) -> list[str]:
    """Import the files in this order, and the rejected ones again until none is; return the lines of the rejections."""
    rejections, left = [], list(paths)
    while left:
        rejected = []
        for path in left:
            try:
                import_file(database, path, SERVER, lambda _: None)
            except UsageError as error:
                rejected.append(path)
                rejections.append(str(error))
        assert len(rejected) < len(left), rejections[-1]
        left = rejected
    return rejections


@contextmanager
def empty(server: str, template: str) -> Iterator[psycopg.Connection]:
    """Yield a connection to a database of its own, without any row."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        yield database
