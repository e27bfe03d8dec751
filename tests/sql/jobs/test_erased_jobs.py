"""Erasing attempts, in any order, changes no job and no other figure, and later attempts do not either."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random
from uuid import UUID

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.figures import Figures, differences, figures
from tests.kit.given import Row, of, read
from tests.kit.given_attempts import HOUR, Attempt, append_attempts
from tests.kit.given_rates import rate
from tests.sql.jobs.test_generated_jobs import histories

EXAMPLES = 25 if os.environ.get("FAXSTORE_TEST_SERVER") != "system" else 10

FIRST = Attempt(at=0, called="+1 555 0111", files=("/fax/a.tif",))
SECOND, THIRD = replace(FIRST, at=HOUR), replace(FIRST, at=2 * HOUR)

OF_NUMBERS = ("jobs", "jobs_masked", "job_attempts", "quality_by_peer", "session_charges", "sessions_masked")
"""The views that are computed from numbers and files."""


def ids(database: psycopg.Connection) -> list[UUID]:
    """All sessions, oldest first."""
    return [row["session_id"] for row in read(database, "select session_id from fax.session order by started_at")]


def erase(database: psycopg.Connection, *sessions: UUID) -> None:
    database.execute("select fax.erase_sessions(%s, 'asked for')", [list(sessions)])


def jobs(database: psycopg.Connection) -> list[tuple[int, str | None]]:
    """Number of attempts and called number of each job."""
    rows = read(database, "select * from fax.jobs order by first_attempt_at")
    return [of(row, "attempts", "called_number") for row in rows]


def known_values(database: psycopg.Connection) -> list[Row]:
    return read(database, "select kind, value from fax.pseudonym where value is not null order by kind")


def all_figures(database: psycopg.Connection) -> list[Figures]:
    """The figures with two settings of the window, the second one in force afterwards."""
    found = []
    for hours in (1, 24):
        database.execute("update fax.job_window set hours = %s", [hours])
        found.append(figures(database, OF_NUMBERS))
    return found


@settings(max_examples=EXAMPLES, deadline=None, derandomize="FAXSTORE_TEST_RANDOM" not in os.environ, database=None)
@given(attempts=histories(), chance=st.randoms(use_true_random=False))
def test_erasures_in_any_order_change_no_figure(
    connection: psycopg.Connection, attempts: list[Attempt], chance: Random
) -> None:
    with connection.transaction(force_rollback=True):
        for place, prefix in enumerate((None, "1", "11", "111", "2", "222", "a")):
            rate(connection, called_prefix=prefix, per_page=place + 1)
        append_attempts(connection, *attempts)
        before, left = all_figures(connection), ids(connection)
        chance.shuffle(left)
        while left:
            size = chance.choice((1, 2, 5))
            erase(connection, *left[:size])
            left = left[size:]
            after = all_figures(connection)
            assert [differences(*pair) for pair in zip(before, after, strict=True)] == [{}, {}]
        assert known_values(connection) == []


def test_a_later_attempt_joins_a_job_of_which_one_attempt_was_erased(database: psycopg.Connection) -> None:
    append_attempts(database, FIRST, SECOND)
    first, _ = ids(database)
    erase(database, first)
    append_attempts(database, FIRST, SECOND, THIRD)  # the first two are repeats
    assert jobs(database) == [(3, "+1 555 0111")]


def test_a_later_attempt_changes_no_job_that_was_erased(database: psycopg.Connection) -> None:
    """Nobody knows any more that it has the same number."""
    append_attempts(database, FIRST, SECOND)
    erase(database, *ids(database))
    append_attempts(database, FIRST, SECOND, THIRD)
    assert jobs(database) == [(2, None), (1, "+1 555 0111")]
    erase(database, ids(database)[2])
    assert jobs(database) == [(2, None), (1, None)]


def test_the_erasure_of_the_last_fax_deletes_the_value(database: psycopg.Connection) -> None:
    append_attempts(database, FIRST, SECOND)
    first, second = ids(database)
    erase(database, first)
    assert [row["kind"] for row in known_values(database)] == ["job", "peer"]
    assert "555" in str(known_values(database))
    erase(database, second)
    assert known_values(database) == []
    stored = read(database, "select to_jsonb(k)::text as row from fax.erased_key k")
    assert len(stored) == 2
    assert not [row for row in stored if "555 0111" in row["row"] or "a.tif" in row["row"]]


def test_erased_attempts_show_a_pseudonym_in_place_of_the_number(database: psycopg.Connection) -> None:
    append_attempts(database, FIRST, replace(SECOND, called="+1 555 0222"))
    first, _ = ids(database)
    erase(database, first)
    keys = [row["job_key"] for row in read(database, "select job_key from fax.job_attempts order by started_at")]
    assert ["erased:" in key for key in keys] == [True, False]
    peers = [row["peer"] for row in read(database, "select peer from fax.quality_by_peer order by peer")]
    assert ["erased:" in peer for peer in peers] == [False, True]
    assert "0111" not in str(keys + peers)
