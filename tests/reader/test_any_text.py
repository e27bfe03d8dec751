"""LineReader on any text: it never raises, and no message of a fax is lost."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.capture import recording as capture
from faxstore.capture.message import clean_text
from faxstore.capture.recording import Direction, Line
from faxstore.observations import (
    Rejected,
    ServerObservation,
    decode,
    encode,
)
from faxstore.reader.line_reader import LineReader
from tests.kit import truth
from tests.kit.observer_lines import NOON

SOME_NAMES = """
Event Response ActionID EventList Message Channel SessionNumber Operation State Total Uptime Module Status
Variable Value DataRate FileName PageNumber CoreStartupDate AsteriskVersion TransmitAttempts Application Uniqueid Action
"""
SOME_VALUES = """
FAXSession FAXSessionsEntry FAXSessionsComplete FAXStats SendFAX ReceiveFAX FAXStatus VarSet Hangup FullyBooted
Shutdown Load Unload Reload Success Error Start 0 1 7 -1 send Active res_fax.so FAXSTATUS Newexten Status SendFAX V.21
FAXSessions FAXSession
"""
NAMES = st.sampled_from(SOME_NAMES.split())
VALUES = st.sampled_from(SOME_VALUES.split()) | st.text(max_size=4)
HEADERS = st.lists(st.tuples(NAMES, VALUES).map(": ".join), max_size=6).map("\r\n".join)
TEXTS = HEADERS | st.text(st.characters(exclude_categories=()), max_size=60) | st.binary().map(repr)
LINES = st.tuples(
    st.floats(0, 1e11, allow_nan=False),
    st.sampled_from(["in", "in", "in", "out", "mark"]),
    TEXTS | st.sampled_from(["connected", "connect: no", "disconnected", "polled", "Asterisk Call Manager/1.1"]),
)


@settings(max_examples=120)
@given(st.lists(LINES, max_size=12))
def test_no_text_raises(lines: list[tuple[float, Direction, str]]) -> None:
    logging.disable()
    try:
        line_reader = LineReader("pbx1")
        for ts, direction, text in lines:
            for record in line_reader.feed(Line(ts, direction, text)):
                assert decode(encode(record)) == record
                assert not (isinstance(record, Rejected) and "faxstore failed" in record.reason), record
    finally:
        logging.disable(logging.NOTSET)


FAX_EVENTS = st.sampled_from(["FAXSession", "FAXSessionsEntry", "SendFAX", "ReceiveFAX", "FAXStatus", "FAXStats"])


@settings(max_examples=200)
@given(FAX_EVENTS, st.sampled_from(["", "0", "7", "abc"]), st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_no_message_of_a_fax_is_lost(event: str, number: str, more: list[tuple[str, str]]) -> None:
    """A message with a fax event becomes an observation, at the latest after the poll, or it is rejected."""
    lines = [f"Event: {event}", f"SessionNumber: {number}", *(f"{name}: {value}" for name, value in more)]
    text = "\r\n".join(lines) + "\r\n\r\n"
    line_reader = LineReader("pbx1")
    logging.disable()
    try:
        records = line_reader.feed(Line(NOON, "in", text)) + line_reader.feed(Line(NOON + 1, "mark", "disconnected"))
    finally:
        logging.disable(logging.NOTSET)
    shown = [record for record in records if not (isinstance(record, ServerObservation) and record.event != event)]
    assert shown
    assert all(record.raw in clean_text(text) for record in shown if isinstance(record, Rejected))


def mutated(lines: list[Line], rng: random.Random, share: float) -> Iterator[Line]:
    """Yield the lines, some of them dropped, repeated, swapped, cut, garbled, joined, or with another time."""
    held: Line | None = None
    for line in lines:
        if rng.random() >= share:
            yield line
            continue
        text = line.text
        match rng.randrange(8):
            case 0:
                continue
            case 1:
                yield line
                yield line
            case 2:
                held, line = line, held or line
                yield line
            case 3:
                yield Line(line.ts, line.dir, text[: rng.randrange(len(text) + 1)])
            case 4:
                at = rng.randrange(len(text) + 1)
                yield Line(line.ts, line.dir, text[:at] + chr(rng.randrange(0x110000)) + text[at + 1 :])
            case 5:
                yield Line(line.ts, line.dir, text.removesuffix("\r\n\r\n") + "\r\n" + rng.choice(lines).text)
            case 6:
                yield Line(max(0.0, line.ts - rng.choice([0.001, 2, 3600])), line.dir, text)
            case _:
                yield Line(line.ts, "mark", rng.choice(["connected", "disconnected", "polled"]))


REAL = {name: list(capture.read(str(truth.path(name)))) for name in ("gateway-16", "no-ecm-16", "errors-22-sessions")}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(REAL)), st.integers(0, 2**32), st.sampled_from([0.01, 0.1, 0.5]))
def test_a_damaged_recording_does_not_stop_the_reader(recording: str, seed: int, share: float) -> None:
    line_reader = LineReader("pbx1")
    logging.disable()
    try:
        for line in mutated(REAL[recording], random.Random(seed), share):
            for record in line_reader.feed(line):
                assert decode(encode(record)) == record
                assert not (isinstance(record, Rejected) and "faxstore failed" in record.reason), record
    finally:
        logging.disable(logging.NOTSET)
