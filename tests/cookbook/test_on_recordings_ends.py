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

CLASSES = {  # as res_fax_spandsp.c and res_fax.c sort what they say
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
    """Recorded without events."""
    return fax.recording.startswith("no-ecm")


# -- 4: which sessions never completed ----------------------------------------------------------------------


def test_4_what_never_completed_and_how_that_is_known(recordings: psycopg.Connection) -> None:
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


def test_4_the_bounds_are_the_last_answer_and_the_first_list_without_it(recordings: psycopg.Connection) -> None:
    """And the server's own log has the end between them."""
    rows = {(row["server"], row["no"]): row for row in ask(recordings, 4) if row["end_observed_by"] == "gone"}
    faxes = [fax for fax in wire.no_detectors() if fax.completion is None and fax.end is not None]
    assert len(faxes) == 7
    for fax in faxes:
        not_before, not_after = bounds(rows[fax.server, fax.number])
        assert fax.first_list_without is not None
        assert fax.end is not None
        assert near(not_before, wire.moment(fax.said[-1].at))
        assert near(not_after, wire.moment(fax.first_list_without))
        assert not_before <= wire.logged_at(fax.end) <= not_after


def test_4_a_kill_lies_between_the_last_answer_and_the_next_life(recordings: psycopg.Connection) -> None:
    killed = next(note["ts"] for note in truth.truth_of("restart-hard-16")["notes"] if note["note"] == "stop")
    rows = [row for row in ask(recordings, 4) if row["end_observed_by"] == "server_restart"]
    assert [row["no"] for row in rows] == [0, 1, 2, 3]
    for row, fax in zip(rows, (fax for fax in wire.faxes() if fax.recording == "restart-hard-16"), strict=False):
        not_before, not_after = bounds(row)
        assert near(not_before, wire.moment(fax.said[-1].at))
        assert not_before.timestamp() <= killed <= not_after.timestamp()
        assert row["overlaps_gap"]


def test_4_what_was_polled_twice_a_second_overlaps_no_gap(recordings: psycopg.Connection) -> None:
    """Only the killed server was out of sight while faxes were under way."""
    assert {row["server"] for row in ask(recordings, 4) if row["overlaps_gap"]} == {"restart-hard-16"}


def test_4_what_never_was_a_session_ended_with_its_last_word(recordings: psycopg.Connection) -> None:
    rows = [row for row in ask(recordings, 4) if row["no"] is None]
    found = sorted((row["server"], bounds(row)) for row in rows)
    expected = sorted((server, wire.moment(at)) for server, _, at in wire.failed_early())
    for (server, (not_before, not_after)), (other, at) in zip(found, expected, strict=True):
        assert server == other
        assert near(not_before, at)
        assert near(not_after, at)


# -- 8, 9, 24: why they failed ------------------------------------------------------------------------------


def test_8_failures_by_reason_and_trunk(recordings: psycopg.Connection) -> None:
    """By the text that the server logged; what logged none, or recorded no events, has no known reason."""
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


def test_24_what_no_poll_saw(recordings: psycopg.Connection) -> None:
    """Here only what failed before it was a session: each other fax of the logs was listed, and polled."""
    expected = [
        (server, DIRECTIONS[end.operation], "gone", None, "failed", CLASSES[end.text], end.text)
        for server, end, _ in wire.failed_early()
    ]
    rows = lines(ask(recordings, 24))
    assert Counter(row[:-1] for row in rows) == Counter(expected)
    assert all(fax.said for fax in wire.no_detectors())


def bounds(row: Row) -> tuple[datetime, datetime]:
    """The two moments of a line of question 4, which has them as text, to the millisecond."""
    day = "2026-11-23 {} +0000"
    not_before, not_after = (
        datetime.strptime(day.format(row[name]), "%Y-%m-%d %H:%M:%S.%f %z") for name in ("not_before", "not_after")
    )
    return not_before, not_after


def near(one: datetime, other: datetime) -> bool:
    """The same but for the microseconds."""
    return abs(one - other) <= timedelta(milliseconds=1)
