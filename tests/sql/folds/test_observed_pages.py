"""fax.observed_pages() reads the snapshots of one observer in one pass, the newest first (fax.session_snapshots)."""

from __future__ import annotations

import psycopg

PAGES = """
select o.page, o.attempts, o.bad_lines
from unnest(fax.observed_pages(
    array_fill('one'::text, array[4]),
    array(select timestamptz '2026-11-01 10:00Z' + n * interval '1 second' from generate_series(4, 1, -1) n),
    %s, %s, array_fill(true, array[4]), array_fill(9600, array[4]), array_fill(3850, array[4]), true)) o
"""


def pages(database: psycopg.Connection, numbers: list[int], bad_lines: list[int]) -> list[tuple[int, int, int]]:
    """Page, attempts and bad lines of four snapshots in order of time."""
    return database.execute(PAGES, [numbers[::-1], bad_lines[::-1]]).fetchall()


def test_a_page_number_that_falls_is_no_page(database: psycopg.Connection) -> None:
    assert pages(database, [1, 2, 1, 2], [0, 5, 0, 6]) == [(1, 1, 0), (2, 1, 6)]


def test_bad_lines_that_fall_are_another_attempt(database: psycopg.Connection) -> None:
    assert pages(database, [1, 2, 2, 2], [0, 5, 0, 6]) == [(1, 1, 0), (2, 2, 6)]
