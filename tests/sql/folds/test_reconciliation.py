"""fax.reconciliation: given a server's own counters and the observed sessions, expect them side by side."""

from __future__ import annotations

from typing import Any

import psycopg

from faxstore.store.compaction import write_all_days
from tests.kit.given import (
    Row,
    append,
    at,
    begins,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    initial_variables,
    life,
    of,
    of_server,
    read,
    receiving,
    result,
    sending,
    stats,
)
from tests.kit.totals import write_totals

ATTEMPTS = (
    "transmit_attempts",
    "transmit_attempts_seen",
    "receive_attempts",
    "receive_attempts_seen",
    "attempts_missed",
)
ENDS = ("completed", "completed_seen", "failed", "failed_seen")


def counted(second: float, transmit: int, receive: int, completed: int = 0, failed: int = 0) -> Any:
    """A FAXStats answer."""
    return stats(
        second,
        TransmitAttempts=str(transmit),
        ReceiveAttempts=str(receive),
        CompletedFAXes=str(completed),
        FailedFAXes=str(failed),
    )


def reconciled(database: psycopg.Connection) -> list[Row]:
    """The rows of the view, which are the same when they are stored, and by fax.reconciliation_between()."""
    shown = "select * from fax.reconciliation order by from_at, collector_id"
    between = (
        "select n.* from (select distinct server from fax.server_history) s"
        " cross join lateral fax.reconciliation_between(s.server, '-infinity', 'infinity') n"
        " order by from_at, collector_id"
    )
    rows = read(database, shown)
    assert read(database, between) == rows
    write_totals(database)
    assert write_all_days(database)[1] == 1
    assert read(database, shown) == rows
    assert read(database, between) == rows
    return rows


def test_the_servers_counts_beside_ours(database: psycopg.Connection) -> None:
    append(database, counted(0, 5, 7, 11, 2), receiving((10, 1, 0), (20, 2, 0)))
    append(database, result(21, "FAILED", "HANGUP", "x"), completed(22, 1), hangup(23), counted(60, 5, 8, 12, 3))
    (row,) = reconciled(database)
    assert of(row, "server", "from_at", "to_at", "restarted", "collector_id") == ("pbx", at(0), at(60), False, "one")
    assert of(row, *ATTEMPTS) == (0, 0, 1, 1, 0)
    assert of(row, *ENDS) == (1, 1, 1, 1)


def test_an_unobserved_fax_is_missed(database: psycopg.Connection) -> None:
    append(database, counted(0, 0, 0), sending((10, 1), (20, 2)), gone(21), counted(60, 2, 1, 3))
    (row,) = reconciled(database)
    assert of(row, *ATTEMPTS) == (2, 1, 1, 0, 2)
    assert of(row, "completed", "completed_seen") == (3, 0)  # Gone is not a completion


def test_a_difference_is_offset_in_the_next_interval(database: psycopg.Connection) -> None:
    """The server counts when the application starts, and lists the session after T.38 negotiation."""
    append(database, counted(0, 0, 0), counted(60, 1, 0), sending((61, 1)), counted(120, 1, 0))
    assert [row["attempts_missed"] for row in reconciled(database)] == [1, -1]


def test_what_the_server_does_not_count_is_not_counted(database: psycopg.Connection) -> None:
    """Gateways and detectors have no counter. Conflicting arguments are refused before counting."""
    append(database, counted(0, 0, 0))
    append(database, gateway((1, 1, 9600), number=1), gone(2, 1))
    append(database, entry(3, 2, operation="V.21", session_type="none"), gone(4, 2))
    append(database, begins(5), result(6, "FAILED", "INVALID_ARGUMENTS", "maxrate is less than minrate"), hangup(7))
    append(database, counted(60, 0, 0))
    (row,) = reconciled(database)
    assert of(row, *ATTEMPTS) == (0, 0, 0, 0, 0)


def test_a_missing_file_is_an_attempt_even_of_unknown_direction(database: psycopg.Connection) -> None:
    failed = result(1, "FAILED", "FILE_ERROR", "error reading file")
    append(database, counted(0, 0, 0), initial_variables(0.5), failed, hangup(2))
    append(database, counted(60, 1, 0))
    (row,) = reconciled(database)
    assert of(row, *ATTEMPTS) == (1, 0, 0, 0, 0)


def test_counters_restart_at_zero_after_a_restart(database: psycopg.Connection) -> None:
    later = life(started=30)
    append(database, counted(0, 9, 9, 18), receiving((10, 1, 0)))
    append(database, of_server(35, "FullyBooted", Uptime="5"), receiving((40, 1, 0), of=later), counted(60, 0, 1))
    (row,) = reconciled(database)
    assert row["restarted"] is True
    assert of(row, *ATTEMPTS) == (0, 0, 1, 1, 0)
    later_epoch = read(database, "select epoch_id from fax.sessions where started_at = %s", at(40))
    assert [{"epoch_id": row["epoch_id"]}] == later_epoch


def test_counters_that_fell_show_a_restart_without_an_event(database: psycopg.Connection) -> None:
    append(database, counted(0, 9, 9, 18), counted(60, 9, 2, 11))
    (row,) = reconciled(database)
    assert of(row, "restarted", "transmit_attempts", "receive_attempts", "completed") == (True, 9, 2, 11)


def test_a_load_of_the_module_is_a_restart(database: psycopg.Connection) -> None:
    append(
        database,
        counted(0, 1, 1, 2),
        of_server(30, "Load", Module="res_fax.so", Status="Success"),
        counted(60, 2, 3, 5),
    )
    (row,) = reconciled(database)
    assert of(row, "restarted", "transmit_attempts", "receive_attempts") == (True, 2, 3)


def test_connecting_to_a_running_server_is_no_restart(database: psycopg.Connection) -> None:
    append(database, counted(0, 1, 1, 2), of_server(30, "FullyBooted", Uptime="86400"), counted(60, 2, 3, 5))
    (row,) = reconciled(database)
    assert of(row, "restarted", "transmit_attempts", "receive_attempts") == (False, 1, 2)


def test_each_collector_has_its_own_readings(database: psycopg.Connection) -> None:
    append(database, counted(0, 1, 0), counted(60, 2, 0), collector="one")
    append(database, counted(3, 1, 0), counted(63, 3, 0), collector="two")
    assert [of(row, "collector_id", "transmit_attempts") for row in reconciled(database)] == [("one", 1), ("two", 2)]


def test_a_counter_that_is_not_a_number_is_unknown(database: psycopg.Connection) -> None:
    append(database, counted(0, 1, 0), stats(60, TransmitAttempts="many", ReceiveAttempts="4"))
    (row,) = reconciled(database)
    assert of(row, "transmit_attempts", "receive_attempts", "completed", "attempts_missed") == (None, 4, None, None)


def test_a_single_reading_makes_no_interval(database: psycopg.Connection) -> None:
    append(database, counted(0, 1, 0))
    assert reconciled(database) == []


def test_a_period_begins_with_the_reading_before_it(database: psycopg.Connection) -> None:
    """And contains the readings from its start on, without the one at its end."""
    append(database, counted(0, 0, 0), receiving((10, 1, 0), (20, 2, 0)), counted(60, 0, 1), counted(120, 0, 1))
    period = "select * from fax.reconciliation_between('pbx', %s, %s)"
    (row,) = read(database, period, at(60), at(120))
    assert of(row, "from_at", "to_at", "receive_attempts", "receive_attempts_seen") == (at(0), at(60), 1, 1)
    assert read(database, period, at(121), at(130)) == []


def test_no_other_server_counts(database: psycopg.Connection) -> None:
    append(database, counted(0, 0, 0), receiving((10, 1, 0), (20, 2, 0)), counted(60, 0, 1))
    assert read(database, "select * from fax.reconciliation_between('another', '-infinity', 'infinity')") == []
