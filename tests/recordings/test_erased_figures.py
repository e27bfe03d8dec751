"""No figure changes because of an erasure: of a number, of single sessions, or of everything, in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest

from faxstore.billing.formats import BillingFormat
from faxstore.ingest.importer import import_file
from tests.kit.billing_batches import export
from tests.kit.command_line import run_command
from tests.kit.databases import fresh, name_of
from tests.kit.figures import CONSUMERS, Figures, differences, figures, files
from tests.kit.given import read
from tests.kit.given_rates import rate
from tests.kit.log_faxes import as_lines, sealed, verified

TESTS = Path(__file__).parents[1]
RECORDINGS = sorted(path for folder in ("captures", "field", "calls") for path in (TESTS / folder).glob("*.jsonl.gz"))

PREFIXES = (
    None,
    "r",
    "recv",
    "recv*",
    "5",
    "555",
    "5550900",
    "1555000",
    "15550003",
    "+1555",
    "cut",
    "twice",
    "s",
    "4930",
)
"""Of rates: of any number, parts of numbers, and whole numbers."""


class Everything(NamedTuple):
    """A database with all recordings, prices and exported batches, and its figures before any erasure."""

    name: str
    views: Figures
    files: Figures


@pytest.fixture(scope="module")
def everything(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    """All recordings, in one database."""
    with fresh(server, template) as dsn:
        folders = {consumer: tmp_path_factory.mktemp(consumer) for consumer in CONSUMERS}
        with psycopg.connect(dsn, autocommit=True) as connection:
            for path in RECORDINGS:
                import_file(connection, str(path), None, lambda _: None)
            for place, prefix in enumerate(PREFIXES):
                rate(connection, called_prefix=prefix, per_page=1 + place, first_charge=place / 100)
            for consumer, folder in folders.items():
                export(dsn, folder, consumer, BillingFormat(CONSUMERS[consumer]))
            sealed(dsn)
            views = figures(connection)
            found = files(dsn, connection, tmp_path_factory.mktemp("before"))
        assert {name for name, rows in (views | found).items() if not rows} == {
            *("export_due", "export_pending", "next of books", "next of meter")
        }
        yield Everything(name_of(dsn), views, found)


@contextmanager
def erasing(server: str, everything: Everything) -> Iterator[psycopg.Connection]:
    """A copy of the database, in which the test erases; its views must have the same figures afterwards."""
    with fresh(server, everything.name) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection
        assert differences(everything.views, figures(connection)) == {}


def ids(connection: psycopg.Connection, condition: str = "true") -> list[UUID]:
    """The sessions for which a condition is true, by id."""
    query = f"select session_id from fax.session where {condition} order by session_id"
    return [row["session_id"] for row in read(connection, query)]


def erase(connection: psycopg.Connection, *sessions: UUID) -> None:
    connection.execute("select fax.erase_sessions(%s, 'asked for')", [list(sessions)])


def test_erasing_everything_changes_no_file(server: str, everything: Everything, tmp_path: Path) -> None:
    with erasing(server, everything) as connection:
        dsn = connection.info.dsn
        erase(connection, *ids(connection))
        assert as_lines(verified(dsn)) == []
        assert differences(everything.files, files(dsn, connection, tmp_path)) == {}
        assert read(connection, "select value from fax.pseudonym where value is not null") == []


def test_erasing_a_number_changes_no_figure(server: str, everything: Everything, tmp_path: Path) -> None:
    with erasing(server, everything) as connection:
        dsn = connection.info.dsn
        ran = run_command(dsn, "erase", "--number", "+1 555 0100", "--yes")
        assert (ran.returncode, ran.stdout != "") == (0, True), ran.stderr
        assert differences(everything.files, files(dsn, connection, tmp_path)) == {}


def test_erasing_one_after_the_other_changes_no_figure(server: str, everything: Everything) -> None:
    """Half of the sessions, in groups of random size and order."""
    chance = random.Random(0)
    with erasing(server, everything) as connection:
        left = chance.sample(found := ids(connection), len(found) // 2)
        while left:
            size = chance.choice((1, 1, 5, 50))
            erase(connection, *left[:size])
            left = left[size:]
