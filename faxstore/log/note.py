"""Checkpoints as text: a C2SP tlog-checkpoint in a C2SP signed-note, with Ed25519 signatures (extra ``sign``)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from faxstore.log.keys import NoteError, is_name

_SIZE = re.compile(r"0|[1-9]\d{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A state of the log: its name, the number of rows, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(note: str) -> Checkpoint:
    """Return the checkpoint in a note, signed or not.  Raises NoteError."""
    lines = note.partition("\n\n")[0].split("\n")
    if len(lines) < 3 or not is_name(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise NoteError("not a checkpoint: it has no lines of origin, size and root")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except binascii.Error as error:
        raise NoteError(f"not a checkpoint: its root is not base64: {error}") from error
    if len(root) != 32:
        raise NoteError(f"not a checkpoint: its root has {len(root)} bytes, not 32")
    return Checkpoint(lines[0], int(lines[1]), root)


def parse_stored(note: str, size: int, root: bytes) -> Checkpoint:
    """Return the checkpoint in a stored note.  Raises NoteError unless it has the stored size and root."""
    checkpoint = parse(note)
    if (checkpoint.size, checkpoint.root) != (size, root):
        raise NoteError(f"its note has another size ({checkpoint.size} rows) or root")
    return checkpoint
