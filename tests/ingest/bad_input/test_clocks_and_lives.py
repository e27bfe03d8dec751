"""Clocks that are set back, coarse or wrong; restarts, and channels that two lives of a server share."""

from __future__ import annotations

import re
from dataclasses import replace

import psycopg
import pytest

from faxstore.capture.recording import Line
from tests.kit.damaged_recordings import (
    RECORDING,
    Originals,
    Row,
    imported,
    middle,
    recorded,
    rejected,
    sessions,
    without,
)

TIMES = ("started_at", "ended_at", "duration_seconds")


@pytest.mark.parametrize("step", [0.05, 2.0, 3600.0], ids=lambda step: f"{step} s")
@pytest.mark.parametrize("recording", [RECORDING, "no-ecm-16"])
def test_a_clock_that_steps_back_in_the_middle_of_a_fax(
    database: psycopg.Connection, originals: Originals, recording: str, step: float
) -> None:
    lines = recorded(recording)
    at = middle(lines)
    lines = lines[:at] + [replace(line, ts=line.ts - step) for line in lines[at:]]
    summary = imported(database, lines)
    assert (summary.repeats, summary.rejected) == (0, 0)
    names = ("session_id", "epoch_id", "session_number", "channel", "operation", "pages", "result", "end_observed_by")
    by_number = [{name: row[name] for name in names} for row in by_channel(sessions(database))]
    assert by_number == [{name: row[name] for name in names} for row in by_channel(originals(recording))]


def by_channel(sessions: list[Row]) -> list[Row]:
    return sorted(sessions, key=lambda row: (row["channel"], row["session_number"]))


def test_a_clock_that_steps_back_between_two_faxes(database: psycopg.Connection, originals: Originals) -> None:
    """The clock is set back by two hours while the connection is down."""
    lines = recorded("restart-22")
    at = next(at for at, line in enumerate(lines) if line.dir == "mark" and line.text.startswith("disconnected"))
    lines = lines[: at + 1] + [replace(line, ts=line.ts - 7200) for line in lines[at + 1 :]]
    summary = imported(database, lines)
    assert (summary.repeats, summary.rejected) == (0, 0)
    names = ("session_number", "channel", "operation", "pages", "result", "result_text")
    expected = sorted(str([row[name] for name in names]) for row in originals("restart-22"))
    assert sorted(str([row[name] for name in names]) for row in sessions(database)) == expected
    assert len({row["epoch_id"] for row in sessions(database)}) == 2


@pytest.mark.parametrize("digits", [2, 1])
def test_a_coarse_clock_merges_no_messages(database: psycopg.Connection, originals: Originals, digits: int) -> None:
    """As in a recording of another program, with times of two decimals or one."""
    lines = [replace(line, ts=round(line.ts, digits)) for line in recorded()]
    summary = imported(database, lines)
    assert summary.repeats == 0
    assert summary.observations == observed(recorded())
    assert sessions(database, *TIMES, "epoch_id", "session_id") == without(
        originals(RECORDING), *TIMES, "epoch_id", "session_id"
    )


def observed(lines: list[Line]) -> int:
    from faxstore.observations import Observation
    from faxstore.reader.line_reader import LineReader

    line_reader = LineReader("pbx")
    return sum(isinstance(record, Observation) for line in lines for record in line_reader.feed(line))


@pytest.mark.parametrize("days", [-20_000, 400, 30_000], ids=lambda days: f"{days} days")
def test_a_clock_that_is_years_off(database: psycopg.Connection, originals: Originals, days: int) -> None:
    """Its rows are in a partition that is of no day, and the packs of their month can have a partition later."""
    lines = [replace(line, ts=line.ts + days * 86400) for line in recorded()]
    imported(database, lines)
    columns = (*TIMES, "epoch_id", "session_id")
    assert sessions(database, *columns) == without(originals(RECORDING), *columns)
    assert rejected(database) == []
    database.execute("select fax.make_partition(started_at, 'session_pack') from fax.session")
    imported(database, [replace(line, ts=line.ts + 60) for line in lines])
    assert rejected(database) == []


@pytest.mark.parametrize("uniqueid", ["Uniqueid: 1795435200.7\r\n", ""], ids=["with Uniqueid", "without"])
@pytest.mark.parametrize("between", ["a restart", "a new load"])
def test_one_channel_name_in_two_lives(database: psycopg.Connection, uniqueid: str, between: str) -> None:
    """Both faxes are too short for any poll, and they are two faxes."""
    fax = f"Event: SendFAX\r\nChannel: PJSIP/a-00000000\r\n{uniqueid}PagesTransferred: 1\r\n\r\n"
    again = {
        "a restart": "Event: FullyBooted\r\nUptime: 0\r\nStatus: Fully Booted\r\n\r\n",
        "a new load": "Event: Load\r\nModule: res_fax.so\r\nStatus: Success\r\n\r\n",
    }
    texts = ["Event: FullyBooted\r\nUptime: 3600\r\n\r\n", fax, again[between], fax]
    lines = [Line(1_795_435_200.0 + 5 * number, "in", text) for number, text in enumerate(texts)]
    summary = imported(database, lines)
    assert (summary.rows, summary.repeats) == (2, 0)
    assert [(row["channel"], row["pages"]) for row in sessions(database)] == [("PJSIP/a-00000000", 1)] * 2


@pytest.mark.parametrize("pause", [20, 140, 160, 1000], ids=lambda pause: f"{pause} s")
def test_two_unpolled_faxes_of_one_call(database: psycopg.Connection, pause: int) -> None:
    fax = "Event: SendFAX\r\nChannel: PJSIP/a-1\r\nUniqueid: 1.1\r\nPagesTransferred: 1\r\n\r\n"
    elsewhere = "Event: FAXStatus\r\nChannel: PJSIP/b-1\r\nUniqueid: 2.2\r\nOperation: send\r\nStatus: x\r\n\r\n"
    texts = [(0, fax), (pause - 1, elsewhere), (pause, fax)]
    imported(database, [Line(1_795_435_200.0 + after, "in", text) for after, text in texts])
    assert [(row["channel"], row["pages"]) for row in sessions(database)] == [("PJSIP/a-1", 1)] * 2


def test_a_completion_event_after_the_hangup_belongs_to_its_session(
    database: psycopg.Connection, originals: Originals
) -> None:
    """Asterisk sends the two events from two threads, in any order."""
    lines = recorded()
    for event in ("SendFAX", "ReceiveFAX"):
        at = next(at for at, line in enumerate(lines) if line.text.startswith(f"Event: {event}\r\n"))
        channel = re.search(r"\r\nChannel: [^\r]*\r\n", lines[at].text)
        assert channel is not None
        hangup = next(
            later
            for later in range(at, len(lines))
            if lines[later].text.startswith("Event: Hangup\r\n") and channel[0] in lines[later].text
        )
        fax = replace(lines[at], ts=lines[hangup].ts + 0.000001)
        lines = [*lines[:at], *lines[at + 1 : hangup + 1], fax, *lines[hangup + 1 :]]
    imported(database, lines)
    assert sessions(database, "ended_at", "duration_seconds") == without(
        originals(RECORDING), "ended_at", "duration_seconds"
    )


def test_a_restart_without_any_event(database: psycopg.Connection, originals: Originals) -> None:
    """A user without class system gets no FullyBooted; only reused session numbers show the new life."""
    hidden = ("Event: FullyBooted", "Event: Shutdown", "Event: FAXStats")
    lines = [line for line in recorded("restart-22") if not line.text.startswith(hidden)]
    first = imported(database, lines)
    before = sessions(database)
    names = ("session_number", "channel", "operation", "pages", "result")
    last_ones = [row for row in originals("restart-22") if row["result"] == "success"]
    assert last_ones
    for row in last_ones:
        assert [row[name] for name in names] in [[found[name] for name in names] for found in before]
    again = imported(database, lines)
    assert (again.rows, again.repeats) == (0, first.rows)
    assert sessions(database) == before


def test_a_piece_imported_again_stores_no_more_waiting_records(
    database: psycopg.Connection, originals: Originals
) -> None:
    """It ends while events wait for the list that contains their session."""
    lines = recorded()
    at = [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXStatus\r\n")][-1]
    first = imported(database, lines[: at + 4])
    again = imported(database, lines[: at + 4])
    assert first.unfinished > 0
    assert (again.rows, again.unfinished) == (0, first.unfinished)
    imported(database, lines)
    assert sessions(database) == originals(RECORDING)
