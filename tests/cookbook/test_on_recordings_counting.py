"""Pages, bad lines and money of the real recordings, against the servers' logs and the files received."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from math import ceil

import psycopg

from tests.cookbook import recorded_faxes as wire
from tests.cookbook.statements import ask, lines

ONE_DAY = date(2026, 11, 23)
"""All recordings are of this day, in UTC and in Berlin."""


def test_1_pages_sent_by_account(recordings: psycopg.Connection) -> None:
    """No channel had an account.  A fax that never became a session counts as one without pages."""
    early = [end for _, end, _ in wire.failed_early() if end.operation == "send"]
    pages = sum(fax.pages for fax in wire.sent())
    assert lines(ask(recordings, 1)) == [(None, len(wire.sent()) + len(early), pages)]


def test_2_pages_by_day(recordings: psycopg.Connection) -> None:
    sent = sum(fax.pages for fax in wire.sent())
    received = sum(fax.pages for fax in wire.received())
    assert {wire.moment(fax.began_at).date() for fax in wire.faxes()} == {ONE_DAY}
    assert lines(ask(recordings, 2)) == [
        (date(2026, 11, 22), None, 0, 0),
        (ONE_DAY, None, sent, received),
        (date(2026, 11, 24), None, 0, 0),
    ]


def test_2_does_not_depend_on_the_time_zone(recordings: psycopg.Connection) -> None:
    for zone in ("America/New_York", "Asia/Kolkata"):
        assert ask(recordings, 2, time_zone=zone) == ask(recordings, 2)


def test_3_bad_lines_are_those_in_the_files(recordings: psycopg.Connection) -> None:
    """For receivers without ECM at one end at least: what they recorded in the TIFF of each page."""
    expected: dict[tuple[str, str | None], list[wire.Fax]] = defaultdict(list)
    for fax in wire.received():
        if fax.ecm is False:
            expected[fax.trunk, fax.station].append(fax)
    rows = ask(recordings, 3)
    assert [row["ratio"] for row in rows] == sorted((row["ratio"] for row in rows), reverse=True)
    found = {(row["trunk"], row["station"]): row for row in rows}
    assert found.keys() == expected.keys()
    for key, faxes in expected.items():
        bad_lines = sum(sum(fax.noted_bad_lines) for fax in faxes)
        pages = sum(len(fax.noted_bad_lines) for fax in faxes)
        assert (found[key]["pages"], found[key]["bad_lines"]) == (pages, bad_lines)
        assert {fax.answers[-1].resolution for fax in faxes} == {"8031x3850"}
        on_a4 = round(3850 * 0.297)  # lines per metre times metres
        assert found[key]["ratio"] == round(Decimal(bad_lines) / (on_a4 * pages), 4)
        assert found[key]["lower_bound"] == any(fax.last_polls_are_early for fax in faxes)


def test_26_money_is_recomputed_with_decimals(recordings: psycopg.Connection) -> None:
    rates = {"send": ("0.0500", "0.0900", "0.0100"), "receive": ("0.0200", "0.0300", "0.0020")}
    expected = []
    for fax in wire.no_detectors():
        if fax.recording != "failures-22":
            continue
        assert fax.end is not None
        assert fax.completed_at is not None
        per_page, first_minute, per_six_seconds = map(Decimal, rates[fax.operation])
        microseconds = fax.completed_at - fax.began_at
        if fax.end.status == "SUCCESS":
            amount = fax.end.pages * per_page
        elif fax.end.pages:
            steps = ceil(Decimal(max(microseconds - 60_000_000, 0)) / 6_000_000)
            amount = first_minute + per_six_seconds * steps
        else:
            amount = Decimal(0)
        seconds = ceil(Decimal(microseconds) / 1_000_000)
        direction = {"send": "sent", "receive": "received"}[fax.operation]
        expected.append((fax.number, direction, fax.end.pages, seconds, amount))
    rows = ask(recordings, 26)
    sessions = [row for row in rows if row["session_number"] is not None]
    names = ("session_number", "direction", "pages", "seconds", "amount")
    assert sorted(lines(sessions, *names)) == sorted(expected)
    assert all(type(row["amount"]) is Decimal for row in rows)
    early = [end for server, end, _ in wire.failed_early() if server == "failures-22"]
    assert [row["amount"] for row in rows if row["session_number"] is None] == [0] * len(early)
