"""Spark, Polars, DuckDB and pandas read the folder of an archive as one table, and return the sums of fax.usage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from faxstore.export import datasets
from faxstore.export.selection import Selection
from tests.kit.archives import OCTOBER, SEPTEMBER, archived, compacted, history
from tests.kit.databases import fresh
from tests.kit.exported import written
from tests.kit.given import append, gone, life, receiving, snapshot
from tests.kit.log_faxes import sealed
from tests.peers import archive_sums, java, python_packages

DAY = 86_400
SERVERS = ("pbx", "10", "a/b=%\u00fc c", "..")
PACKAGES = {"spark": "pyspark", "polars": "polars", "pandas": "pandas"}
"""What a reader needs beside the packages of the tests."""

USAGE = """
select to_char(bucket_start at time zone 'UTC', 'YYYY-MM'), server, sum(sessions)::int, sum(pages)::int,
       sum(bad_lines)::int, sum(seconds)::float
from fax.usage('2026-01-01', '2027-01-01', 'UTC', 'month')
group by 1, 2
"""


@pytest.fixture(scope="module")
def folders(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A DSN, and two folders with its history: an archive of its two months, and an export."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            history(connection, servers=SERVERS, snapshots=11)  # with bad lines at the end of pages
            began, of = -62 * DAY, life("pbx", -70 * DAY)
            append(
                connection, receiving((began, 1, 2), (began + 1, 2, 3), number=500, of=of), gone(began + 5, 500, of=of)
            )
            append(connection, snapshot(began, 501, of=of, operation="V.21"), gone(began + 5, 501, of=of))
            compacted(connection)
        sealed(dsn)
        place = tmp_path_factory.mktemp("archives")
        archive = place / "archive"
        archive.mkdir()
        for month in (SEPTEMBER, OCTOBER):
            archived(dsn, archive, month)
        exported = written(dsn, datasets.history(Selection()).with_units(), place, "parquet")
        yield dsn, [str(archive), str(exported)]


@pytest.mark.parametrize("reader", list(archive_sums.READERS))
def test_each_reader_returns_the_sums_of_usage(folders: tuple[str, list[str]], reader: str) -> None:
    dsn, places = folders
    with psycopg.connect(dsn) as connection:
        usage = connection.execute(USAGE).fetchall()
    assert len(usage) == 2 * len(SERVERS)
    assert all(0 not in row for row in usage)
    assert sorted(sums(reader, places)) == sorted([place, *row] for place in places for row in usage)


def sums(reader: str, places: list[str]) -> list[list[Any]]:
    """What a reader computes, in a process of its own."""
    environment = dict(os.environ)
    if reader in PACKAGES:
        environment["PYTHONPATH"] = str(python_packages.lay_out(PACKAGES[reader]))
    if reader == "spark":
        environment["JAVA_HOME"] = str(java.lay_out())
    command = [sys.executable, archive_sums.__file__, reader, *places]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
