"""Bytes to messages: however the network cuts them, each byte comes out once and in order."""

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
def test_a_cut_anywhere_changes_nothing(cut: int) -> None:
    framer = Framer()
    assert [*framer.feed(WIRE[:cut]), *framer.feed(WIRE[cut:])] == [GREETING, SUCCESS, EVENT]
    assert framer.rest() == b""


def test_one_byte_at_a_time() -> None:
    framer = Framer()
    messages = [message for byte in WIRE for message in framer.feed(bytes([byte]))]
    assert messages == [GREETING, SUCCESS, EVENT]


@pytest.mark.parametrize("name", ["one-page-22", "names-16", "restart-22"])
def test_a_recording_cut_at_random_gives_the_messages_that_were_recorded(name: str) -> None:
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


def test_what_is_not_complete_is_kept_for_the_end() -> None:
    framer = Framer()
    assert list(framer.feed(GREETING + b"Event: Half\r\n")) == [GREETING]
    assert framer.rest() == b"Event: Half\r\n"


def test_a_message_above_the_limit_is_refused_after_those_before_it() -> None:
    framer = Framer(limit=100)
    messages = framer.feed(GREETING + SUCCESS + b"x" * 101)
    assert [next(messages), next(messages)] == [GREETING, SUCCESS]
    with pytest.raises(OversizedMessageError, match="a message of more than 100 bytes came"):
        next(messages)


def test_a_whole_message_above_the_limit_is_refused_too() -> None:
    with pytest.raises(OversizedMessageError):
        list(Framer(limit=10).feed(GREETING + SUCCESS))


def test_a_greeting_without_an_end_is_refused_early() -> None:
    with pytest.raises(OversizedMessageError, match="greeting"):
        list(Framer().feed(b"x" * (MAX_GREETING_BYTES + 1)))


def test_time_grows_with_the_size_of_a_message_and_not_with_its_square() -> None:
    def seconds(megabytes: int) -> float:
        framer, begun = Framer(), time.process_time()
        list(framer.feed(GREETING))
        for _ in range(megabytes * 1024):
            list(framer.feed(b"x" * 1024))
        return time.process_time() - begun

    few, many = (min(seconds(megabytes) for _ in range(3)) for megabytes in (1, 6))
    assert many < 6 * 3 * max(few, 0.002)
