"""A process that packs is killed with -9, or its connection is ended, at random times: the history stays as it is."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from faxstore.observations import Observation
from tests.kit.figures import differences
from tests.kit.given import append, gone, read, receiving
from tests.kit.packing import pack
from tests.kit.random_kills import kill_at_random
from tests.sql.compaction.shown import relations
from tests.sql.compaction.twins import Operation, appending, to_both, twins

KILLS = 12
BESIDE = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "6"))
"""Kills beside appends and erasures."""
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
PACKS_ON = """
import sys
import psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print("connected", flush=True)
    after = "2000-01-01 00:00+00"
    while True:
        ((next,),) = connection.execute("select packed_until from fax.pack_sessions(%s, 'infinity', 2)", [after])
        after = next or "2000-01-01 00:00+00"
"""
ERASE = """
select fax.erase_sessions(array(select session_id from fax.session where session_number = any (%s)), 'asked for')
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


@contextmanager
def killed_packing(dsn: str, database: psycopg.Connection, chance: random.Random) -> Iterator[None]:
    """A process packs again and again while the block runs; then it is killed with -9, or its connection ends first."""
    with subprocess.Popen([sys.executable, "-c", PACKS_ON, dsn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"connected\n"
        yield
        time.sleep(chance.uniform(0, 0.03))
        if chance.random() < 0.5:
            database.execute(END.encode())
        process.kill()


def change(faxes: list[int], chance: random.Random) -> Operation:
    """A new fax, late rows or repeats of some faxes, or an erasure."""
    kind = chance.choice(("new", "late", "late", "repeats", "erasure"))
    chosen = chance.sample(faxes, 5)
    if kind == "erasure":
        return lambda twin: twin.connection.execute(ERASE, [chosen[:2]]).fetchall()
    if kind == "new":
        faxes.append(len(faxes))
        chosen = faxes[-1:]
    first = chance.randrange(12, 400) if kind == "late" else 0
    rows = [row for number in chosen for row in fax(number, first)]
    chance.shuffle(rows)
    return appending((chance.choice(("one", "two")), tuple(rows)), restart=chance.random() < 0.1)


def fax(number: int, first: int) -> list[Observation]:
    """Twelve rows of a fax, from a second of it on."""
    return receiving(*((number * 60 + n, 1 + n // 4, n % 5) for n in range(first, first + 12)), number=number)


def test_beside_packing_that_is_killed_appends_and_erasures_do_what_they_do_alone(
    server: str, template: str, tmp_path: Path
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance, faxes = random.Random(seed), list(range(30))
    with twins(server, template, tmp_path) as pair, psycopg.connect(pair[1].dsn, autocommit=True) as other:
        for number in faxes:
            to_both(pair, appending(("one", tuple(fax(number, 0))), restart=False))
        for _ in range(BESIDE):
            with killed_packing(pair[1].dsn, other, chance):
                for _ in range(chance.randrange(6)):
                    to_both(pair, change(faxes, chance))
        assert differences(relations(pair[0].connection), relations(pair[1].connection)) == {}
        pack(other)
        assert read(other, "select count(*) from fax.observation") == [{"count": 0}]
        assert differences(relations(pair[0].connection), relations(pair[1].connection)) == {}


def test_two_that_pack_at_once_move_each_row_once(dsn: str, database: psycopg.Connection) -> None:
    for number in range(FAXES):
        append(database, receiving(*((number * 60 + n, 1 + n // 4, n) for n in range(12)), number=number))
    before = read(database, HISTORY)
    packing = [subprocess.Popen([sys.executable, "-c", PACKS, dsn], stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in packing] == [0, 0]
    assert read(database, HISTORY) == before
    assert read(database, "select count(*) from fax.observation") == [{"count": 0}]
