"""Importing again, in pieces and after a kill gives the same rows: no double, no hole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from faxstore.capture.recording import Line
from faxstore.ingest.importer import import_file, import_lines
from tests.kit import truth
from tests.kit.databases import fresh

HISTORY = """
select session_id, started_at, observed_at, event, operation, state, session_type, error_correction_mode, data_rate,
       x_resolution, y_resolution, page_number, pages_transmitted, pages_received, total_bad_lines, file_name
from fax.session_history order by session_id, observed_at
"""
EVERY_KIND = ["restart-22", "gateway-16", "no-ecm-16", "names-22", "failures-22"]


def nothing(_: object) -> None:
    """A progress that is not shown."""


def whole(dsn: str, recording: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        import_file(connection, str(truth.path(recording)), "pbx", nothing)
        return history(connection)


def history(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    found = connection.execute(HISTORY).fetchall()
    counted = connection.execute("select count(*), max(position), count(distinct position) from fax.session_history")
    rows, last, distinct = counted.fetchone() or (0, 0, 0)
    assert rows == last == distinct == len(found)
    return found


@pytest.fixture
def expected(request: pytest.FixtureRequest, template: str, server: str) -> list[tuple[object, ...]]:
    """The history of the whole recording, from a database of its own."""
    with fresh(server, template) as dsn:
        return whole(dsn, request.getfixturevalue("recording"))


@pytest.mark.parametrize("recording", EVERY_KIND)
def test_importing_twice_adds_nothing(database: psycopg.Connection, recording: str) -> None:
    first = import_file(database, str(truth.path(recording)), "pbx", nothing)
    before = history(database)
    second = import_file(database, str(truth.path(recording)), "pbx", nothing)
    assert history(database) == before
    assert (second.rows, second.repeats) == (0, first.rows)
    assert database.execute("select count(*) from fax.staged_row").fetchone() == (0,)


@pytest.mark.parametrize("recording", EVERY_KIND)
@pytest.mark.parametrize("seed", range(4))
def test_overlapping_pieces_are_the_whole(
    database: psycopg.Connection, expected: list[tuple[object, ...]], recording: str, seed: int
) -> None:
    lines = [Line(**line) for line in truth.lines(recording)]
    rng = random.Random(f"{recording} {seed}")
    cut = rng.randrange(len(lines) // 10, len(lines))
    overlap = max(0, cut - rng.randrange(100, 600))
    import_lines(database, "pbx", lines[:cut], nothing)
    import_lines(database, "pbx", lines[overlap:], nothing)
    assert history(database) == expected


@pytest.mark.parametrize("recording", ["twenty-22"])
def test_a_kill_in_the_middle_leaves_no_hole(
    dsn: str, expected: list[tuple[object, ...]], recording: str, tmp_path: Path
) -> None:
    """kill -9 while it imports, three times at different points, then once to the end."""
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import sys, psycopg\n"
        "from faxstore.ingest import importer\n"
        "import faxstore.ingest.drain as drain\n"
        "importer.BATCH = drain.BATCH = 100\n"
        "with psycopg.connect(sys.argv[1], autocommit=True) as connection:\n"
        "    importer.import_file(connection, sys.argv[2], 'pbx', lambda s: print(s.rows + s.repeats, flush=True))\n"
    )
    command = [sys.executable, str(slow), dsn, str(truth.path(recording))]
    for rows in (300, 900, 2000):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                if int(line) >= rows:
                    os.kill(process.pid, signal.SIGKILL)
                    break
            assert process.wait(10) == -signal.SIGKILL
        wait_for_no_one_else(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            assert 0 < len(history(connection)) < len(expected)
    assert whole(dsn, recording) == expected


def wait_for_no_one_else(dsn: str) -> None:
    """The server notices the killed client when it next writes to it; its transaction is over then."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    deadline = time.monotonic() + 10
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(f"{others} and backend_type = 'client backend'").fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_file_that_ends_in_the_middle_of_a_line_keeps_what_stands_before(
    database: psycopg.Connection, tmp_path: Path
) -> None:
    from faxstore.errors import UsageError

    text = "".join(json.dumps(line) + "\n" for line in truth.lines("one-page-22"))
    cut = tmp_path / "cut.jsonl"
    cut.write_text(text[: len(text) // 2])
    with pytest.raises(UsageError, match=r"cut\.jsonl: line \d+ is not a capture line \(the file ends"):
        import_file(database, str(cut), "pbx", nothing)
    assert len(history(database)) > 50
