"""Checks checkpoints: each agrees with its note, all name the same log, and a key has signed each."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.log import note
from faxstore.log.keys import NoteError
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each checkpoint with a wrong note, and for a published one that is not of this log."""
    origin: str | None = None
    newest = 0
    for size, root, text in connection.execute("select size, root, note from fax.checkpoint order by size").fetchall():
        newest = size
        try:
            stated = note.parse_stored(text, size, bytes(root))
            if stated.origin != (origin or stated.origin):
                raise NoteError(f"its note is of the log {stated.origin}, earlier ones are of {origin}")
            if scope.public_key:
                scope.public_key.check(text)
        except NoteError as error:
            yield Finding("checkpoints", f"checkpoint of {size} rows", f"was rewritten: {error}")
        else:
            origin = origin or stated.origin
    yield from _published(scope, origin, newest)


def _published(scope: Scope, origin: str | None, newest: int) -> Iterator[Finding]:
    published = scope.published
    if published is None:
        return
    where = f"published checkpoint of {published.size} rows"
    try:
        if scope.public_key:
            scope.public_key.check(scope.published_note)
    except NoteError as error:
        yield Finding("checkpoints", where, str(error))
    if origin not in (None, published.origin):
        yield Finding("checkpoints", where, f"is of the log {published.origin}, this one is {origin}")
    if published.size > newest:
        what = f"the newest checkpoint here has {newest} rows: checkpoints or rows are missing"
        yield Finding("checkpoints", where, what)
