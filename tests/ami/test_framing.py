"""Framing: where messages end, however the network splits them and whatever line ends the server writes."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path

import pytest

from faxstore.ami.framing import MAX_GREETING_BYTES, SHORT, Framer, OversizedMessageError
from faxstore.capture.message import clean_bytes, parse, read

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
SUCCESS = b"Response: Success\r\nActionID: 1\r\n\r\n"
EVENT = "Event: FAXSession\r\nFileName: /séance.tif\r\n\r\n".encode()
WIRE = GREETING + SUCCESS + EVENT

CAPTURES = Path(__file__).parent.parent / "captures"


@pytest.mark.parametrize("cut", range(len(WIRE) + 1))
def test_input_split_anywhere(cut: int) -> None:
    framer = Framer()
    assert [*framer.feed(WIRE[:cut]), *framer.feed(WIRE[cut:])] == [GREETING, SUCCESS, EVENT]
    assert framer.take_rest() == b""


def test_input_byte_by_byte() -> None:
    framer = Framer()
    messages = [message for byte in WIRE for message in framer.feed(bytes([byte]))]
    assert messages == [GREETING, SUCCESS, EVENT]


@pytest.mark.parametrize("name", ["one-page-22", "names-16", "restart-22"])
def test_a_recording_split_at_random(name: str) -> None:
    with gzip.open(CAPTURES / f"{name}.jsonl.gz", "rt") as file:
        lines = [json.loads(line) for line in file]
    first = next(i for i, line in enumerate(lines) if line["text"] == "disconnected") if "restart" in name else None
    messages = [line["text"].encode() for line in lines[:first] if line["dir"] == "in"]
    wire, framer, random_ = b"".join(messages), Framer(), random.Random(22)
    framed: list[bytes] = []
    while wire:
        size = random_.randint(1, 1400)
        framed += framer.feed(wire[:size])
        wire = wire[size:]
    assert framed == messages


def framed(wire: bytes, chunk: int = 0) -> list[bytes]:
    """Return the messages after the greeting, fed in chunks of that size or all at once."""
    framer = Framer()
    wire = GREETING + wire
    size = chunk or len(wire)
    return [message for at in range(0, len(wire), size) for message in framer.feed(wire[at : at + size])][1:]


LOOSE_ENDS = [b"\r\n\n", b"\n\n", b"\n\r\n", b"\r\r", b"\n\n\n", b"\r\n\r\n\r\n", b"\r\n\r\n\r\n\r\n"]


@pytest.mark.parametrize("end", LOOSE_ENDS)
@pytest.mark.parametrize("chunk", [0, 1, 7])
def test_a_loose_end_does_not_swallow_the_next_message(end: bytes, chunk: int) -> None:
    """Neither at the end of what has arrived, where the answer to a request must not wait for more."""
    event = EVENT.removesuffix(b"\r\n\r\n") + end
    messages = [found for text in framed(event + SUCCESS + event, chunk) for _, found in read(clean_bytes(text))]
    assert messages == [parse(clean_bytes(text)) for text in (EVENT, SUCCESS, EVENT)]


def test_many_messages_with_loose_ends_are_not_yielded_together() -> None:
    event = b"Event: Newchannel\nChannel: x\n\n"
    assert max(map(len, framed(event * 10_000 + SUCCESS))) <= SHORT


def test_lines_that_end_in_cr_cr_lf() -> None:
    wire = (EVENT + SUCCESS).replace(b"\r\n", b"\r\r\n")
    assert [message.rstrip(b"\r\n") + b"\r\r\n\r\r\n" for message in framed(wire)] == [
        EVENT.replace(b"\r\n", b"\r\r\n"),
        SUCCESS.replace(b"\r\n", b"\r\r\n"),
    ]


@pytest.mark.parametrize("blank", [b"\r\n\r\n", b"\n\n", b"\r\r"])
def test_a_blank_line_within_an_event_does_not_end_it(blank: bytes) -> None:
    event = b"Event: FAXSession\r\nState: Active" + blank + b"Exten: 1\r\n\r\n"
    assert framed(event + SUCCESS) == [event, SUCCESS]
    assert framed(event[:-9]) == []  # its rest is on the way


def test_what_follows_a_complete_message_later_is_a_message_of_its_own() -> None:
    framer = Framer()
    assert list(framer.feed(GREETING + EVENT)) == [GREETING, EVENT]
    assert list(framer.feed(b"Exten: 1\r\n\r\n")) == [b"Exten: 1\r\n\r\n"]


def test_a_complete_message_is_not_lost_with_an_endless_one_behind_it() -> None:
    framer = Framer(limit=100)
    assert list(framer.feed(GREETING + SUCCESS + b"x")) == [GREETING]
    messages = framer.feed(b"x" * 101)
    assert next(messages) == SUCCESS
    with pytest.raises(OversizedMessageError):
        next(messages)


def test_the_rest_is_the_incomplete_message() -> None:
    framer = Framer()
    assert list(framer.feed(GREETING + b"Event: Half\r\n")) == [GREETING]
    assert framer.take_rest() == b"Event: Half\r\n"


def test_a_message_above_the_limit_is_refused_after_the_messages_before_it() -> None:
    framer = Framer(limit=100)
    messages = framer.feed(GREETING + SUCCESS + b"x" * 101)
    assert [next(messages), next(messages)] == [GREETING, SUCCESS]
    with pytest.raises(OversizedMessageError, match="received a message of more than 100 bytes"):
        next(messages)


def test_a_complete_message_above_the_limit_is_refused() -> None:
    with pytest.raises(OversizedMessageError):
        list(Framer(limit=10).feed(GREETING + SUCCESS))


def test_a_greeting_without_an_end_is_refused_early() -> None:
    with pytest.raises(OversizedMessageError, match="greeting"):
        list(Framer().feed(b"x" * (MAX_GREETING_BYTES + 1)))


def test_time_is_linear_in_the_size_of_a_message() -> None:
    def seconds(megabytes: int) -> float:
        framer, begun = Framer(), time.process_time()
        list(framer.feed(GREETING))
        for _ in range(megabytes * 1024):
            list(framer.feed(b"x" * 1024))
        return time.process_time() - begun

    few, many = (min(seconds(megabytes) for _ in range(3)) for megabytes in (1, 6))
    assert many < 6 * 3 * max(few, 0.002)
