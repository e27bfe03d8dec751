"""A process that packs is killed with -9, or its connection is ended, at random times: the history stays as it is."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import partial

import psycopg

from tests.kit.given import append, gone, read, receiving
from tests.kit.packing import pack
from tests.kit.random_kills import kill_at_random

KILLS = 12
FAXES = 60

PACKS = """
import sys
import psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print("connected", flush=True)
    after = "2000-01-01 00:00+00"
    while after is not None:
        ((after,),) = connection.execute("select packed_until from fax.pack_sessions(%s, 'infinity', 2)", [after])
"""
END = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select packed_until%'"
HISTORY = "select * from fax.session_history order by position"


def test_killed_at_random_times_the_history_has_each_row_once(dsn: str, database: psycopg.Connection) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(FAXES):
        append(database, receiving(*((number * 60 + n, 1 + n // 4, n) for n in range(12)), number=number))
    for kill in range(KILLS):
        append(database, *(gone(9000 + kill, number) for number in chance.sample(range(FAXES), 20)))
        before = read(database, HISTORY)
        kill_at_random(PACKS, dsn, chance, partial(database.execute, END.encode()) if kill % 2 else None)
        assert read(database, HISTORY) == before
    pack(database)
    assert read(database, HISTORY) == before
    assert read(database, "select count(*) from fax.observation") == [{"count": 0}]


def test_two_that_pack_at_once_move_each_row_once(dsn: str, database: psycopg.Connection) -> None:
    for number in range(FAXES):
        append(database, receiving(*((number * 60 + n, 1 + n // 4, n) for n in range(12)), number=number))
    before = read(database, HISTORY)
    packing = [subprocess.Popen([sys.executable, "-c", PACKS, dsn], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in packing] == [0, 0]
    assert read(database, HISTORY) == before
    assert read(database, "select count(*) from fax.observation") == [{"count": 0}]
