"""fax.coverage_gaps: given recorded polls, expect each interval without a good poll, and why."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.kit.given import (
    Row,
    append,
    at,
    completed,
    gone,
    life,
    of,
    of_server,
    read,
    receiving,
    sending,
    sessions,
    snapshot,
    stats,
    status,
)
from tests.kit.totals import write_totals


def polled(*seconds: float, **details: Any) -> list[Any]:
    """Recorded complete lists; live, one per minute is recorded."""
    return [of_server(second, "Polled", **details) for second in seconds]


def lost(second: float, reason: str, last_polled: float) -> Any:
    """A lost connection."""
    return of_server(second, "Disconnected", Reason=reason, LastPolled=last_polled)


def gaps(database: psycopg.Connection) -> list[Row]:
    """The gaps that have ended."""
    return read(database, "select * from fax.coverage_gaps where ended_at is not null order by began_at")


def bounds(rows: list[Row]) -> list[tuple[Any, ...]]:
    return [of(row, "began_at", "ended_at", "reason") for row in rows]


# -- start and end of a gap ------------------------------------------------------------------------------


def test_continuous_polls_leave_no_gap(database: psycopg.Connection) -> None:
    append(database, of_server(0, "Connected"), polled(1, 61, 121, 181))
    assert gaps(database) == []


def test_a_lost_connection_is_a_gap_from_the_last_poll_to_the_next(database: psycopg.Connection) -> None:
    append(database, polled(0), lost(45.2, "Connection reset by peer", 44.9))
    append(database, of_server(50, "Connected"), polled(50.5, 110))
    (gap,) = gaps(database)
    assert of(gap, "server", "began_at", "ended_at", "reason") == ("pbx", at(44.9), at(50.5), "connection lost")
    assert float(gap["seconds"]) == pytest.approx(5.6)
    assert of(gap, "reasons", "messages") == (["connection lost"], ["Connection reset by peer"])


@pytest.mark.parametrize(
    ("event", "message", "reason"),
    [
        ("Disconnected", "the server closed the connection", "connection lost"),
        ("Disconnected", "the server shut down", "connection lost"),
        ("Disconnected", "no answer to FAXSessions within 10 s", "server silent"),
        ("Disconnected", "faxstore was stopped", "collector down"),
        ("Disconnected", "closed by faxstore", "collector down"),
        ("Disconnected", "login refused: Authentication failed", "permission"),
        ("PollFailed", "Permission denied", "permission"),
        ("PollFailed", "Invalid/unknown command: FAXSessions.", "poll refused"),
        ("PollFailed", "Asterisk is shutting down", "connection lost"),
    ],
)
def test_each_gap_has_its_reason(database: psycopg.Connection, event: str, message: str, reason: str) -> None:
    append(database, polled(0), of_server(31, event, Reason=message, LastPolled=30.0), polled(90))
    assert bounds(gaps(database)) == [(at(30), at(90), reason)]


def test_a_killed_collector_leaves_no_reason(database: psycopg.Connection) -> None:
    """Without a fax, the last recorded poll is up to a minute old."""
    append(database, polled(0, 60), of_server(100, "Connected"), polled(101))
    assert bounds(gaps(database)) == [(at(60), at(101), "collector down")]


def test_after_a_kill_the_gap_begins_at_the_last_snapshot_of_a_fax(database: psycopg.Connection) -> None:
    """A FAXSession answer follows from a complete list."""
    append(database, polled(0, 60), receiving((70, 1, 0), (95, 2, 0)), completed(97, 2))
    append(database, of_server(100, "Connected"), polled(101, 161))
    assert bounds(gaps(database)) == [(at(95), at(101), "collector down")]


def test_a_snapshot_proves_polls_of_its_own_collector_until_its_next_connection(database: psycopg.Connection) -> None:
    append(database, polled(0, 60), of_server(100, "Connected"), polled(101, 161), collector="one")
    append(database, receiving((70, 1, 0), (80, 2, 0)), collector="two")
    append(database, receiving((65, 1, 0), (100.5, 2, 0), (130, 2, 0)), collector="one")
    assert bounds(gaps(database)) == [(at(65), at(101), "collector down")]


@pytest.mark.parametrize("event", [completed(80, 2), status(80, "FAX Transmission In Progress")])
def test_an_event_proves_no_poll(database: psycopg.Connection, event: Any) -> None:
    """Asterisk sends events without a request."""
    append(database, polled(0, 60), receiving((70, 1, 0)), event, of_server(100, "Connected"), polled(101))
    assert bounds(gaps(database)) == [(at(70), at(101), "collector down")]


def test_rows_long_after_the_last_recorded_poll_prove_nothing(database: psycopg.Connection) -> None:
    """A collector records a poll every minute: rows without one after 150 s are not explained."""
    append(database, polled(0), receiving((100, 1, 0), (200, 2, 0)), of_server(300, "Connected"), polled(301))
    assert bounds(gaps(database)) == [(at(100), at(301), "collector down")]


def test_a_failure_states_its_last_poll_even_if_a_snapshot_came_later(database: psycopg.Connection) -> None:
    append(database, polled(0), receiving((10, 1, 0), (30.5, 2, 0)), lost(31, "Connection reset by peer", 30))
    append(database, of_server(60, "Connected"), polled(61))
    assert bounds(gaps(database)) == [(at(30), at(61), "connection lost")]


def test_fax_masked_sees_the_same_gaps_of_sessions(database: psycopg.Connection) -> None:
    """It has no right to read the rows that prove the polls."""
    append(database, polled(0, 60), receiving((70, 1, 0), (95, 2, 0)), gone(95.5))
    append(database, receiving((97, 1, 0), (99, 1, 0), number=1), of_server(100, "Connected"), polled(101))
    append(database, gone(101, number=1))
    every = "select session_number, overlaps_gap from fax.{} order by 1"
    expected = [(0, False), (1, True)]
    assert database.execute(every.format("sessions").encode()).fetchall() == expected
    with database.transaction(force_rollback=True):
        database.execute("set local role fax_masked")
        assert database.execute(every.format("sessions_masked").encode()).fetchall() == expected


def test_the_last_poll_of_a_collector_that_never_came_back(database: psycopg.Connection) -> None:
    append(database, polled(0, 60), receiving((70, 1, 0), (90, 2, 0)), gone(92.5))
    (gap,) = read(database, "select * from fax.coverage_gaps")
    assert of(gap, "began_at", "ended_at") == (at(92.5), None)


def test_a_collector_that_was_killed_and_then_finds_no_server(database: psycopg.Connection) -> None:
    append(database, polled(0), of_server(90, "ConnectFailed", Reason="Connection refused"))
    append(database, of_server(300, "Connected"), polled(301))
    (gap,) = gaps(database)
    assert of(gap, "reason", "reasons") == ("collector down", ["collector down"])
    assert gap["messages"] == ["Connection refused"]


def test_a_gap_has_all_its_reasons_in_order(database: psycopg.Connection) -> None:
    append(database, polled(0), lost(30, "faxstore was stopped", 29))
    append(
        database,
        of_server(90, "Connected"),
        of_server(91, "Disconnected", Reason="login refused: Authentication failed"),
    )
    append(database, of_server(200, "ConnectFailed", Reason="Connection refused"))
    append(database, of_server(290, "Connected"), polled(291))
    (gap,) = gaps(database)
    assert gap["reasons"] == ["collector down", "permission", "connection lost"]
    assert gap["messages"] == ["faxstore was stopped", "login refused: Authentication failed", "Connection refused"]


def test_late_polls_are_a_gap(database: psycopg.Connection) -> None:
    append(database, polled(0), polled(95, Previous=55.0), polled(155))
    assert bounds(gaps(database)) == [(at(55), at(95), "polls late")]


def test_the_time_between_two_recordings_is_a_gap(database: psycopg.Connection) -> None:
    """Neither recording covers it."""
    append(database, polled(0, 60), polled(3600))
    assert bounds(gaps(database)) == [(at(60), at(3600), "collector down")]


def test_refused_polls_are_a_gap(database: psycopg.Connection) -> None:
    append(
        database, polled(0), of_server(20, "PollFailed", Reason="Permission denied", LastPolled=19.0), polled(50, 110)
    )
    assert bounds(gaps(database)) == [(at(19), at(50), "permission")]


def test_the_time_before_the_first_poll_is_no_gap(database: psycopg.Connection) -> None:
    append(
        database, of_server(0, "ConnectFailed", Reason="Connection refused"), of_server(9, "Connected"), polled(10, 70)
    )
    assert gaps(database) == []


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-31T00:00:00+00:00", "2026-13-01T00:00:00+00:00", "'); --"])
def test_a_malformed_time_breaks_nothing(database: psycopg.Connection, text: str) -> None:
    append(database, polled(0), of_server(30, "Disconnected", Reason="x", LastPolled=text), polled(60))
    (gap,) = gaps(database)
    assert gap["ended_at"] == at(60)
    assert at(0) <= gap["began_at"] <= at(60)


# -- two observers, more servers --------------------------------------------------------------------------------


def test_what_one_of_two_observers_polled_is_covered(database: psycopg.Connection) -> None:
    append(
        database,
        polled(0, 60),
        lost(100, "faxstore was stopped", 99),
        of_server(150, "Connected"),
        polled(151),
        collector="one",
    )
    append(database, polled(30, 90, 150, 210), collector="two")
    assert gaps(database) == []


def test_time_that_neither_observer_polled_is_a_gap(database: psycopg.Connection) -> None:
    append(
        database,
        polled(0),
        lost(50, "faxstore was stopped", 49),
        of_server(400, "Connected"),
        polled(401),
        collector="one",
    )
    append(
        database,
        polled(30),
        lost(80, "Connection reset by peer", 79),
        of_server(300, "Connected"),
        polled(301, 361, 421),
        collector="two",
    )
    assert bounds(gaps(database)) == [(at(79), at(301), "connection lost")]


def test_each_server_has_its_own_gaps(database: psycopg.Connection) -> None:
    append(database, polled(0, 60, 120))
    append(database, [of_server(second, "Polled", server="pbx2") for second in (0, 500)])
    assert [row["server"] for row in gaps(database)] == ["pbx2"]


# -- still open -------------------------------------------------------------------------------------------------


def test_a_gap_that_has_not_ended(database: psycopg.Connection) -> None:
    """The rows of these tests are in the past, and nobody has polled since."""
    append(database, polled(0, 60))
    (gap,) = read(database, "select * from fax.coverage_gaps")
    assert of(gap, "began_at", "ended_at", "seconds", "reason") == (at(60), None, None, "collector down")


def test_a_server_polled_just_now_has_no_gap(database: psycopg.Connection) -> None:
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id)"
        " select 'pbx', now() - n * interval '1 minute', 'Polled', 'one' from generate_series(0, 9) n"
    )
    assert read(database, "select * from fax.coverage_gaps") == []


def test_an_observer_covers_the_time_until_its_next_record_is_due(database: psycopg.Connection) -> None:
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id, details) values"
        " ('pbx', now() - interval '9 seconds', 'Polled', 'one', null),"
        " ('pbx', now() - interval '50 seconds', 'Polled', 'two', null),"
        " ('pbx', now() - interval '2 seconds', 'Disconnected', 'one', '{\"Reason\": \"faxstore was stopped\"}')"
    )
    assert read(database, "select * from fax.coverage_gaps") == []


def test_a_killed_observer_covers_nothing_after_another_took_over(
    database: psycopg.Connection,
) -> None:
    """Even before its next record is overdue."""
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id) values"
        " ('pbx', now() - interval '50 seconds', 'Polled', 'one'),"
        " ('pbx', now() - interval '9 seconds', 'Connected', 'two'),"
        " ('pbx', now() - interval '8 seconds', 'Polled', 'two')"
    )
    (gap,) = read(database, "select seconds, reason from fax.coverage_gaps")
    assert of(gap, "seconds", "reason") == (42, "collector down")


def test_a_connection_lost_just_now_is_an_open_gap(database: psycopg.Connection) -> None:
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id, details) values"
        " ('pbx', now() - interval '9 seconds', 'Polled', 'one', null),"
        " ('pbx', now() - interval '2 seconds', 'Disconnected', 'one', '{\"Reason\": \"Connection reset by peer\"}')"
    )
    (gap,) = read(database, "select * from fax.coverage_gaps")
    assert of(gap, "ended_at", "reason") == (None, "connection lost")


# -- sessions in a gap --------------------------------------------------------------------------------------------


def test_sessions_that_overlap_a_gap_are_marked(database: psycopg.Connection) -> None:
    append(database, polled(0), lost(40, "x", 39), of_server(60, "Connected"), polled(61, 121, 181))
    before, across, seen_first_after, after = (
        [*receiving((5, 1, 0), (20, 2, 0), number=0), gone(21, 0)],
        [*receiving((30, 1, 0), (62, 2, 0), number=1), gone(70, 1)],
        [*receiving((61.1, 3, 0), (80, 3, 0), number=2), gone(81, 2)],
        [*receiving((90, 1, 0), (100, 2, 0), number=3), gone(101, 3)],
    )
    append(database, before, across, seen_first_after, after)
    assert [of(row, "session_number", "overlaps_gap") for row in sessions(database)] == [
        (0, False), (1, True), (2, True), (3, False),
    ]  # fmt: skip
    assert gaps(database)[0]["sessions"] == 2


def test_sessions_of_hours_overlap_a_gap_with_and_without_totals(database: psycopg.Connection) -> None:
    append(database, polled(*range(0, 7201, 60)), lost(7240, "x", 7239), of_server(7260, "Connected"), polled(7261))
    for number, began, ended in ((0, 10, 7250), (1, 20, 7000), (2, 5000, 7245), (3, 7100, 7110), (4, 7242, 7300)):
        append(database, receiving((began, 1, 0), (ended, 2, 0), number=number), gone(ended + 1, number))
    append(database, receiving((30, 1, 0), (7255, 2, 0), number=5))  # no end
    assert gaps(database)[0]["sessions"] == 4
    assert write_totals(database) == 6
    assert gaps(database)[0]["sessions"] == 4


def test_a_session_ended_by_an_unobserved_restart_is_marked(database: psycopg.Connection) -> None:
    append(database, polled(0), receiving((10, 1, 0), (20, 2, 0)), lost(21, "Connection reset by peer", 20.5))
    append(database, of_server(60, "Connected"), polled(61, 121), snapshot(62, 0, of=life(started=50)))
    cut, _ = sessions(database)
    assert of(cut, "end_observed_by", "ended_not_before", "ended_not_after") == ("server_restart", at(20), at(50))
    assert cut["overlaps_gap"] is True


def test_a_session_without_recorded_polls_overlaps_a_gap(database: psycopg.Connection) -> None:
    append(database, receiving((10, 1, 0), (20, 2, 0)), gone(21))
    assert sessions(database)[0]["overlaps_gap"] is True


def test_missed_faxes_by_the_servers_own_counters(database: psycopg.Connection) -> None:
    append(database, stats(0, TransmitAttempts="5", ReceiveAttempts="0", CompletedFAXes="5", FailedFAXes="0"))
    append(database, polled(1), sending((10, 1), (30, 2)), lost(40, "x", 39), of_server(99, "Connected"))
    append(
        database,
        stats(99.5, TransmitAttempts="8", ReceiveAttempts="1", CompletedFAXes="9", FailedFAXes="0"),
        polled(99.2),
    )
    append(database, stats(160, TransmitAttempts="9", ReceiveAttempts="1", CompletedFAXes="9", FailedFAXes="0"))
    assert gaps(database)[0]["missed_faxes"] == 3


def test_missed_faxes_are_unknown_without_a_reading_on_each_side(database: psycopg.Connection) -> None:
    append(database, polled(0), lost(40, "x", 39), polled(99))
    append(database, stats(100, TransmitAttempts="8", ReceiveAttempts="1"))
    assert gaps(database)[0]["missed_faxes"] is None


# -- a period of one server ---------------------------------------------------------------------------------------


def test_gaps_are_clipped_to_the_period(database: psycopg.Connection) -> None:
    append(database, polled(0, 60, 1000, 1060))
    query = "select began_at, ended_at from fax.gaps('pbx', %s, %s)"
    assert read(database, query, at(100), at(200)) == [{"began_at": at(100), "ended_at": at(200)}]
    assert read(database, query, at(30), at(1010)) == [{"began_at": at(60), "ended_at": at(1000)}]
    assert read(database, query, at(10), at(50)) == []
    assert read(database, query, at(50), at(10)) == []
    assert read(database, "select * from fax.gaps('nobody', %s, %s)", at(0), at(9))[0]["ended_at"] == at(9)


# -- dropped records -----------------------------------------------------------------------------


def dropped(first: float, last: float) -> Any:
    """Records between two moments that were dropped because a queue was full."""
    why = "the spool could not be written (disk full)"
    return of_server(last, "Dropped", Reason=why, Records="7", From=first, To=last)


def test_dropped_records_are_a_gap_even_with_continuous_polls(database: psycopg.Connection) -> None:
    append(database, polled(0, 60, 120), dropped(70, 100))
    (gap,) = gaps(database)
    assert of(gap, "began_at", "ended_at", "reason") == (at(70), at(100), "dropped")
    assert of(gap, "reasons", "messages") == (["dropped"], ["the spool could not be written (disk full)"])


def test_records_that_another_observer_stored_are_no_gap(database: psycopg.Connection) -> None:
    append(database, polled(0, 60, 120), dropped(70, 100))
    append(database, polled(0, 60, 120), collector="host2")
    assert gaps(database) == []


def test_an_hour_of_dropped_records_is_a_gap_in_any_minute_of_it(database: psycopg.Connection) -> None:
    append(database, polled(0), dropped(10, 3600), polled(3601, 3661))
    asked = "select began_at, ended_at, reason from fax.gaps('pbx', %s, %s)"
    assert database.execute(asked, [at(600), at(660)]).fetchall() == [(at(600), at(660), "dropped")]


def test_a_collector_that_dropped_records_and_was_killed(database: psycopg.Connection) -> None:
    append(database, polled(0, 60), dropped(70, 100), of_server(200, "Connected"), polled(201))
    (gap,) = gaps(database)
    assert of(gap, "began_at", "ended_at", "reasons") == (at(60), at(201), ["dropped", "collector down"])
