"""Which key signs the next checkpoint, and how a log begins to be signed or changes its key.

A key states itself in the first checkpoint that it signs: an extension line ``key NAME+hash+base64``.  From there on it
must sign every checkpoint, until another key states itself in a checkpoint that both have signed.  So an auditor who
trusts one public key can follow the log to the next one, and knows from which size on signatures are required.  If a
key is lost, another one can begin without its signature: an auditor must then trust that one too.
"""

from __future__ import annotations

from dataclasses import dataclass

from faxstore.errors import UsageError
from faxstore.log import note
from faxstore.log.keys import PublicKey, Signer, signatures
from faxstore.log.note import Checkpoint


@dataclass(frozen=True)
class Signing:
    """The keys that a seal was given."""

    key: Signer | None = None
    """The key that signs from now on; None for an unsigned log."""
    old_key: Signer | None = None
    """The key that `key` replaces; it signs once more."""
    start: bool = False
    """Whether `key` begins to sign a log that is not signed so far, or whose key is lost."""

    @property
    def changes(self) -> bool:
        """Whether the next checkpoint begins to be signed, or changes the key."""
        return self.start or self.old_key is not None

    def continued(self) -> Signing:
        """Return the keys for the checkpoints after the next one."""
        return Signing(self.key)

    def stated(self, before: str | None) -> PublicKey | None:
        """Return the key that the next checkpoint states: a key that signs for the first time.

        `before` is the note of the newest checkpoint.  Raises UsageError unless these keys may continue it.
        """
        self.check(before)
        return self.key.public if self.key and (before is None or self.changes) else None

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the note of a checkpoint."""
        if self.key is None:
            return f"{checkpoint.text()}\n"
        text = self.key.sign(checkpoint.text())
        return self.old_key.sign(text) if self.old_key else text

    def check(self, before: str | None) -> None:
        """Raises UsageError unless these keys may sign the checkpoint after the one with this note."""
        if self.key is None and self.changes:
            raise UsageError("--start-signing and --old-key need the key that signs from now on: add --key FILE")
        if self.start and self.old_key is not None:
            raise UsageError("--start-signing and --old-key exclude each other: the old key signs, or is lost")
        active = _active(before) if before else None
        if active is None:
            self._check_start(before)
        elif self.key is None:
            raise UsageError(f"this log is signed by {active}: add --key FILE with that key")
        elif _short(self.key) == active:
            if self.changes:
                raise UsageError(f"this log is signed by {active} already: leave out --start-signing and --old-key")
        elif self.old_key is not None:
            if _short(self.old_key) != active:
                which = f"--old-key is {_short(self.old_key)}, but this log is signed by {active}"
                raise UsageError(f"{which}: give that key")
        elif not self.start:
            change = "to change the key, add --old-key FILE with that one"
            raise UsageError(f"--key is {_short(self.key)}, but this log is signed by {active}: {change}")

    def _check_start(self, before: str | None) -> None:
        if self.old_key is not None:
            raise UsageError("this log is not signed so far: leave out --old-key")
        if before is None or self.key is None or self.start:
            return
        raise UsageError("this log is not signed so far: add --start-signing to sign it from the next checkpoint on")


def _active(text: str) -> str | None:
    """Return name and hash of the key that must sign the checkpoint after this one; None if it is not signed."""
    if stated := note.parse(text).key:
        return stated.short
    return next((f"{name}+{key_id.hex()}" for name, key_id, _ in signatures(text)), None)


def _short(signer: Signer) -> str:
    return signer.public.short
