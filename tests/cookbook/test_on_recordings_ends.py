"""How the faxes of the real recordings ended, against the servers' logs and the wire."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import psycopg

from tests.cookbook import recorded_faxes as wire
from tests.cookbook.statements import Row, ask, lines
from tests.kit import truth

DIRECTIONS = {"send": "sent", "receive": "received", "gateway": "gateway"}

CLASSES = {  # as res_fax_spandsp.c and res_fax.c classify their messages
    "The call dropped prematurely": "call_dropped",
    "Disconnected after permitted retries": "retries_exceeded",
    "Unexpected DCN while waiting for image data": "rx_protocol_error",
    "TIFF/F file cannot be opened": "file_error",
    "error reading file": "file_error",
    "incompatible 'modems' and 'maxrate' settings": "neg_failed",
    "error reserving fax session": "neg_failed",
    "error starting fax session": "neg_failed",
}


def has_no_event(fax: wire.Fax) -> bool:
    """The recordings without events."""
    return fax.recording.startswith("no-ecm")


# -- 4: ends without a completion event ---------------------------------------------------------------------


def test_4_sessions_without_a_completion_event(recordings: psycopg.Connection) -> None:
    expected: list[tuple[object, ...]] = [
        (server, None, DIRECTIONS[end.operation], "gone", "failed") for server, end, _ in wire.failed_early()
    ]
    for fax in wire.no_detectors():
        if fax.completion is None:
            how = "gone" if fax.end else "server_restart"
            result = "success" if fax.operation == "gateway" else "unknown"
            expected.append((fax.server, fax.number, DIRECTIONS[fax.operation], how, result))
    rows = lines(ask(recordings, 4), "server", "no", "direction", "end_observed_by", "result")
    assert Counter(rows) == Counter(expected)


def test_4_the_bounds_are_the_last_answer_and_the_first_list_without_the_session(
    recordings: psycopg.Connection,
) -> None:
    """The end in the server's own log is between the bounds."""
    rows = {(row["server"], row["no"]): row for row in ask(recordings, 4) if row["end_observed_by"] == "gone"}
    faxes = [fax for fax in wire.no_detectors() if fax.completion is None and fax.end is not None]
    assert len(faxes) == 7
    for fax in faxes:
        not_before, not_after = bounds(rows[fax.server, fax.number])
        assert fax.first_list_without is not None
        assert fax.end is not None
        assert near(not_before, wire.moment(fax.answers[-1].at))
        assert near(not_after, wire.moment(fax.first_list_without))
        assert not_before <= wire.logged_at(fax.end) <= not_after


def test_4_a_kill_is_between_the_last_answer_and_the_next_life(recordings: psycopg.Connection) -> None:
    killed = next(note["ts"] for note in truth.truth_of("restart-hard-16")["notes"] if note["note"] == "stop")
    rows = [row for row in ask(recordings, 4) if row["end_observed_by"] == "server_restart"]
    assert [row["no"] for row in rows] == [0, 1, 2, 3]
    for row, fax in zip(rows, (fax for fax in wire.faxes() if fax.recording == "restart-hard-16"), strict=False):
        not_before, not_after = bounds(row)
        assert near(not_before, wire.moment(fax.answers[-1].at))
        assert not_before.timestamp() <= killed <= not_after.timestamp()
        assert row["overlaps_gap"]


def test_4_sessions_polled_twice_per_second_overlap_no_gap(recordings: psycopg.Connection) -> None:
    """Only the killed server was not watched while faxes were in progress."""
    assert {row["server"] for row in ask(recordings, 4) if row["overlaps_gap"]} == {"restart-hard-16"}


def test_4_a_fax_without_a_session_ended_with_its_last_message(recordings: psycopg.Connection) -> None:
    rows = [row for row in ask(recordings, 4) if row["no"] is None]
    found = sorted((row["server"], bounds(row)) for row in rows)
    expected = sorted((server, wire.moment(at)) for server, _, at in wire.failed_early())
    for (server, (not_before, not_after)), (other, at) in zip(found, expected, strict=True):
        assert server == other
        assert near(not_before, at)
        assert near(not_after, at)


# -- 8, 9, 24: why they failed ------------------------------------------------------------------------------


def test_8_failures_by_reason_and_trunk(recordings: psycopg.Connection) -> None:
    """By the text that the server logged.  Without such a text, or without events, the reason is unknown."""
    reasons: dict[str, Counter[str | None]] = defaultdict(Counter)
    for fax in wire.no_detectors():
        if fax.end is None or has_no_event(fax):
            reasons[fax.trunk][None] += 1
        elif fax.end.status == "FAILED":
            reasons[fax.trunk][CLASSES[fax.end.text]] += 1
    for _, end, _ in wire.failed_early():
        reasons[end.channel.rsplit("-", 1)[0]][CLASSES[end.text]] += 1
    monday = date(2026, 11, 23)
    expected = [
        (monday, trunk, reason, count, round(Decimal(counts[None]) / counts.total(), 2))
        for trunk, counts in reasons.items()
        for reason, count in counts.items()
    ]
    rows = lines(ask(recordings, 8))
    assert Counter(rows) == Counter(expected)
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)


def test_9_failed_after_a_page(recordings: psycopg.Connection) -> None:
    expected = [
        (fax.server, fax.number, DIRECTIONS[fax.operation], fax.end.pages, CLASSES[fax.end.text], fax.end.text)
        for fax in wire.no_detectors()
        if fax.end and fax.end.status == "FAILED" and fax.end.pages and not has_no_event(fax)
    ]
    assert sorted(lines(ask(recordings, 9))) == sorted(expected)


def test_24_faxes_that_no_poll_observed(recordings: psycopg.Connection) -> None:
    """Only faxes that failed before they were sessions: every other fax in the logs was listed and polled."""
    expected = [
        (server, DIRECTIONS[end.operation], "gone", None, "failed", CLASSES[end.text], end.text)
        for server, end, _ in wire.failed_early()
    ]
    rows = lines(ask(recordings, 24))
    assert Counter(row[:-1] for row in rows) == Counter(expected)
    assert all(fax.answers for fax in wire.no_detectors())


def bounds(row: Row) -> tuple[datetime, datetime]:
    """The two bounds of a row of question 4, which has them as text to the millisecond."""
    day = "2026-11-23 {} +0000"
    not_before, not_after = (
        datetime.strptime(day.format(row[name]), "%Y-%m-%d %H:%M:%S.%f %z") for name in ("not_before", "not_after")
    )
    return not_before, not_after


def near(one: datetime, other: datetime) -> bool:
    """Return the time without its microseconds."""
    return abs(one - other) <= timedelta(milliseconds=1)
