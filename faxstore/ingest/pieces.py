"""Where a piece of a recording belongs.

A file may contain a recording from its beginning, or a piece of it.  Only the beginning of a connection shows which
life of the server it belongs to, and only what came before shows which sessions are live and which requests wait for
an answer.  A piece that begins later therefore continues an imported part of the same recording:

- its first lines are lines of that part (the files overlap), or
- it begins where the part ends, after a silence as the recording has elsewhere, and no request or answer between the
  two is missing.

Lines that the part already contains are skipped.  Otherwise a piece is missing between the two, and the piece has no
place until that one was imported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import pairwise
from typing import IO
from uuid import uuid4

from faxstore.capture import marks
from faxstore.capture.message import BANNER, MalformedMessageError, parse
from faxstore.capture.recording import Line
from faxstore.errors import UsageError
from faxstore.observations import MICROSECONDS, Listing, Record, encode, moment_text
from faxstore.reader.clock_steps import SET_BACK
from faxstore.reader.line_reader import LineReader
from faxstore.store.recordings import DIGEST_SIZE, Part

HEAD = 1_000
"""Lines at the beginning of a piece that are examined for its place."""

COMPARED = 64
"""Lines at the beginning of a piece that are compared with the imported parts."""

SHORTEST_LIMIT = 1.0
"""Seconds.  A silence up to this long may come between two pieces of any recording."""


USUAL = 1.5
"""A silence between two pieces may be longer than the longest one within them by this factor: polls are irregular."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a piece: after an imported part, or on its own."""

    part: Part | None
    overlap: int = 0
    """The number of lines at the beginning of the piece that are the last ones of the part."""

    @property
    def joined(self) -> Part | None:
        """The part that has lines in common with the piece: both together become one part."""
        return self.part if self.overlap else None


_NEVER = 2**63
"""Microseconds: later than any line."""

ON_ITS_OWN = Place(None)
"""The place of a piece that needs nothing before it."""


def digest(line: Line) -> bytes:
    """Return the digest of a line: of its time, direction and text."""
    text = f"{_time(line)} {line.dir} {line.text}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_SIZE).digest()


def first_digests(head: Sequence[Line]) -> bytes:
    """Return the digests of the first lines of a piece."""
    return b"".join(map(digest, head[:COMPARED]))


def find_place(head: Sequence[Line], parts: Sequence[Part]) -> Place | None:
    """Return the place of the piece with these first lines; None if what precedes it was not imported.

    Of several parts, the one that contains most of the piece is continued.
    """
    if not head:
        return ON_ITS_OWN
    places = [Place(part, part.overlap) for part in parts if part.overlap]
    after = max(places, key=lambda place: place.overlap, default=None) or _directly_before(head, parts)
    begins = begins_connection(head[0])
    if after is not None and after.part is not None and begins and after.part.lines == after.overlap:
        return ON_ITS_OWN  # the same beginning: reading it again completes an import that was interrupted
    within = any(part.began_at <= _time(head[0]) <= part.ended_at for part in parts)
    return after or (ON_ITS_OWN if begins or within else None)


def begins_connection(line: Line) -> bool:
    """Return whether a recording that begins with this line begins before the login or with its answer."""
    if line.dir == "mark":
        return line.text == marks.CONNECTED or line.text.startswith(marks.CANNOT_CONNECT)
    if BANNER.match(line.text):
        return True
    try:
        message = parse(line.text)
    except MalformedMessageError:
        return False
    if line.dir == "out":
        return message.get("Action").lower() in ("login", "challenge")
    return message.event == "FullyBooted" or message.get("Message") == "Authentication accepted"


class Piece:
    """Reads the lines of a piece at its place; remembers the part that they make."""

    def __init__(self, name: str, place: Place, parts: Sequence[Part], digests: IO[bytes]) -> None:
        """`digests` is a file with the digests of the part that the piece joins; those of new lines are appended."""
        self.before = place.part
        """The part that the piece continues."""
        self._name = name
        self._parts = parts
        self.digests = digests
        self.digests.seek(-place.overlap * DIGEST_SIZE, os.SEEK_END)
        joined = place.joined
        self._joined_lines = joined.lines if joined else 0
        self._new_lines = 0
        self._began, self._ended = (joined.began_at, joined.ended_at) if joined else (_NEVER, -_NEVER)
        self._silence = place.part.longest_silence if place.part else 0.0
        self._last: float | None = None
        self.first_list = joined.first_list if joined else None
        """The first complete list of a piece on its own, encoded."""
        self.skipped = 0
        """Lines that were imported before."""

    def resume(self, line_reader: LineReader) -> None:
        """Let the reader continue after the part before.  Raises UsageError if another version read that part."""
        try:
            if self.before is not None:
                line_reader.resume(self.before.reader_state)
        except ValueError as error:
            advice = "another version of faxstore imported what precedes it: import the recording from its beginning"
            raise UsageError(f"{self._name}: {advice}") from error

    def new_lines(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield the lines that the part before does not contain.

        Raises UsageError if the piece has another line where the part has one.
        """
        known = iter(partial(self.digests.read, DIGEST_SIZE), b"")
        for line in lines:
            own = digest(line)
            stored = next(known, None)
            if stored is None:
                self.digests.write(own)
                self._new_lines += 1
                yield line
            elif own != stored:
                differs = f"line {self.skipped + 1} differs from the recording that was imported before"
                raise UsageError(f"{self._name}: {differs}: import the unchanged file")
            else:
                self.skipped += 1
            self._note(line)

    def part(self, reader_state: bytes) -> Part | None:
        """Return the part that the piece makes, with the one that it overlaps; None if it has no new line."""
        if not self._new_lines:
            return None
        lines = self._joined_lines + self._new_lines
        return Part(uuid4(), self._began, self._ended, self._silence, lines, reader_state, self.first_list)

    def note_record(self, record: Record) -> None:
        """Remember the first complete list."""
        if isinstance(record, Listing) and self.before is None and self.first_list is None:
            self.first_list = encode(record)

    def next_list(self) -> bytes | None:
        """Return the first list of the part that begins next, if that was imported earlier.

        It ends the sessions that are live at the end of this piece and have ended by then.
        """
        after = [part for part in self._parts if part.began_at >= self._ended and part.first_list is not None]
        return min(after, key=lambda part: part.began_at).first_list if after else None

    def _note(self, line: Line) -> None:
        at = _time(line)
        if self._last is not None:
            self._silence = max(self._silence, line.ts - self._last)
        self._began, self._ended, self._last = min(self._began, at), max(self._ended, at), line.ts


def begins_at(head: Sequence[Line]) -> int:
    """Return when a piece begins, in microseconds."""
    return _time(head[0])


def missing_before(server: str, at: int, parts: Sequence[Part]) -> str:
    """Return what is missing before a piece that begins at this time, and what to do."""
    earlier = max((part.ended_at for part in parts if part.ended_at < at), default=None)
    begins = f"begins at {moment_text(at)}, within a connection to {server}"
    known = "nothing was imported" if earlier is None else f"the last line imported is of {moment_text(earlier)}"
    advice = "import the piece before it first; --without-login imports it if that piece no longer exists"
    return f"{begins}, and before it {known}: {advice}"


def _directly_before(head: Sequence[Line], parts: Sequence[Part]) -> Place | None:
    """Return the place after the part that ends right before the piece, if one does."""
    own = max((after.ts - before.ts for before, after in pairwise(head)), default=0.0)
    began = _time(head[0])
    near = []
    for part in parts:
        limit = max(SHORTEST_LIMIT, USUAL * max(part.longest_silence, own))
        if -SET_BACK <= began - part.ended_at <= limit * MICROSECONDS:
            reached, misses = _resumed(part, head)
            near += [] if misses else [(part.ended_at, reached, Place(part))]
    return max(near, key=lambda found: found[:2])[2] if near else None


def _resumed(part: Part, head: Sequence[Line]) -> tuple[int, bool]:
    """Return the time of the part's last line, and whether lines are missing between it and the piece."""
    line_reader = LineReader("")
    try:
        line_reader.resume(part.reader_state)
    except ValueError:
        return part.ended_at, False  # of another version: Piece.resume() reports it
    return line_reader.reached, line_reader.misses(head)


def _time(line: Line) -> int:
    return round(line.ts * MICROSECONDS)
