"""No view, table, export, report or batch changes because all recordings are compacted, or after an erasure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faxstore.billing.formats import BillingFormat
from faxstore.ingest.importer import import_file
from tests.kit.billing_batches import export
from tests.kit.databases import fresh
from tests.kit.figures import CONSUMERS, OF_VIEW, differences, figures, files
from tests.kit.given import read
from tests.kit.given_rates import rate
from tests.kit.totals import totalled, untotalled, wrong
from tests.sql.compaction.shown import relations
from tests.sql.compaction.steps import compact_everything

TESTS = Path(__file__).parents[2]
FUNCTIONS = tuple(OF_VIEW)
"""The figures of functions: views are compared with all their columns."""

RECORDINGS = sorted(path for folder in ("captures", "field", "calls") for path in (TESTS / folder).glob("*.jsonl.gz"))


@pytest.fixture(scope="module")
def everything(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """All recordings in one database, with a price and a batch of each consumer."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for path in RECORDINGS:
            import_file(connection, str(path), None, lambda _: None)
        rate(connection, per_page=1, first_charge=0.5)
        for consumer, form in CONSUMERS.items():
            export(dsn, tmp_path_factory.mktemp(consumer), consumer, BillingFormat(form))
        connection.execute("set timezone = 'UTC'")
        yield connection


def compact(connection: psycopg.Connection) -> None:
    """Write every total, pack every session that is two days old, and drop what is empty."""
    compact_everything(connection)
    assert untotalled(connection) == set()
    assert wrong(connection) == []


def test_compaction_of_all_recordings_changes_nothing(everything: psycopg.Connection, tmp_path: Path) -> None:
    connection = everything
    folders = [tmp_path / name for name in ("before", "after")]
    for folder in folders:
        folder.mkdir()
    shown, answers = relations(connection), figures(connection, FUNCTIONS)
    found = files(connection.info.dsn, connection, folders[0])
    compact(connection)
    assert len(totalled(connection)) > 300
    assert len(read(connection, "select from fax.session_pack")) > 200
    assert differences(shown, relations(connection)) == {}
    assert differences(answers, figures(connection, FUNCTIONS)) == {}
    assert differences(found, files(connection.info.dsn, connection, folders[1])) == {}


def test_after_an_erasure_compaction_changes_nothing_either(everything: psycopg.Connection) -> None:
    connection = everything
    compact(connection)
    views = figures(connection)
    half = [row["session_id"] for row in read(connection, "select session_id from fax.session order by 1")][::2]
    connection.execute("select fax.erase_sessions(%s, 'asked for')", [half])
    assert untotalled(connection) == set(half)
    assert differences(views, figures(connection)) == {}
    compact(connection)
    assert differences(views, figures(connection)) == {}
