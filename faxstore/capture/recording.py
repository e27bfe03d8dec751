"""The recording format: JSON Lines with the messages between a client and one Asterisk server.

Each line is ``{"ts": seconds, "dir": "in"|"out"|"mark", "text": "one AMI message"}``.  ts is the moment at which the
last byte was received, or the message was sent.  Marks are explained in marks.py.  A file may be gzipped.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from io import BufferedReader
from math import inf
from pathlib import Path
from typing import IO, Literal, cast

import msgspec

from faxstore.capture.message import Found
from faxstore.errors import UsageError

_GZIP = b"\x1f\x8b"
"""The first bytes of gzipped data."""

Direction = Literal["in", "out", "mark"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recording; ts is in seconds since 1970 (UTC)."""

    ts: float
    dir: Direction
    text: str
    found: Found | None = field(default=None, compare=False, repr=False)
    """What message.read() finds in the text, if it was read already: no text is read twice."""


class _Entry(msgspec.Struct):
    ts: float
    dir: Direction
    text: str


_entries = msgspec.json.Decoder(_Entry)


def read(path: str) -> Iterator[Line]:
    """Yield the lines of a recording, or of standard input for ``-``; gzip is recognised by its first bytes.

    Raises UsageError with the file, the line and what is wrong with it.
    """
    number, empty = 0, True
    with opened(path) as file:
        try:
            for number, raw in enumerate(file, 1):
                if raw.strip():
                    empty = False
                    yield _line(raw, path, number)
        except (EOFError, zlib.error) as error:
            raise UsageError(f"{path}: the gzip data is cut off or damaged after line {number}") from error
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error} after line {number}") from error
    if empty:
        raise UsageError(f"{path}: the file is empty; a recording has a JSON object on each line")


def begins_at(path: str) -> float:
    """Return the time of the first line of a recording, without consuming standard input; infinity if it has none."""
    try:
        if path == "-":
            at_hand = cast("BufferedReader", sys.stdin.buffer).peek(1 << 16)
            return _line(_first_raw_line(at_hand), path, 1).ts
        return next(read(path)).ts
    except (UsageError, StopIteration, zlib.error):
        return inf


def _first_raw_line(data: bytes) -> bytes:
    """Return the first line of what is at hand of a recording, gzipped or not."""
    text = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data) if data[:2] == _GZIP else data
    return text.partition(b"\n")[0]


def encode(line: Line) -> str:
    """Return the line as JSON, without a line end."""
    return json.dumps({"ts": round(line.ts, 6), "dir": line.dir, "text": line.text})


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """Open a file, or standard input for ``-``, which may be gzipped.  Raises UsageError if it cannot be read."""
    try:
        with nullcontext(sys.stdin.buffer) if path == "-" else Path(path).open("rb") as file:
            buffered = cast("BufferedReader", file)
            zipped = buffered.peek(2)[:2] == _GZIP
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=buffered)) if zipped else buffered
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error


def _line(raw: bytes, path: str, number: int) -> Line:
    try:
        entry = _entries.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _unusual_line(raw, path, number)
    return Line(entry.ts, entry.dir, entry.text) if 0 <= entry.ts < 1e11 else _unusual_line(raw, path, number)


def _unusual_line(raw: bytes, path: str, number: int) -> Line:
    """Return a line that msgspec does not read, for example with half of a surrogate pair, or raise UsageError."""
    try:
        entry = json.loads(raw)
        ts, direction, text = entry["ts"], entry["dir"], entry["text"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        cut = "" if raw.endswith(b"\n") else " (the file ends in the middle of it)"
        expected = '{"ts": seconds, "dir": "in", "text": "..."}'
        raise UsageError(f"{path}: line {number} is not a line of a recording{cut}: expected {expected}") from error
    if isinstance(ts, bool) or not isinstance(ts, int | float) or not 0 <= ts < 1e11:
        raise UsageError(f"{path}: line {number}: ts must be seconds since 1970, not {ts!r:.40}")
    if direction not in ("in", "out", "mark"):
        raise UsageError(f'{path}: line {number}: dir must be "in", "out" or "mark", not {direction!r:.40}')
    if not isinstance(text, str):
        raise UsageError(f"{path}: line {number}: text must be a string, not {type(text).__name__}")
    return Line(float(ts), direction, text)
