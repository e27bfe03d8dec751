"""fax.quality_by_peer: given faxes with station ids, expect the measurements and the share that is not measurable."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg

from faxstore.observations import Record
from tests.kit.given import Row, append, before_negotiation, completed, entry, gone, hangup, of, read, receiving, result
from tests.kit.given import sending as sending_rows

ALICE = {"RemoteStationID": "ALICE"}


def received(
    second: float, number: int, *rows: tuple[float, int, int], end: dict[str, str], **fields: Any
) -> list[Record]:
    """A received fax whose completion event has these headers."""
    shown = receiving(*[(second + at, page, lines) for at, page, lines in rows], number=number, **fields)
    last = rows[-1]
    return [*shown, completed(second + last[0] + 1, last[1] - 1, **end), hangup(second + last[0] + 1.5)]


def peers(database: psycopg.Connection) -> list[Row]:
    return read(database, "select * from fax.quality_by_peer order by peer, transport, error_correction_mode")


def test_bad_lines_are_those_of_receivers_without_ecm(database: psycopg.Connection) -> None:
    append(database, received(0, 0, (0, 1, 0), (10, 1, 57), (20, 2, 0), (30, 3, 0), end=ALICE))
    append(database, received(100, 1, (0, 1, 0), (20, 2, 0), end=ALICE, error_correction_mode=True))
    plain, corrected = peers(database)
    assert of(plain, "peer", "transport", "error_correction_mode", "sessions", "pages") == (
        "ALICE",
        "G.711",
        False,
        1,
        2,
    )
    assert of(plain, "measurable_pages", "error_free_page_rate", "bad_lines") == (2, Decimal("0.5"), 57)
    assert of(plain, "bad_line_ratio_estimated", "not_measurable_rate") == (Decimal("0.0249"), 0)  # 57 of 2 x 1143
    assert of(plain, "seconds_per_page", "resent_pages") == (15, 0)
    assert of(corrected, "error_correction_mode", "measurable_pages", "bad_lines") == (True, 0, None)
    assert of(corrected, "error_free_page_rate", "bad_line_ratio_estimated", "not_measurable_rate") == (None, None, 1)


def test_resent_pages_are_counted(database: psycopg.Connection) -> None:
    append(database, received(0, 0, (0, 1, 300), (10, 1, 5), (20, 2, 5), end=ALICE))
    (row,) = peers(database)
    assert of(row, "resent_pages", "bad_lines", "pages") == (1, 5, 1)


def test_the_peer_is_the_station_else_the_number(database: psycopg.Connection) -> None:
    append(database, received(0, 0, (0, 1, 0), (10, 2, 0), end={"CallerIDNum": "5550001"}))
    append(database, sending_rows((100, 1), (110, 2), number=1))
    append(database, completed(111, 1, "SendFAX", ConnectedLineNum="5550002", CallerIDNum="5550009"), hangup(112))
    append(database, received(200, 2, (0, 1, 0), (10, 2, 0), end={}))
    assert [row["peer"] for row in peers(database)] == ["5550001", "5550002", None]


def test_real_falls_of_the_rate(database: psycopg.Connection) -> None:
    """From 9600 to 7200 within a session. The initial 14400 is a default, so a V.29 peer has no fall."""
    fall = [*receiving((0, 1, 0), data_rate=9600), *receiving((9, 1, 0), (19, 2, 0), data_rate=7200)]
    append(database, fall, completed(20, 1, **ALICE), hangup(21))
    append(database, before_negotiation(100, 1), received(101, 1, (0, 1, 0), (9, 2, 0), end={"RemoteStationID": "BOB"}))
    alice, bob = peers(database)
    assert of(alice, "rate_falls", "rate_fall_rate") == (1, 1)
    assert of(bob, "peer", "rate_falls", "rate_fall_rate") == ("BOB", 0, 0)


def test_cut_off_counts_sessions_after_negotiation(database: psycopg.Connection) -> None:
    append(database, end_of(0, 0, "SUCCESS"), end_of(100, 1, "FAILED"), end_of(200, 2, ""))
    never = [before_negotiation(300, 3), *result(305, "FAILED", "x", "Failed to train"), completed(306, 0, **ALICE)]
    append(database, never)
    total = {
        name: sum(row[name] for row in peers(database))
        for name in ("sessions", "successes", "failures", "unknown_ends")
    }
    assert total == {"sessions": 4, "successes": 1, "failures": 2, "unknown_ends": 1}
    agreed = peers(database)[0]
    assert of(agreed, "error_correction_mode", "cut_off_rate") == (False, Decimal("0.5"))
    assert of(peers(database)[1], "error_correction_mode", "cut_off_rate") == (None, None)


def end_of(second: float, number: int, status: str) -> Sequence[Record]:
    return [
        *receiving((second, 1, 0), (second + 10, 2, 0), number=number),
        *result(second + 10.5, status, "", "OK"),
        completed(second + 11, 1, **ALICE),
        hangup(second + 12),
    ]


def test_detectors_do_not_count(database: psycopg.Connection) -> None:
    append(database, entry(0, 1, operation="V.21", session_type="none"), gone(3, 1))
    assert peers(database) == []


def test_for_a_period_of_a_time_zone(database: psycopg.Connection) -> None:
    append(database, end_of(0, 0, "SUCCESS"), end_of(86400, 1, "SUCCESS"))
    query = "select sessions from fax.quality(%s, %s, 'Europe/Berlin')"
    assert read(database, query, "2026-11-02", "2026-11-03") == [{"sessions": 1}]
    assert read(database, query, "2026-11-02 09:00", "2026-11-04") == [{"sessions": 2}]
    assert read(database, query, "2026-11-02 09:01", "2026-11-03") == []
