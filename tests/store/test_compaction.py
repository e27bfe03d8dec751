"""Storing all totals and the coverage of all days: in batches, once, whatever happens next to it."""

from __future__ import annotations

import re
import threading
import time

import psycopg

from faxstore.store import compaction
from tests.kit.command_line import run_command
from tests.kit.given import append, gone, of_server, snapshot, stats
from tests.kit.rollups import merge
from tests.kit.totals import totalled, untotalled, write_totals


def many(database: psycopg.Connection, faxes: int) -> None:
    append(database, *(snapshot(number, number) for number in range(faxes)))


def test_it_writes_the_totals_of_all_sessions_in_batches(database: psycopg.Connection) -> None:
    many(database, 250)
    done: list[int] = []
    assert compaction.write_all_totals(database, 0, done.append) == 250
    assert done == [100, 200, 250]
    assert compaction.write_all_totals(database, 0, done.append) == 0


def test_it_waits_for_another_connection_that_writes_totals(dsn: str, database: psycopg.Connection) -> None:
    many(database, 3)
    with psycopg.connect(dsn) as other:
        write_totals(other, most=1)
        ended = threading.Timer(0.3, other.rollback)
        ended.start()
        began = time.monotonic()
        assert compaction.write_all_totals(database, 0, lambda _: None) == 3
        assert time.monotonic() - began >= 0.25
        ended.join()


def test_it_merges_all_roll_ups_after_another_connection_has_ended(dsn: str, database: psycopg.Connection) -> None:
    append(database, *(record for number in range(4) for record in (snapshot(0, number), gone(1, number))))
    for _ in range(4):
        write_totals(database, most=1)
    with psycopg.connect(dsn) as other:
        assert merge(other, most=1) == 1
        ended = threading.Timer(0.3, other.rollback)
        ended.start()
        compaction.merge_all_rollups(database)
        ended.join()
    assert database.execute("select count(*), min(sessions) from fax.usage_rollup").fetchone() == (3, 4)


def test_sessions_whose_rows_go_on_do_not_keep_it(dsn: str, database: psycopg.Connection) -> None:
    """Each batch makes another session lose its total."""
    many(database, 150)

    def goes_on(_: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as other:
            append(other, snapshot(1000, 0))

    assert compaction.write_all_totals(database, 0, goes_on) == 150
    assert len(untotalled(database)) == 1


def test_the_command(dsn: str, database: psycopg.Connection) -> None:
    many(database, 2)
    append(database, of_server(0, "Connected"), of_server(1, "Polled"), stats(2))
    first = _printed(dsn)
    assert re.fullmatch(
        r"stored the totals of 0 sessions, the coverage of \d+ days and the reconciliation of 0 days", first
    )
    assert " 0 days and" not in first
    stored = "stored the totals of {} sessions, the coverage of 0 days and the reconciliation of {}"
    assert _printed(dsn, "--everything") == stored.format(2, "1 day")
    assert _printed(dsn, "--everything") == stored.format(0, "0 days")
    assert len(totalled(database)) == 2


def _printed(dsn: str, *options: str) -> str:
    """The first line, which is about totals and coverage."""
    ran = run_command(dsn, "compact", *options)
    assert (ran.returncode, ran.stdout) == (0, "")
    return ran.stderr.splitlines()[0].removeprefix("faxstore: ")
