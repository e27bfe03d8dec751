"""Roll-ups next to appends, totals, erasures and each other: each snapshot has the same usage from both."""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack

import psycopg

from tests.kit.given import append, gone, receiving
from tests.kit.rollups import merge, usage, usage_of_sessions, wrong_rollups
from tests.kit.totals import write_totals

FAXES = 30
SECONDS = 3.0
PERIOD = ("-infinity", "infinity", "Asia/Kathmandu", "day")


def test_of_two_mergers_one_does_nothing(dsn: str, database: psycopg.Connection) -> None:
    append(database, *receiving((0, 1, 0)), gone(1))
    write_totals(database)
    with psycopg.connect(dsn) as first:
        assert merge(first) == 3
        assert merge(database) is None
    assert merge(database) == 0


def test_an_open_transaction_of_totals_keeps_nobody_waiting(dsn: str, database: psycopg.Connection) -> None:
    """Its rows are added up after it has committed."""
    append(database, *receiving((0, 1, 0)), gone(1), *receiving((2, 1, 0), number=1), gone(3, 1))
    write_totals(database, most=1)
    database.execute("set lock_timeout = '1s'")
    with psycopg.connect(dsn) as eraser:
        eraser.execute("select fax.erase_session(session_id, 'asked for') from fax.session_total")
        assert merge(database) == 3
        write_totals(database, most=1)
        assert merge(database) == 3
        assert usage(database, *PERIOD) == usage_of_sessions(database, *PERIOD)
    assert usage(database, *PERIOD) == usage_of_sessions(database, *PERIOD)
    assert merge(database) == 3
    assert wrong_rollups(database) == []


def test_every_snapshot_has_the_usage_of_its_sessions(dsn: str, database: psycopg.Connection) -> None:
    for number in range(FAXES):
        append(database, *receiving((number * 600, 1, 0), (number * 600 + 5, 2, 1), number=number))
    until = time.monotonic() + SECONDS

    def ends(chance: random.Random) -> None:
        with psycopg.connect(dsn, autocommit=True) as other:
            second = 100_000
            while time.monotonic() < until:
                second += 1
                append(other, gone(second, chance.randrange(FAXES)))

    def writes(chance: random.Random) -> None:
        with psycopg.connect(dsn, autocommit=True) as other:
            while time.monotonic() < until:
                write_totals(other, most=chance.randrange(1, FAXES))

    def merges(chance: random.Random) -> None:
        with psycopg.connect(dsn, autocommit=True) as other:
            while time.monotonic() < until:
                merge(other, most=chance.randrange(1, FAXES))

    threads = [
        threading.Thread(target=work, args=(random.Random(seed),))
        for seed, work in enumerate((ends, writes, merges, merges))
    ]
    seen = set()
    with ExitStack() as ended:
        for thread in threads:
            thread.start()
            ended.callback(thread.join, 30)
        while time.monotonic() < until:
            with database.transaction():
                database.execute("set transaction isolation level repeatable read")
                rows = usage(database, *PERIOD)
                assert rows == usage_of_sessions(database, *PERIOD)
                assert wrong_rollups(database) == []
                seen.add(tuple(row["seconds"] for row in rows))
    assert len(seen) > 3
    merge(database)
    assert wrong_rollups(database) == []
