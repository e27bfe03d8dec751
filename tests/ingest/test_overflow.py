"""Dropped records become `Dropped` observations, per server and hour."""

from __future__ import annotations

from faxstore.ingest.overflow import LONGEST, Overflow
from faxstore.observations import Hangup, Life, Observation, Rejected, ServerObservation, decode, encode, moment_text

NOON = 1_795_435_200_000_000
SECOND = 1_000_000


def flush(overflow: Overflow) -> list[ServerObservation]:
    rows = [decode(body) for body in overflow.flush("why")]
    return [row for row in rows if isinstance(row, ServerObservation)]


def text(seconds: int) -> str:
    return moment_text(NOON + seconds * SECOND)


def test_every_kind_of_record_counts_for_its_server() -> None:
    life, overflow = Life("pbx1", NOON), Overflow()
    overflow.add(encode(Observation(life, NOON, "FAXSession", 7)))
    overflow.add(encode(Hangup(life, NOON + 3, "PJSIP/a-1", "1.1")))
    overflow.add(encode(Rejected("pbx2", NOON + 4, "why", "raw")))
    assert [(row.server, row.details["Records"]) for row in flush(overflow)] == [("pbx1", "2"), ("pbx2", "1")]
    assert flush(overflow) == []


def test_no_row_spans_more_than_fax_gaps_looks_back() -> None:
    overflow = Overflow()
    for minute in range(150):
        overflow.add(encode(ServerObservation("pbx1", NOON + minute * 60 * SECOND, "Polled")))
    spans = [(row.details["From"], row.details["To"]) for row in flush(overflow)]
    assert spans == [(text(0), text(3600)), (text(3660), text(7260)), (text(7320), text(8940))]
    assert LONGEST == 3600 * SECOND


def test_a_clock_set_back_never_makes_a_gap_end_before_it_begins() -> None:
    overflow = Overflow()
    for at in (100, 40, 70):
        overflow.add(encode(ServerObservation("pbx1", NOON + at * SECOND, "Polled")))
    (row,) = flush(overflow)
    assert (row.observed_at, row.details["From"], row.details["To"]) == (NOON + 100 * SECOND, text(40), text(100))
