"""No view, export, report or batch changes because totals are written: on all recordings, and when they are erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faxstore.billing.formats import BillingFormat
from faxstore.ingest.importer import import_file
from tests.kit.billing_batches import export
from tests.kit.databases import fresh
from tests.kit.figures import CONSUMERS, differences, figures, files
from tests.kit.given import read
from tests.kit.given_rates import rate
from tests.kit.totals import totalled, untotalled, write_totals, wrong

TESTS = Path(__file__).parents[2]
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


def write_all(connection: psycopg.Connection) -> None:
    """Writes the total of every session, in several calls."""
    while write_totals(connection, most=100):
        pass
    assert untotalled(connection) == set()
    assert wrong(connection) == []


def test_totals_of_all_recordings_change_nothing(everything: psycopg.Connection, tmp_path: Path) -> None:
    connection = everything
    folders = [tmp_path / name for name in ("before", "after")]
    for folder in folders:
        folder.mkdir()
    facts = "select f::text from fax.session_facts f order by session_id"
    views, found, bases = (
        figures(connection),
        files(connection.info.dsn, connection, folders[0]),
        read(connection, facts),
    )
    write_all(connection)
    assert len(totalled(connection)) > 300
    assert differences(views, figures(connection)) == {}
    assert differences(found, files(connection.info.dsn, connection, folders[1])) == {}
    assert read(connection, facts) == bases


def test_after_an_erasure_totals_change_nothing_either(everything: psycopg.Connection) -> None:
    connection = everything
    write_all(connection)
    views = figures(connection)
    half = [row["session_id"] for row in read(connection, "select session_id from fax.session order by 1")][::2]
    connection.execute("select fax.erase_sessions(%s, 'asked for')", [half])
    assert untotalled(connection) == set(half)
    assert differences(views, figures(connection)) == {}
    write_all(connection)
    assert differences(views, figures(connection)) == {}
