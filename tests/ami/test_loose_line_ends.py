"""Live input is read as tolerantly as a recording: loose line ends and blank lines lose nothing and join nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from msgspec.structs import replace

from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.ami.framing import Framer
from faxstore.capture import recording as capture
from faxstore.capture.message import clean_bytes
from faxstore.capture.recording import Line
from faxstore.observations import MICROSECONDS, Record, Rejected
from faxstore.reader.line_reader import LineReader
from tests.kit import truth

RECORDINGS = ("short-22", "names-16", "gateway-16", "errors-22-sessions", "no-ecm-16")
LINES = {name: list(capture.read(str(truth.path(name)))) for name in RECORDINGS}

ENDS = ("\r\n\r\n", "\r\n\n", "\n\n", "\n\r\n", "\r\r", "\n\n\n", "\r\n\r\n\r\n", "\r\n\n\r\n\n")
BEFORE = ("", "", "\r\n", "\n", "\r\n\r\n", "\r\r")


def loosened(lines: list[Line], rng: random.Random, share: float) -> Iterator[Line]:
    """Yield the lines; some incoming messages begin, end or break their lines otherwise, with the same content."""
    for line in lines:
        text = line.text
        if line.dir == "in" and text.endswith("\r\n\r\n") and rng.random() < share:
            headers = text.removesuffix("\r\n\r\n").split("\r\n")
            body = "".join(rng.choice(("\r\n", "\r\n", "\n")) + header for header in headers).lstrip("\r\n")
            text = rng.choice(BEFORE) + body + rng.choice(ENDS)
        yield Line(line.ts, line.dir, text)


def damaged(lines: list[Line], rng: random.Random, share: float) -> Iterator[Line]:
    """Yield the lines; some values contain a line end, and some messages are joined with the one after them."""
    before = ""
    for line, following in pairwise([*lines, lines[-1]]):
        text = line.text
        if line.dir == "in" and text.endswith("\r\n\r\n"):
            if rng.random() < share:
                place = rng.randrange(len(text) - 4)
                text = text[:place] + rng.choice(("\n", "\r", "\r\n")) + text[place:]
            text, before = before + text, ""
            if rng.random() < share and following.dir == "in":
                before = text.removesuffix(rng.choice(("\r\n", "")))
                continue
        yield Line(line.ts, line.dir, text)


def imported(lines: list[Line]) -> list[Record]:
    line_reader = LineReader("pbx1")
    return [record for line in lines for record in line_reader.feed(line)]


def watched(lines: list[Line], rng: random.Random, sizes: Sequence[int] = (1, 7, 100, 5000)) -> list[Record]:
    """Return the records of a connection that receives the incoming lines as bytes, in chunks of these sizes."""
    line_reader, framer = LineReader("pbx1"), Framer(ignore=IRRELEVANT_EVENTS)
    records: list[Record] = []
    for line in lines:
        if line.dir != "in":
            framer = Framer(ignore=IRRELEVANT_EVENTS) if line.text.startswith(("connected", "disconnected")) else framer
            records += line_reader.feed(line)
            continue
        wire = line.text.encode()
        while wire:
            size = rng.choice(sizes)
            for message in framer.feed(wire[:size]):
                records += line_reader.feed(Line(line.ts, "in", clean_bytes(message)))
            wire = wire[size:]
    return records


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("recording", RECORDINGS)
def test_loose_line_ends_change_no_record(recording: str, share: float) -> None:
    rng = random.Random(f"{recording} {share}")
    lines = list(loosened(LINES[recording], rng, share))
    expected = imported(LINES[recording])
    assert imported(lines) == expected
    assert watched(lines, rng) == expected


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recording_is_read_as_it_was_received(recording: str) -> None:
    assert watched(LINES[recording], random.Random(4)) == imported(LINES[recording])


@pytest.mark.parametrize("share", [0.02, 0.2])
@pytest.mark.parametrize("recording", RECORDINGS)
def test_damaged_messages_are_read_alike(recording: str, share: float) -> None:
    """A line end within a value, and messages that are joined, if each line arrives as a whole."""
    rng = random.Random(f"{recording} {share}")
    lines = list(damaged(LINES[recording], rng, share))
    assert [readable(record) for record in watched(lines, rng, [10_000_000])] == [
        readable(record) for record in imported(lines)
    ]


def readable(record: Record) -> Record:
    """Return the record in whole seconds; the text of a rejected message without blank lines around it.

    Each message of a line has a microsecond of its own, and a live connection skips irrelevant ones.
    """
    record = replace(record, observed_at=record.observed_at // MICROSECONDS)
    return replace(record, raw=record.raw.strip("\r\n")) if isinstance(record, Rejected) else record
