"""Keys of Ed25519 in files, as Go's note package writes them (extra ``sign``)."""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from types import ModuleType

from faxstore.errors import UsageError
from faxstore.log.note import PublicKey, Signer, key_bytes

_PRIVATE = re.compile(r"PRIVATE\+KEY\+(?P<name>[^\s+]+)\+(?P<id>[0-9a-f]{8})\+(?P<seed>\S+)")


def new_key(path: Path, name: str) -> PublicKey:
    """Makes a key of that name in a new file that only its owner reads.  Raises UsageError."""
    private = _ed25519().Ed25519PrivateKey.generate()
    public = PublicKey(name, private.public_key().public_bytes_raw())
    seed = base64.b64encode(b"\1" + private.private_bytes_raw()).decode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(f"--new-key {path}: it is there already; a key is never overwritten") from error
    except OSError as error:
        raise UsageError(f"--new-key {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"PRIVATE+KEY+{name}+{public.key_id.hex()}+{seed}\n")
        file.flush()
        os.fsync(file.fileno())
    return public


def read_key(path: Path) -> Signer:
    """The key of a file.  Raises UsageError, which never shows what the file holds."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"--key {path}: {reason}") from error
    return signer(text, f"--key {path}")


def signer(text: str, named: str) -> Signer:
    """The key of such a text; errors name it by ``named``."""
    found = _PRIVATE.fullmatch(text)
    if found is None:
        raise UsageError(f"{named}: not a key that faxstore seal --new-key made")
    private = _ed25519().Ed25519PrivateKey.from_private_bytes(key_bytes(found["seed"], "a private key"))
    public = PublicKey(found["name"], private.public_key().public_bytes_raw())
    if public.key_id.hex() != found["id"]:
        raise UsageError(f"{named}: the key is damaged, its hash does not fit")
    return Signer(public, private)


def is_signed(key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the key made that signature of the text."""
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
