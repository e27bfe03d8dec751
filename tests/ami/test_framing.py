"""Framing: each byte belongs to one message, however the network splits them."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path

import pytest

from faxstore.ami.framing import MAX_GREETING_BYTES, Framer, OversizedMessageError

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
