"""A process that applies all rules is killed with -9, again and again: each run goes on where the last one ended."""

from __future__ import annotations

import os
import random
from pathlib import Path

import psycopg

from faxstore.retention.due import Rule
from faxstore.settings.values import Retention
from tests.kit.archives import compacted, history
from tests.kit.command_line import run_command
from tests.kit.given import read
from tests.kit.killed_runs import run_and_kill
from tests.kit.log_faxes import SECRETS, as_lines, verified
from tests.kit.retention import applied, due, periods

KILLS = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "3"))
PERIODS = {"personal_values": 1, "rows": 1, "totals": 2}
RUN = """
import sys
from pathlib import Path
from tests.kit.retention import applied, periods
kept = periods(Path(sys.argv[2]), personal_values=1, rows=1, totals=2)
print("ready", flush=True)
applied(sys.argv[1], kept)
"""


def test_killed_at_random_times_a_run_goes_on_where_the_last_one_ended(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    history(database, servers=("pbx", "other"))
    compacted(database)
    run_command(dsn, "seal", "--publish", str(tmp_path / "checkpoint"))
    kept = periods(tmp_path, **PERIODS)
    for _ in range(KILLS):
        run_and_kill(RUN, dsn, tmp_path, chance)
        assert as_lines(verified(dsn)) == []
        _assert_in_order(dsn, database, kept)
    assert applied(dsn, kept).problems == []
    assert due(dsn, kept) == []
    assert as_lines(verified(dsn)) == []
    assert len(read(database, "select from fax.sessions")) == 20
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["month=2026-10"]


def _assert_in_order(dsn: str, database: psycopg.Connection, kept: Retention) -> None:
    """No file of a dropped month has a personal value, and no rows are missing of a month that is not deleted."""
    months = read(database, "select month, deleted_at from fax.dropped_month")
    for row in months:
        for path in (kept.archive or Path()).glob(f"month={row['month']:%Y-%m}/*/*.parquet"):
            assert not any(secret.encode() in path.read_bytes() for secret in SECRETS)
    deleted = sum(row["deleted_at"] is not None for row in months)
    assert len(read(database, "select from fax.sessions")) == 40 - 20 * deleted
    assert all(one.rule is not Rule.ROWS or one.rows == 320 for one in due(dsn, kept))
