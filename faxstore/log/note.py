"""Checkpoints as text: C2SP tlog-checkpoint in a C2SP signed-note, with Ed25519 signatures (extra ``sign``)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from faxstore.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\1"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9]\d{0,18}")


class NoteError(ValueError):
    """A text is no checkpoint, or its signature is wrong."""


@dataclass(frozen=True)
class Checkpoint:
    """A state of the log: whose, how many rows, and their root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def is_name(name: str) -> bool:
    """Whether it may name a log, or a key: no blanks, no plus sign."""
    return bool(_NAME.fullmatch(name)) and name.isprintable()


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


@dataclass(frozen=True)
class PublicKey:
    """A verifier key: its name, and the 32 bytes of Ed25519."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.key).decode()}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key of its text, ``name+hash+base64``.  Raises UsageError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = cls(name, key_bytes(encoded, "a public key"))
        if not is_name(name) or key.key_id.hex() != key_id:
            raise UsageError("not a public key: its name and its hash do not fit (name+hash+base64)")
        return key

    def check(self, note: str) -> None:
        """Raises NoteError unless this key has signed the note."""
        from faxstore.log.keys import is_signed

        text, _, signatures = note.rpartition("\n\n")
        for line in signatures.splitlines():
            found = _SIGNATURE.fullmatch(line)
            if found and found["name"] == self.name:
                signature = base64.b64decode(found["signature"])
                if signature[:4] == self.key_id:
                    if is_signed(self.key, signature[4:], f"{text}\n".encode()):
                        return
                    raise NoteError(f"the signature of {self.name} is wrong")
        raise NoteError(f"it is not signed by {self.name}")


@dataclass(frozen=True)
class Signer:
    """A key that signs."""

    public: PublicKey
    private: Ed25519PrivateKey

    def signed(self, text: str) -> str:
        """The text as a note with this signature; a further one is added."""
        body, blank, signatures = text.partition("\n\n")
        signed = f"{body}\n" if blank else text
        signature = base64.b64encode(self.public.key_id + self.private.sign(signed.encode())).decode()
        return f"{signed}\n{signatures}— {self.public.name} {signature}\n"


def key_bytes(encoded: str, what: str) -> bytes:
    """The 32 bytes of a key as the texts of keys hold it.  Raises UsageError."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise UsageError(f"not {what}: it is no base64") from error
    if len(data) != 33 or not data.startswith(_ED25519):
        raise UsageError(f"not {what}: expected Ed25519, 1 and 32 bytes")
    return data[1:]
