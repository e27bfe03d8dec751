"""Ed25519 keys: their text form (that of Go's note package), signing and verification (extra ``sign``)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from faxstore.errors import UsageError
from faxstore.system.files import atomic_file, read_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\1"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_PRIVATE = re.compile(r"PRIVATE\+KEY\+(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<seed>\S+)")


class NoteError(ValueError):
    """A text is not a checkpoint, or its signature is wrong or missing."""


def is_name(name: str) -> bool:
    """Return whether it is a valid name of a log or a key: printable, without white space and plus signs."""
    return bool(_NAME.fullmatch(name)) and name.isprintable()


@dataclass(frozen=True)
class PublicKey:
    """A key to verify with: its name and the 32 bytes of Ed25519."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that identify the key in a signature."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:4]

    @property
    def short(self) -> str:
        """Its name and hash, which identify it in a message."""
        return f"{self.name}+{self.key_id.hex()}"

    def __str__(self) -> str:
        return f"{self.short}+{base64.b64encode(_ED25519 + self.key).decode()}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Parse ``name+hash+base64``.  Raises UsageError."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        key = cls(name, key_bytes(encoded, "a public key"))
        if not is_name(name) or key.key_id.hex() != key_id:
            raise UsageError("not a public key: its hash does not match its name and key (name+hash+base64)")
        return key

    def check(self, note: str) -> None:
        """Raises NoteError unless the note has a valid signature of this key."""
        text = note.rpartition("\n\n")[0]
        for name, key_id, signature in signatures(note):
            if (name, key_id) == (self.name, self.key_id):
                if is_signed(self.key, signature, f"{text}\n".encode()):
                    return
                raise NoteError(f"the signature of {self.short} is wrong")
        raise NoteError(f"it is not signed by {self.short}")


@dataclass(frozen=True)
class Signer:
    """A key pair to sign with."""

    public: PublicKey
    private: Ed25519PrivateKey

    def sign(self, text: str) -> str:
        """Return the text, or the note, with a signature of this key added."""
        body, blank, signatures = text.partition("\n\n")
        signed = f"{body}\n" if blank else text
        signature = base64.b64encode(self.public.key_id + self.private.sign(signed.encode())).decode()
        return f"{signed}\n{signatures}— {self.public.name} {signature}\n"


def signatures(note: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield name, hash and signature of each signature line of a note, in order; skips what is not base64."""
    for line in note.rpartition("\n\n")[2].splitlines():
        if found := _SIGNATURE.fullmatch(line):
            with suppress(binascii.Error):
                signature = base64.b64decode(found["signature"])
                yield found["name"], signature[:4], signature[4:]


def key_bytes(encoded: str, what: str) -> bytes:
    """Decode the 32 bytes of a key from base64; `what` names it in an error.  Raises UsageError."""
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise UsageError(f"not {what}: it is not base64") from error
    if len(data) != 33 or not data.startswith(_ED25519):
        raise UsageError(f"not {what}: expected Ed25519, 1 and 32 bytes")
    return data[1:]


def new_key(path: Path, name: str) -> PublicKey:
    """Generate a key in a new file that only its owner may read; return its public key.  Raises UsageError."""
    private = _ed25519().Ed25519PrivateKey.generate()
    public = PublicKey(name, private.public_key().public_bytes_raw())
    seed = base64.b64encode(b"\1" + private.private_bytes_raw()).decode()
    with atomic_file(path) as file:
        if path.exists():
            raise UsageError(f"--new-key {path}: the file exists; faxstore never overwrites a key")
        file.write(f"PRIVATE+KEY+{name}+{public.key_id.hex()}+{seed}\n".encode())
    return public


def read_key(path: Path, option: str = "--key") -> Signer:
    """Read a key from the file that an option names.  Raises UsageError, which never shows the content of the file."""
    try:
        text = read_text(path).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"{option} {path}: {reason}") from error
    return parse_signer(text, f"{option} {path}")


def parse_signer(text: str, source: str) -> Signer:
    """Parse the text of a private key.  Raises UsageError, which begins with `source`."""
    found = _PRIVATE.fullmatch(text)
    if found is None:
        raise UsageError(f"{source}: not a key that faxstore seal --new-key generated")
    private = _ed25519().Ed25519PrivateKey.from_private_bytes(key_bytes(found["seed"], "a private key"))
    public = PublicKey(found["name"], private.public_key().public_bytes_raw())
    if public.key_id.hex() != found["id"]:
        raise UsageError(f"{source}: the key is damaged, its hash does not match")
    return Signer(public, private)


def is_signed(key: bytes, signature: bytes, text: bytes) -> bool:
    """Return whether the key made this signature of the text."""
    ed25519 = _ed25519()
    from cryptography.exceptions import InvalidSignature

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _ed25519() -> ModuleType:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise UsageError("signatures need cryptography: pip install faxstore[sign]") from error
    return ed25519
