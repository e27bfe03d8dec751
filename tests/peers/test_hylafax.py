"""xferfaxstats and recvstats agree with the views on pages and counts, for all recordings and for hostile names."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh
from tests.peers import hylafax
from tests.peers.hylafax import Line

ALL_YEAR = ("-since", "01/01/26 00:00", "-end", "12/31/26 23:59")
BY_NUMBER = """
select coalesce(called_number, ''), coalesce(sum(pages), 0)::int, sum(round(coalesce(duration_seconds, 0)))::int,
       count(*) filter (where result <> 'success')::int
from fax.sessions where direction = %s group by 1
"""
BY_STATION = BY_NUMBER.replace("called_number", "remote_station_id")


CALLS = sorted((Path(__file__).parents[1] / "calls").glob("numbers-*.jsonl.gz"))


@pytest.fixture(scope="module")
def tree() -> Path:
    return hylafax.lay_out()


@pytest.fixture(scope="module")
def imported(server: str, template: str) -> Iterator[str]:
    """A DSN of a database with every recording, each as its own server, and calls whose dialled number is known."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for path in (*map(truth.path, truth.RECORDINGS), *CALLS):
                import_file(connection, str(path), path.name.split(".")[0], lambda _: None)
        yield dsn


@pytest.fixture(scope="module")
def log(imported: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("exported") / "xferfaxlog"
    command = [sys.executable, "-m", "faxstore", "--dsn", imported, "export", "sessions"]
    subprocess.run([*command, "--format", "xferfaxlog", "--output", str(file)], check=True)
    return file


def asked(dsn: str, query: str, direction: str) -> set[Line]:
    """The same figures from the view, by key."""
    with psycopg.connect(dsn) as connection:
        return {Line(*row) for row in connection.execute(query.encode(), [direction])}


@pytest.mark.parametrize(
    ("program", "key", "query", "direction"),
    [
        ("xferfaxstats", "-dest", BY_NUMBER, "sent"),
        ("xferfaxstats", "-csi", BY_STATION, "sent"),
        ("recvstats", "-dest", BY_NUMBER, "received"),
        ("recvstats", "-csi", BY_STATION, "received"),
    ],
)
def test_its_reports_have_the_figures_of_the_view(
    tree: Path, imported: str, log: Path, tmp_path: Path, program: str, key: str, query: str, direction: str
) -> None:
    *lines, total = hylafax.report(tree, tmp_path, program, key, *ALL_YEAR, log)
    expected = asked(imported, query, direction)
    assert len(expected) > 1
    assert set(lines) == expected
    assert len(lines) == len(expected)
    assert total.pages == sum(line.pages for line in expected)
    assert total.errors == sum(line.errors for line in expected)
    assert total.seconds == sum(line.seconds for line in expected)


def test_it_has_a_line_for_each_fax_by_destination(imported: str, log: Path) -> None:
    lines = [line.split("\t") for line in log.read_text(encoding="utf-8").splitlines()]
    assert {len(fields) for fields in lines} == {19}
    counted = Counter((fields[1], fields[7].strip('"')) for fields in lines)
    query = "select direction, coalesce(called_number, ''), count(*) from fax.sessions group by 1, 2"
    with psycopg.connect(imported) as connection:
        found = {(direction, number): count for direction, number, count in connection.execute(query)}
    types = {"sent": "SEND", "received": "RECV"}
    assert counted == {(types[kind], number): count for (kind, number), count in found.items() if kind in types}
