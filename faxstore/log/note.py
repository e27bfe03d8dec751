"""Checkpoints as text: a C2SP tlog-checkpoint in a C2SP signed-note, with Ed25519 signatures (extra ``sign``).

After origin, size and root, a checkpoint has extension lines, each a word and its value.  Unknown ones are ignored.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from faxstore.errors import UsageError
from faxstore.log.keys import NoteError, PublicKey, is_name

_SIZE = re.compile(r"0|[1-9]\d{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """A state of the log: its name, the number of rows, and the root over them."""

    origin: str
    size: int
    root: bytes
    key: PublicKey | None = None
    """The key that signs for the first time with this checkpoint (see faxstore/log/signing.py)."""

    def text(self) -> str:
        """Return the lines that are signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.key is not None:
            lines.append(f"key {self.key}")
        return "".join(f"{line}\n" for line in lines)


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
    return Checkpoint(lines[0], int(lines[1]), root, _key(lines[3:]))


def _key(extensions: Sequence[str]) -> PublicKey | None:
    """Return the key that extension lines state.  Raises NoteError."""
    stated = [line.removeprefix("key ") for line in extensions if line.startswith("key ")]
    if not stated:
        return None
    try:
        (text,) = stated
        return PublicKey.parse(text)
    except (ValueError, UsageError) as error:
        raise NoteError(f"not a checkpoint: its key line is not one public key: {error}") from error


def parse_stored(note: str, size: int, root: bytes) -> Checkpoint:
    """Return the checkpoint in a stored note.  Raises NoteError unless it has the stored size and root."""
    checkpoint = parse(note)
    if (checkpoint.size, checkpoint.root) != (size, root):
        raise NoteError(f"its note has another size ({checkpoint.size} rows) or root")
    return checkpoint
