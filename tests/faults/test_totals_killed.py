"""A process that writes totals and adds up roll-ups is killed with -9, or its connection is ended, at random times.

No total and no roll-up is wrong.
"""

from __future__ import annotations

import random
from functools import partial

import psycopg

from tests.kit.given import append, gone, receiving, sessions
from tests.kit.random_kills import kill_at_random
from tests.kit.rollups import wrong_rollups
from tests.kit.totals import untotalled, write_totals, wrong

KILLS = 12
FAXES = 40

WRITES = """
import sys
import psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print("connected", flush=True)
    while True:
        connection.execute("select fax.write_totals(3, 0)")
        connection.execute("select fax.merge_rollups(5)")
"""
END = "select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^select fax.(write_totals|merge_rollups)'"


def test_killed_at_random_times_each_session_has_its_total_once(dsn: str, database: psycopg.Connection) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(FAXES):
        append(database, receiving(*((number * 60 + n, 1 + n // 4, n) for n in range(12)), number=number))
    before = sessions(database)
    for kill in range(KILLS):
        append(database, *(gone(9000 + kill, number) for number in chance.sample(range(FAXES), 20)))  # undoes totals
        kill_at_random(WRITES, dsn, chance, partial(database.execute, END.encode()) if kill % 2 else None)
        assert (wrong(database), wrong_rollups(database)) == ([], [])
    while untotalled(database):
        write_totals(database)
    assert wrong(database) == []
    assert [row["session_id"] for row in sessions(database)] == [row["session_id"] for row in before]
