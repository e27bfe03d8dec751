"""Stored rows of fax.reconciliation: given what arrives late, expect its days to be computed, and the same rows."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.kit.given import Row, append, at, completed, of, of_server, read, receiving, sending, stats
from tests.kit.totals import write_totals

MIDNIGHT = 16 * 3600.0
"""Seconds of a test (given.START) at which 2026-11-03 begins."""
DAY = 86400.0
SHOWN = "select * from fax.reconciliation order by server, collector_id, to_at"


def counted(second: float, sent: int, received: int = 0) -> Any:
    """A FAXStats answer."""
    done = str(sent + received)
    counters = {"TransmitAttempts": str(sent), "ReceiveAttempts": str(received), "CompletedFAXes": done}
    return stats(second, **counters, FailedFAXes="0")


def write(database: psycopg.Connection, most: int = 1000) -> int:
    """Store what is due; return the number of days."""
    ((written,),) = database.execute("select fax.write_reconciliation(%s)", [most]).fetchall()
    return int(written)


def days(database: psycopg.Connection) -> str:
    """The days of November 2026 of which the rows of pbx are stored."""
    query = "select day from fax.reconciliation_day where server = 'pbx' and since is not null order by day"
    return " ".join(f"{row['day']:%d}" for row in read(database, query))


def computed(database: psycopg.Connection) -> list[Row]:
    """The rows of the view, computed from the readings and sessions alone."""
    with database.transaction(force_rollback=True):
        database.execute("update fax.reconciliation_day set since = null")
        database.execute("delete from fax.compared_reading")
        return read(database, SHOWN)


def three_days(database: psycopg.Connection) -> None:
    """Readings of three days, with a fax on the first one, all stored."""
    append(database, counted(0, 0), counted(60, 0, 1), counted(MIDNIGHT - 60, 0, 1))
    append(
        database, counted(MIDNIGHT + 60, 1, 1), counted(MIDNIGHT + DAY - 60, 1, 1), counted(MIDNIGHT + DAY + 60, 1, 1)
    )
    append(database, receiving((10, 1, 0), (20, 2, 0)), completed(22, 1))
    write_totals(database)
    assert write(database) == 3
    assert days(database) == "02 03 04"


def computed_days(database: psycopg.Connection, condition: str) -> int:
    """How many days the view computes for a condition, if none is stored."""
    with database.transaction(force_rollback=True):
        database.execute("update fax.reconciliation_day set since = null")
        query = f"explain (analyze, costs off) select * from fax.reconciliation where {condition}"
        plan = [line for (line,) in database.execute(query.encode()) if "compare_readings_between" in line]
    return sum(int(line.partition("loops=")[2].rstrip(")")) for line in plan)


# -- what is stored -------------------------------------------------------------------------------


def test_conditions_on_server_and_day_limit_what_is_computed(database: psycopg.Connection) -> None:
    three_days(database)
    assert [str(row["day"]) for row in read(database, SHOWN)] == [
        "2026-11-02", "2026-11-02", "2026-11-03", "2026-11-03", "2026-11-04",
    ]  # fmt: skip
    assert computed_days(database, "true") == 3
    assert computed_days(database, "day = '2026-11-03'") == 1
    assert computed_days(database, "day >= '2026-11-03' and server = 'pbx'") == 2


def test_the_rows_of_a_finished_day_are_stored(database: psycopg.Connection) -> None:
    three_days(database)
    rows = read(database, SHOWN)
    assert [of(row, "from_at", "to_at", "receive_attempts", "attempts_missed") for row in rows] == [
        (at(0), at(60), 1, 0),
        (at(60), at(MIDNIGHT - 60), 0, 0),
        (at(MIDNIGHT - 60), at(MIDNIGHT + 60), 0, 1),
        (at(MIDNIGHT + 60), at(MIDNIGHT + DAY - 60), 0, 0),
        (at(MIDNIGHT + DAY - 60), at(MIDNIGHT + DAY + 60), 0, 0),
    ]
    assert rows == computed(database)
    since = read(database, "select since from fax.reconciliation_day where since > '-infinity' order by day")
    assert [row["since"] for row in since] == [at(MIDNIGHT - 60), at(MIDNIGHT + DAY - 60)]


def test_stored_rows_are_read_instead_of_the_readings(database: psycopg.Connection) -> None:
    three_days(database)
    database.execute("update fax.compared_reading set attempts_missed = 7 where to_at = %s", [at(60)])
    assert read(database, SHOWN)[0]["attempts_missed"] == 7


def test_days_are_stored_the_newest_first(database: psycopg.Connection) -> None:
    append(database, counted(0, 0), counted(MIDNIGHT, 1), counted(MIDNIGHT + DAY, 2))
    assert [(write(database, 1), days(database)) for _ in range(4)] == [
        (1, "04"), (1, "03 04"), (1, "02 03 04"), (0, "02 03 04"),
    ]  # fmt: skip


def test_a_day_that_is_not_over_is_computed(database: psycopg.Connection) -> None:
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id, details)"
        " select 'pbx', now() + n * interval '1 minute', 'FAXStats', 'one', '{}' from generate_series(0, 1) n"
    )
    assert write(database) == 0
    assert len(read(database, SHOWN)) == 1


def test_a_day_waits_for_the_totals_of_its_sessions(database: psycopg.Connection) -> None:
    append(
        database, counted(0, 0), counted(MIDNIGHT + 60, 0, 1), receiving((MIDNIGHT - 10, 1, 0), (MIDNIGHT + 10, 2, 0))
    )
    assert write(database) == 0
    assert read(database, SHOWN)[0]["attempts_missed"] == 0
    write_totals(database)
    assert write(database) == 2


def test_counts_that_do_not_fit_a_small_column(database: psycopg.Connection) -> None:
    append(database, counted(0, 0), counted(60, 32767), counted(120, 2**31), stats(180, TransmitAttempts="many"))
    write(database)
    rows = read(database, SHOWN)
    assert [row["transmit_attempts"] for row in rows] == [32767, 2**31 - 32767, None]
    assert rows == computed(database)
    stored = read(database, "select transmit_attempts, counts from fax.compared_reading order by to_at")
    assert stored[0] == {"transmit_attempts": 32767, "counts": None}
    assert [(row["transmit_attempts"], len(row["counts"])) for row in stored[1:]] == [(None, 9), (None, 9)]


# -- what arrives late ----------------------------------------------------------------------------

LATE: dict[str, tuple[Any, str, str]] = {
    "a reading": (counted(1000, 0, 1), "one", "03 04"),
    "a reading between two of different days": (counted(MIDNIGHT - 30, 0, 1), "one", "04"),
    "a reading before all": (counted(-DAY, 0), "one", "03 04"),
    "readings of another collector": ([counted(30, 0), counted(MIDNIGHT + 90, 1, 1)], "two", "04"),
    "a start of the server": (of_server(30, "FullyBooted", Uptime="5"), "one", "03 04"),
    "a load of the module": (of_server(30, "Load", Module="res_fax.so", Status="Success"), "one", "03 04"),
    "a session": (sending((MIDNIGHT - 30, 1), (MIDNIGHT - 20, 2), number=5), "one", ""),
    "a session in the morning": (sending((100, 1), (110, 2), number=5), "one", "04"),
    "a row of a session with a total": (completed(40, 1), "one", "04"),
    "a poll": (of_server(30, "Polled"), "one", "02 03 04"),
    "a reading of another server": (of_server(30, "FAXStats", server="pbx2"), "one", "02 03 04"),
}
"""What arrives, its collector, and the days that remain stored."""


@pytest.mark.parametrize("what", LATE)
def test_what_arrives_late_is_seen_at_once(database: psycopg.Connection, what: str) -> None:
    three_days(database)
    record, collector, remaining = LATE[what]
    append(database, record, collector=collector)
    assert days(database) == remaining
    shown = read(database, SHOWN)
    assert shown == computed(database)
    write_totals(database)
    write(database)
    assert "02 03 04" in days(database)
    assert read(database, SHOWN) == shown


def test_a_session_without_a_total_that_ends_late(database: psycopg.Connection) -> None:
    """In an interval of several days; days whose own sessions lack totals are not stored."""
    append(database, counted(0, 0), counted(5 * DAY, 0, 1), receiving((2 * DAY, 1, 0)))
    assert write(database) == 2
    append(database, completed(2 * DAY + 10, 1))
    assert days(database) == "02"
    (row,) = read(database, SHOWN)
    assert of(row, "receive_attempts_seen", "completed_seen") == (1, 1)


def test_an_operation_that_becomes_known_late(database: psycopg.Connection) -> None:
    append(database, counted(0, 0), sending((10, 1), operation=None), counted(60, 1))
    write_totals(database)
    write(database)
    database.execute("update fax.session set operation = 'send'")
    assert days(database) == ""
    assert read(database, SHOWN) == computed(database)


def test_an_interval_of_several_days_depends_on_each_of_them(database: psycopg.Connection) -> None:
    append(database, counted(0, 0), counted(5 * DAY, 1))
    write(database)
    append(database, sending((2 * DAY, 1)))
    assert days(database) == "02"
    (row,) = read(database, SHOWN)
    assert of(row, "transmit_attempts", "transmit_attempts_seen") == (1, 1)
