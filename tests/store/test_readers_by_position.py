"""A reader that asks for rows above its last position reads every row once, while several writers append.

The same reader on a table with a sequence skips rows, which shows that the test can detect a skipped row.
"""

from __future__ import annotations

import psycopg

from benchmarks.readers import HISTORY, MOST_ROWS, NAIVE, WRITERS, follow, make_naive_table

BATCHES = 25
PAUSE = 0.004


def test_a_reader_above_the_last_position_sees_every_row_once(dsn: str, database: psycopg.Connection) -> None:
    account = follow(dsn, HISTORY, BATCHES, PAUSE)
    assert (account.skipped, account.doubled) == (0, 0)
    assert WRITERS * BATCHES <= account.written <= WRITERS * BATCHES * MOST_ROWS
    assert database.execute("select max(position) from fax.session_history").fetchone() == (account.written,)
    assert account.looks > 10


def test_a_reader_above_the_last_id_of_a_sequence_skips_rows(dsn: str) -> None:
    make_naive_table(dsn)
    account = follow(dsn, NAIVE, 4 * BATCHES, PAUSE)
    assert account.written >= WRITERS * 4 * BATCHES
    assert account.skipped > 0
