"""The messages to feed: those of the captures, whole or mutated.  One random.Random makes all choices."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from faxstore.capture.message import MAX_MESSAGE_BYTES

CAPTURES = Path(__file__).parents[2] / "captures"
END = b"\r\n\r\n"

WHOLE = 0.3
"""The share that stays as recorded, so that lists and sessions continue after damaged messages."""
ENDLESS = 1 / 50_000
"""The share that exceeds the size limit of a message, the only reason to end a connection."""

NUMBERS = (
    b"-1", b"0", b"2147483648", b"4294967295", b"4294967296", b"99999999999999999999", b"1e9", b"0x10", b"+7", b" 7 ",
    b"", b"\xd9\xa1\xd9\xa2", b"7.5", b"nan", b"8031x3850x1", b"1" * 5000,
)  # fmt: skip
BAD_BYTES = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\x1b[2J",
    b"\xe2\x80\xa8",
    b"\x85",
    b"\x1c",
)
LINES = (
    b"Event: FAXSession", b"event: SendFAX", b"EVENT : VarSet", b"Response: Success", b"ActionID: 1", b"ActionID: 2",
    b"SessionNumber: 7", b"sessionnumber: 8", b"no header", b": no name", b"content: 1", b"items: 1", b"CommandID: 1",
    b"Message: FAXSessionsEntry event list will follow", b"EventList: Start", b"EventList: Complete", b"Total: 3",
    b"Variable: FAXSTATUS", b"Channel: ", b"Event: Shutdown", b"Uptime: 1", b"CoreStartupDate: 2026-11-23", b" ",
)  # fmt: skip


def messages() -> list[bytes]:
    """Every distinct message that the servers in the captures sent, in the order of the files."""
    seen: dict[bytes, None] = {}
    for path in sorted(CAPTURES.glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as file:
            texts = (entry["text"] for entry in map(json.loads, file) if entry["dir"] == "in")
            seen |= {text.encode(): None for text in texts if text.endswith("\r\n\r\n")}
    return list(seen)


def mutated(random: Random, corpus: list[bytes]) -> Iterator[bytes]:
    """An endless stream: parts of recordings, each message whole or mutated once or a few times."""
    while True:
        first = random.randrange(len(corpus))
        for message in corpus[first : first + random.randint(1, 40)]:
            if random.random() < ENDLESS:
                yield b"FileName: " + b"x" * MAX_MESSAGE_BYTES
            while random.random() >= WHOLE:
                message = random.choice(MUTATIONS)(random, message, corpus)
            yield message


def _cut(random: Random, message: bytes, _: list[bytes]) -> bytes:
    first, last = _range(random, message)
    return message[:first] + message[last:]


def _doubled(random: Random, message: bytes, _: list[bytes]) -> bytes:
    first, last = _range(random, message)
    return message[:last] + message[first:]


def _swapped(random: Random, message: bytes, _: list[bytes]) -> bytes:
    lines = message.split(b"\r\n")
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\r\n".join(lines)


def _inserted(*texts: bytes) -> Callable[[Random, bytes, list[bytes]], bytes]:
    def insert(random: Random, message: bytes, _: list[bytes]) -> bytes:
        place = random.randint(0, len(message))
        return message[:place] + random.choice(texts) + message[place:]

    return insert


def _another_line(random: Random, message: bytes, _: list[bytes]) -> bytes:
    lines = message.split(b"\r\n")
    lines.insert(random.randrange(len(lines)), random.choice(LINES))
    return b"\r\n".join(lines)


def _merged(random: Random, message: bytes, corpus: list[bytes]) -> bytes:
    return message.removesuffix(b"\r\n") + random.choice(corpus)


def _out_of_range(random: Random, message: bytes, _: list[bytes]) -> bytes:
    numbers = list(re.finditer(rb"\d+", message))
    if not numbers:
        return message
    number = random.choice(numbers)
    return message[: number.start()] + random.choice(NUMBERS) + message[number.end() :]


def _other_case(random: Random, message: bytes, _: list[bytes]) -> bytes:
    first, last = _range(random, message)
    return message[:first] + message[first:last].swapcase() + message[last:]


def _huge(random: Random, message: bytes, _: list[bytes]) -> bytes:
    if random.random() > 0.02:  # they are slow
        return message
    kind = random.choice((b"FileName: /a.tif\r\n", b"Event: FAXStatus\r\n", b"junk\r\n", b"x", b"\n", b"A: \xff\r\n"))
    place = message.find(b"\r\n") + 2
    return message[:place] + kind * random.randint(100, 5000) + message[place:]


def _with_line_feeds(_random: Random, message: bytes, _: list[bytes]) -> bytes:
    return message.removesuffix(END).replace(b"\r\n", b"\n") + END


def _without_end(_random: Random, message: bytes, _: list[bytes]) -> bytes:
    return message.removesuffix(b"\r\n")


def _range(random: Random, message: bytes) -> tuple[int, int]:
    first = random.randint(0, len(message))
    return first, min(len(message), first + random.randint(1, 60))


MUTATIONS: tuple[Callable[[Random, bytes, list[bytes]], bytes], ...] = (
    _cut, _doubled, _swapped, _inserted(b"\r\n", b"\n", b"\r", END), _inserted(*BAD_BYTES), _another_line, _merged,
    _out_of_range, _other_case, _huge, _with_line_feeds, _without_end,
)  # fmt: skip
