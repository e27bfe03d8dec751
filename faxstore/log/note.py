"""Checkpoints as text: a C2SP tlog-checkpoint in a C2SP signed-note, with Ed25519 signatures (extra ``sign``).

After origin, size and root, a checkpoint has extension lines, each a word and its value: the time, the records
(faxstore/log/records.py), and a key that begins to sign (faxstore/log/signing.py).  Unknown ones are ignored.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.log.keys import NoteError, PublicKey, is_name

_SIZE = re.compile(r"0|[1-9]\d{0,18}")
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class Records(NamedTuple):
    """The number of records that a checkpoint covers, and their digest."""

    number: int
    digest: bytes


NO_RECORDS = Records(0, bytes(32))
"""Before the first checkpoint."""


@dataclass(frozen=True)
class Checkpoint:
    """A state of the log: its name, the number of rows, and the root over them."""

    origin: str
    size: int
    root: bytes
    made_at: datetime | None = None
    """When it was made; None if it does not state it."""
    records: Records = NO_RECORDS
    key: PublicKey | None = None
    """The key that signs for the first time with this checkpoint."""

    def text(self) -> str:
        """Return the lines that are signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.made_at is not None:
            lines.append(f"time {self.made_at.astimezone(UTC).strftime(_TIME)}")
        if self.records.number:
            lines.append(f"records {self.records.number} {base64.b64encode(self.records.digest).decode()}")
        if self.key is not None:
            lines.append(f"key {self.key}")
        return "".join(f"{line}\n" for line in lines)


def parse(note: str) -> Checkpoint:
    """Return the checkpoint in a note, signed or not.  Raises NoteError."""
    lines = note.partition("\n\n")[0].split("\n")
    if len(lines) < 3 or not is_name(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise NoteError("not a checkpoint: it has no lines of origin, size and root")
    extensions = _extensions(lines[3:])
    try:
        made_at = datetime.strptime(extensions["time"], _TIME).replace(tzinfo=UTC) if "time" in extensions else None
        key = PublicKey.parse(extensions["key"]) if "key" in extensions else None
    except (ValueError, UsageError) as error:
        raise NoteError(f"not a checkpoint: its time or key: {error}") from error
    return Checkpoint(lines[0], int(lines[1]), _hash(lines[2], "root"), made_at, _records(extensions), key)


def _extensions(lines: Sequence[str]) -> dict[str, str]:
    """Return the values of the extension lines by their words.  Raises NoteError for a word with several."""
    found: dict[str, str] = {}
    for line in lines:
        word, _, value = line.partition(" ")
        if word in found and word in ("time", "records", "key"):
            raise NoteError(f"not a checkpoint: it has several lines {word!r}")
        found[word] = value
    return found


def _records(extensions: Mapping[str, str]) -> Records:
    if "records" not in extensions:
        return NO_RECORDS
    count, _, digest = extensions["records"].partition(" ")
    if not _SIZE.fullmatch(count):
        raise NoteError(f"not a checkpoint: {count!r} is not a number of records")
    return Records(int(count), _hash(digest, "digest of records"))


def _hash(encoded: str, what: str) -> bytes:
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise NoteError(f"not a checkpoint: its {what} is not base64: {error}") from error
    if len(data) != 32:
        raise NoteError(f"not a checkpoint: its {what} has {counted(len(data), 'bytes')}, not 32")
    return data


class StoredCheckpoint(NamedTuple):
    """A row of fax.checkpoint."""

    size: int
    records: int
    root: bytes
    made_at: datetime
    note: str

    def parse(self) -> Checkpoint:
        """Return the checkpoint in its note.  Raises NoteError unless the note states what the row does."""
        stated = parse(self.note)
        for what, one, other in (
            ("size", stated.size, self.size),
            ("number of records", stated.records.number, self.records),
            ("root", stated.root, bytes(self.root)),
            ("time", stated.made_at, self.made_at),
        ):
            if one != other:
                raise NoteError(f"its note has another {what}")
        return stated
