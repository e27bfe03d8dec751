"""The epoch of a life: starts within 2 s on one server are one epoch, and each load of the module is another."""

from __future__ import annotations

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.observations import Life, ServerObservation
from faxstore.store.append import Appender
from faxstore.store.database import connect
from tests.kit.given import append, at, begins, gone, life, moment, of_server, read, sessions, snapshot, stats


def epochs(database: psycopg.Connection) -> list[dict[str, object]]:
    return read(database, "select * from fax.epoch order by first_seen_at, reload_ordinal")


@pytest.mark.parametrize("apart", [-2.0, -0.6, 0.0, 1.9])
def test_two_observers_of_one_start_find_one_epoch(database: psycopg.Connection, apart: float) -> None:
    """Uptime is whole seconds: a recording and the live ingestor compute starts up to 2 s apart."""
    append(database, snapshot(0), collector="import")
    append(database, snapshot(0.2, of=life(started=-3600 + apart)), collector="host1")
    assert len(epochs(database)) == 1
    assert [(row["session_number"], row["snapshots"]) for row in sessions(database)] == [(0, 2)]


@pytest.mark.parametrize("apart", [-3, 3, 3540])
def test_another_start_is_another_epoch(database: psycopg.Connection, apart: float) -> None:
    append(database, snapshot(0))
    append(database, snapshot(10, of=life(started=-3600 + apart)))
    assert len(epochs(database)) == 2
    assert [row["session_number"] for row in sessions(database)] == [0, 0]


def test_the_start_up_text_is_evidence_without_an_uptime(database: psycopg.Connection) -> None:
    text = "2026-11-02 08:00:12"
    append(database, snapshot(0, of=Life("pbx", moment(-5), startup_text=text)), collector="one")
    append(database, snapshot(1, of=Life("pbx", moment(0.5), startup_text=text)), collector="two")
    append(database, snapshot(2, of=life(startup_text=text)), collector="three")
    append(database, snapshot(3, of=Life("pbx", moment(2), startup_text="2026-11-02 08:00:19")), collector="four")
    assert [(row["startup_text"], row["started_at"]) for row in epochs(database)] == [
        (text, at(-3600)),
        ("2026-11-02 08:00:19", None),
    ]


def test_a_life_without_evidence_belongs_to_the_epoch_that_was_observed_then(database: psycopg.Connection) -> None:
    append(database, snapshot(0), snapshot(60))
    append(database, snapshot(30, of=Life("pbx", moment(30))), collector="two")
    append(database, snapshot(150, of=Life("pbx", moment(150), continued=True)), collector="three")
    assert len(epochs(database)) == 1
    append(database, snapshot(1000, of=Life("pbx", moment(1000))), collector="four")
    assert len(epochs(database)) == 2


def test_a_start_that_becomes_known_later_belongs_to_the_epoch_of_its_observer(database: psycopg.Connection) -> None:
    """CoreStatus is answered after the first list; the next piece of the recording is read by another Appender."""
    unknown = Life("pbx", moment(0))
    append(database, snapshot(0, of=unknown))
    append(database, snapshot(10, of=replace(unknown, startup_text="2026-11-02 08:00:12")))
    assert [row["startup_text"] for row in epochs(database)] == ["2026-11-02 08:00:12"]
    assert [row["snapshots"] for row in sessions(database)] == [2]


def test_a_reload_of_the_module_is_another_epoch_of_the_same_start(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    append(database, snapshot(100, of=life(reloaded_at=moment(90))), collector="one")
    append(database, snapshot(101, of=life(reloaded_at=moment(91))), collector="two")
    append(database, snapshot(200, of=life(reloaded_at=moment(190))))
    assert [(row["reload_ordinal"], row["reloaded_at"]) for row in epochs(database)] == [
        (0, None),
        (1, at(90)),
        (2, at(190)),
    ]
    assert [(row["started_at"], row["snapshots"]) for row in sessions(database)] == [
        (at(0), 1),
        (at(100), 2),
        (at(200), 1),
    ]


def test_two_reloads_at_once_are_two_epochs(database: psycopg.Connection) -> None:
    """Another observer, whose clock differs, finds both: by time, and by what it saw before."""
    appended = [snapshot(90 + apart, of=life(reloaded_at=moment(90 + apart))) for apart in (0, 0.9)]
    append(database, snapshot(0), *appended, collector="one")
    append(database, *[snapshot(100, of=life(reloaded_at=moment(90 + apart))) for apart in (0.4, 1.4)], collector="two")
    append(database, snapshot(101, of=life(reloaded_at=moment(91.2))), collector="three")
    assert [(row["reload_ordinal"], row["reloaded_at"]) for row in epochs(database)] == [
        (0, None),
        (1, at(90)),
        (2, at(90.9)),
    ]
    assert [row["snapshots"] for row in sessions(database)] == [1, 2, 3]


def test_an_observer_that_starts_after_a_reload_finds_the_epoch_after_it(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    append(database, snapshot(100, of=life(reloaded_at=moment(90))), collector="one")
    late = Life("pbx", moment(95), started_at=moment(-3600))
    append(database, snapshot(101, of=late), collector="two")
    early = Life("pbx", moment(50), started_at=moment(-3600))
    append(database, snapshot(51, 1, of=early), collector="three")
    found = read(
        database,
        "select s.session_number, e.reload_ordinal, count(*) from fax.session_history h"
        " join fax.session s using (session_id) join fax.epoch e using (epoch_id) group by 1, 2 order by 1, 2",
    )
    assert [tuple(row.values()) for row in found] == [(0, 0, 1), (0, 1, 2), (1, 0, 1)]


STATS = {"TransmitAttempts": "4", "ReceiveAttempts": "5", "CompletedFAXes": "9", "FailedFAXes": "1"}
FEWER = {"TransmitAttempts": "1", "ReceiveAttempts": "5", "CompletedFAXes": "9", "FailedFAXes": "1"}


def module(second: float, event: str, *, name: str = "res_fax.so", status: str = "Success") -> ServerObservation:
    return of_server(second, event, Module=name, Status=status)


def life_since(second: float) -> Life:
    """Return the same start as seen by an observer that begins then."""
    return Life("pbx", moment(second), started_at=moment(-3600))


UNSEEN = {
    "unload observed": ([module(8, "Unload")], [], at(8)),
    "unload and load observed, no fax since": ([module(8, "Unload"), module(9, "Load")], [], at(9)),
    "falling counters": ([stats(5, **STATS)], [stats(20.1, **FEWER)], at(20)),
    "rising counters": ([stats(5, **FEWER)], [stats(20.1, **STATS)], None),
    "failed unload": ([module(8, "Unload", status="Failure")], [], None),
    "another module": ([module(8, "Unload", name="res_fax_spandsp.so")], [], None),
    "nothing": ([], [], None),
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_a_reload_while_no_observer_was_connected_is_found_in_stored_rows(
    database: psycopg.Connection, kind: str
) -> None:
    """The ingestor was stopped while the module was loaded again: session numbers restart at 0."""
    before, after, reloaded = UNSEEN[kind]
    append(database, snapshot(0), *before)
    append(database, *after, snapshot(21, of=life_since(20)))
    append(database, snapshot(22, of=life_since(20)))  # resolved again, by another Appender
    append(database, snapshot(41, of=life_since(40)))
    assert [row["reloaded_at"] for row in epochs(database)] == [None, *([reloaded] if reloaded else [])]
    assert [row["snapshots"] for row in sessions(database)] == ([1, 3] if reloaded else [4])


def test_an_event_between_the_connect_and_its_counters_follows_the_reload_too(database: psycopg.Connection) -> None:
    append(database, snapshot(0), stats(5, **STATS))
    append(database, replace(begins(20.05), life=life_since(20)), stats(20.1, **FEWER), snapshot(21, of=life_since(20)))
    assert [row["reloaded_at"] for row in epochs(database)] == [None, at(20)]
    assert [row["snapshots"] for row in sessions(database)] == [1, 1]


def test_counters_of_another_observer_with_a_slow_clock_are_no_evidence(database: psycopg.Connection) -> None:
    append(database, snapshot(0), stats(19, **STATS), collector="one")
    append(database, stats(20.1, **FEWER), snapshot(21, of=life_since(20)), collector="two")
    assert len(epochs(database)) == 1


A, B, C = (f"PJSIP/trunk-0000000{letter}" for letter in "abc")

LISTED = {
    "one, on the channel of an ended session's number": ([(0, B)], at(20)),
    "two, on other channels than the open sessions": ([(1, B), (2, C)], at(20)),
    "one, on another channel than the open session: it may have been transferred": ([(1, B)], None),
    "two on other channels, one on the same": ([(1, A), (2, B), (0, C)], None),
    "numbers that are new": ([(7, B), (8, C)], None),
}
"""What a first list shows, and when res_fax was reloaded: session 0 had ended; 1 and 2 were open, on channel A."""


@pytest.mark.parametrize("kind", LISTED)
def test_a_first_list_shows_whether_numbers_have_restarted(database: psycopg.Connection, kind: str) -> None:
    """Counters that were read early in the former life rise, so they do not show the reload (chaos, seed 485871298)."""
    listed, reloaded = LISTED[kind]
    append(database, stats(0, **FEWER), snapshot(1, 0, channel=A), replace(gone(3, 0), channel=A))
    append(database, *[snapshot(4, number, channel=A) for number in (1, 2)])
    since = life_since(20)
    append(database, stats(20.1, **STATS), *[snapshot(21, number, channel=name, of=since) for number, name in listed])
    append(database, *[snapshot(22, number, channel=name, of=since) for number, name in listed])
    assert [row["reloaded_at"] for row in epochs(database)] == [None, *([reloaded] if reloaded else [])]
    new = sum(reloaded is not None or number > 2 for number, _ in listed)
    assert len(sessions(database)) == 3 + new


def test_events_before_that_list_belong_to_its_sessions(database: psycopg.Connection) -> None:
    append(database, stats(0, **FEWER), snapshot(1, 0, channel=A), snapshot(1, 1, channel=A))
    with connect(database.info.dsn) as connection:
        appender, since = Appender(connection, "host/1"), life_since(20)
        begun = replace(begins(20.2), channel=B, uniqueid="1793606420.9", life=since)
        appender.append([(1, begun)])
        appender.append([(2, snapshot(21, 0, channel=B, of=since)), (3, snapshot(21, 1, channel=C, of=since))])
    assert [row["reloaded_at"] for row in epochs(database)] == [None, at(20)]
    assert [(row["session_number"], row["snapshots"], row["uniqueid"]) for row in sessions(database)] == [
        (0, 1, None),
        (1, 1, None),
        (0, 1, "1793606420.9"),
        (1, 1, None),
    ]
