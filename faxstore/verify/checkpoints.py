"""Checks checkpoints: each agrees with its note, all name the same log, and trusted keys have signed them.

A key states itself in the first checkpoint that it signs (faxstore/log/signing.py).  Signatures are required from the
checkpoint on in which a given key states itself; a later key is trusted if the one before it has signed its statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faxstore.counted import counted
from faxstore.log.keys import NoteError, PublicKey, signatures
from faxstore.log.note import Checkpoint, StoredCheckpoint
from faxstore.log.stored import CHECKPOINTS
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each checkpoint with a wrong note, and for a published one that is not of this log."""
    origin: str | None = None
    newest = 0
    signed = Signatures(scope.public_keys)
    for row in connection.execute(f"{CHECKPOINTS} order by size, records").fetchall():
        stored = StoredCheckpoint(*row)
        newest = stored.size
        try:
            stated = stored.parse()
            if stated.origin != (origin or stated.origin):
                raise NoteError(f"its note is of the log {stated.origin}, earlier ones are of {origin}")
            signed.add(stated, stored.note)
        except NoteError as error:
            yield Finding("checkpoints", f"checkpoint of {counted(newest, 'rows')}", f"was rewritten: {error}")
        else:
            origin = origin or stated.origin
    yield from signed.never_signed()
    yield from _published(scope, signed, origin, newest)


@dataclass
class Signatures:
    """Follows the keys of a log from checkpoint to checkpoint, beginning with the given ones."""

    given: Sequence[PublicKey]
    active: PublicKey | None = None
    """The key that must sign the next checkpoint; None before a given key has begun to sign."""
    trusted: list[PublicKey] = field(default_factory=list)
    """The given keys that began to sign, and the keys that replaced them."""
    before: list[int] = field(default_factory=list)
    """Sizes of the checkpoints before a given key began to sign."""
    since: int = 0
    """Size of the checkpoint with which the first of them began."""

    def add(self, checkpoint: Checkpoint, text: str) -> None:
        """Check the next checkpoint.  Raises NoteError unless the key that must sign it has done so."""
        if checkpoint.key not in self.given:
            if self.active is None:
                self.before.append(checkpoint.size)
                return
            self.active.check(text)
        if checkpoint.key is not None:
            checkpoint.key.check(text)
            self.since = self.since or checkpoint.size
            self.active = checkpoint.key
            self.trusted.append(checkpoint.key)

    def check_published(self, checkpoint: Checkpoint, text: str) -> None:
        """Raises NoteError unless a trusted key has signed a published checkpoint, or none had begun to sign."""
        if not self.given or 0 < checkpoint.size < self.since:
            return
        signers = {(name, key_id) for name, key_id, _ in signatures(text)}
        keys = self.trusted or self.given
        next((key for key in keys if (key.name, key.key_id) in signers), keys[-1]).check(text)

    def never_signed(self) -> Iterator[Finding]:
        """Yield a finding for each checkpoint of a log in which no given key has begun to sign."""
        if self.given and self.active is None:
            keys = " or ".join(key.short for key in self.given)
            for size in self.before:
                yield Finding(
                    "checkpoints",
                    f"checkpoint of {counted(size, 'rows')}",
                    f"was rewritten: it is not signed by {keys}",
                )


def _published(scope: Scope, signed: Signatures, origin: str | None, newest: int) -> Iterator[Finding]:
    published = scope.published
    if published is None:
        return
    where = f"published checkpoint of {counted(published.size, 'rows')}"
    try:
        signed.check_published(published, scope.published_note)
    except NoteError as error:
        yield Finding("checkpoints", where, str(error))
    if origin not in (None, published.origin):
        yield Finding("checkpoints", where, f"is of the log {published.origin}, this one is {origin}")
    if published.size > newest:
        what = f"the newest checkpoint here has {counted(newest, 'rows')}: checkpoints or rows are missing"
        yield Finding("checkpoints", where, what)
