"""Importing twice, in pieces and after a kill yields the same rows: no duplicate, nothing missing."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from faxstore.capture.recording import Line
from faxstore.errors import UnreachableError, UsageError
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
    """Show no progress."""


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
    """The history of the whole recording, imported into a separate database."""
    with fresh(server, template) as dsn:
        return whole(dsn, request.getfixturevalue("recording"))


@pytest.mark.parametrize("recording", EVERY_KIND)
def test_importing_twice_adds_nothing(database: psycopg.Connection, recording: str) -> None:
    first = import_file(database, str(truth.path(recording)), "pbx", nothing)
    before = history(database)
    second = import_file(database, str(truth.path(recording)), "pbx", nothing)
    assert history(database) == before
    assert (second.rows, second.repeats) == (0, first.rows)


@pytest.mark.parametrize("recording", EVERY_KIND)
@pytest.mark.parametrize("seed", range(4))
def test_overlapping_pieces_yield_the_whole_history(
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
def test_after_a_kill_the_next_import_completes_the_history(
    dsn: str, expected: list[tuple[object, ...]], recording: str, tmp_path: Path
) -> None:
    """Three imports are killed with -9 at different points, then one runs to the end."""
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
        wait_for_killed_client(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            assert 0 < len(history(connection)) < len(expected)
    assert whole(dsn, recording) == expected


def wait_for_killed_client(dsn: str) -> None:
    """Wait until the server has noticed, on its next write, that the client is gone, and has rolled back."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    deadline = time.monotonic() + 10
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(f"{others} and backend_type = 'client backend'").fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_only_a_lost_connection_advises_to_import_again(dsn: str, database: psycopg.Connection) -> None:
    """Another import would not help against a missing right; the caller reports that error."""
    path = str(truth.path("one-page-22"))
    with (
        psycopg.connect(make_conninfo(dsn, options="-c role=fax_reader"), autocommit=True) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        import_file(reader, path, "pbx", nothing)

    def terminate(_: object) -> None:
        pid = connection.info.backend_pid
        database.execute("select pg_terminate_backend(%s, 5000)", [pid])

    with psycopg.connect(dsn, autocommit=True) as connection:
        advice = rf"^the database could not answer: [^\n]+; import {re.escape(path)} again$"
        with pytest.raises(UnreachableError, match=advice):
            import_file(connection, path, "pbx", terminate)


def test_what_precedes_a_damaged_line_is_imported(database: psycopg.Connection, tmp_path: Path) -> None:
    text = "".join(json.dumps(line) + "\n" for line in truth.lines("one-page-22"))
    cut = tmp_path / "cut.jsonl"
    cut.write_text(text[: len(text) // 2])
    with pytest.raises(UsageError, match=r"cut\.jsonl: line \d+ is not a line of a recording \(the file ends"):
        import_file(database, str(cut), "pbx", nothing)
    assert len(history(database)) > 50
