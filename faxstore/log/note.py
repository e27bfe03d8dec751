"""Checkpoints as text: C2SP tlog-checkpoint in a C2SP signed-note, with Ed25519 signatures (extra ``sign``)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from faxstore.log.keys import NoteError, is_name

_SIZE = re.compile(r"0|[1-9]\d{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A state of the log: whose, how many rows, and their root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(note: str) -> Checkpoint:
    """The checkpoint of a note, signed or not.  Raises NoteError."""
    lines = note.partition("\n\n")[0].split("\n")
    if len(lines) < 3 or not is_name(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise NoteError("not a checkpoint: it has no lines of origin, size and root")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as error:
        raise NoteError(f"not a checkpoint: its root is no base64: {error}") from error
    if len(root) != 32:
        raise NoteError(f"not a checkpoint: its root has {len(root)} bytes, not 32")
    return Checkpoint(lines[0], int(lines[1]), root)


def parse_kept(note: str, size: int, root: bytes) -> Checkpoint:
    """The checkpoint of a note that is kept beside its size and root.  Raises NoteError where it tells of others."""
    told = parse(note)
    if (told.size, told.root) != (size, root):
        raise NoteError(f"its note tells of {told.size} rows and another size or root")
    return told
