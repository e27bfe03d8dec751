"""For every recording the views equal the fold in Python, row by row and column by column."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

import faxstore.demo
from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.sql.reference_fold.compare import differences

DEMO = Path(faxstore.demo.__file__).parent / "recordings"
FILES = [*map(truth.path, truth.RECORDINGS), *sorted(DEMO.glob("*.jsonl.gz"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".jsonl.gz"))
def test_the_views_are_the_fold(connection: psycopg.Connection, file: Path) -> None:
    with connection.transaction(force_rollback=True):
        import_file(connection, str(file), "pbx", lambda _: None)
        assert differences(connection) == []


def test_there_are_recordings() -> None:
    assert len(FILES) > 40


def test_all_recordings_at_once(database: psycopg.Connection) -> None:
    """Imports each recording as its own server, on a connection without plans for smaller tables."""
    for file in FILES:
        import_file(database, str(file), file.name, lambda _: None)
    assert differences(database) == []
