"""A process that archives, drops and restores is killed with -9: every row is in the database or in a file."""

from __future__ import annotations

import os
import random
from pathlib import Path

import psycopg

from faxstore.archive import months, reading
from faxstore.errors import FaxstoreError
from faxstore.log import stored
from faxstore.store.database import connect
from tests.kit.archives import SEPTEMBER, archived, compacted, dropped, history, restored
from tests.kit.given import read
from tests.kit.killed_runs import run_and_kill
from tests.kit.log_faxes import as_lines, sealed, verified

KILLS = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "3"))
HISTORY = "select * from fax.session_history order by position"
SESSIONS = "select * from fax.sessions order by session_id"
RUNS = """
import sys
from pathlib import Path
from tests.kit.archives import archived, dropped, restored
print("ready", flush=True)
dsn, folder = sys.argv[1], Path(sys.argv[2])
while True:
    archived(dsn, folder)
    dropped(dsn)
    restored(dsn)
"""


def test_killed_at_random_times_each_row_is_in_the_database_or_in_a_file(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    history(database, servers=("pbx", "other"))
    compacted(database)
    sealed(dsn)
    rows, sessions = read(database, HISTORY), read(database, SESSIONS)
    for _ in range(KILLS):
        run_and_kill(RUNS, dsn, tmp_path, chance)
        if _is_dropped(dsn):
            assert _rows_in_files(dsn) == len(rows) // 2
            assert read(database, SESSIONS) == sessions
            restored(dsn)
        assert read(database, HISTORY) == rows
        assert read(database, SESSIONS) == sessions
    archived(dsn, tmp_path)
    assert dropped(dsn) == len(rows) // 2
    assert as_lines(verified(dsn)) == []


def _is_dropped(dsn: str) -> bool:
    with connect(dsn) as connection:
        return months.is_dropped(connection, SEPTEMBER)


def _rows_in_files(dsn: str) -> int:
    """Compares the files with the log; returns their rows."""
    with connect(dsn) as connection:
        paths = [file.check() for file in months.files_of(connection, SEPTEMBER)]
        compared = reading.compare(connection, paths, stored.newest_size(connection))
        compared.finish()
    if compared.different:
        raise FaxstoreError("the files are not as sealed")
    return compared.rows
