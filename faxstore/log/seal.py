"""Sealing: adds the rows since the last checkpoint to the log, and a checkpoint over all of them.

It reads committed rows and takes no lock that an appender waits for, so sealing does not slow down appends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import pairwise

from faxstore.errors import FaxstoreError, UsageError
from faxstore.log import stored
from faxstore.log.leaves import WINDOW, leaf_hashes
from faxstore.log.note import Checkpoint
from faxstore.log.signing import Signing
from faxstore.store.database import Connection

MAX_ROWS = 16 * WINDOW
"""Rows that one transaction seals; a killed run loses at most this much work."""

Progress = Callable[[int, int], None]
"""Called with the rows sealed so far and the last position."""

_SALTS = """
insert into fax.session_salt (session_id)
select distinct h.session_id from fax.session_history h
where h.position between %s and %s and (h.file_name is not null or h.details is not null)
on conflict do nothing
"""


def new_origin() -> str:
    """Return a random name for a log without one."""
    return f"faxstore/{secrets.token_hex(4)}"


def seal(connection: Connection, origin: str | None, signing: Signing, progress: Progress) -> tuple[int, str] | None:
    """Seal all committed rows; return the number of new rows and the note of the newest checkpoint.

    Returns None for an empty history.  The first checkpoint fixes the name of the log; `origin` is used only then.
    Raises FaxstoreError if rows that were sealed have changed, or if positions have gaps; UsageError if the keys of
    `signing` may not sign the next checkpoint.
    """
    rows = 0
    while True:
        with connection.transaction():
            connection.execute("select fax.lock_log()")
            before = stored.checkpoint(connection)
            sealed, text = before if before else (None, None)
            stated = signing.stated(text)
            size = sealed.size if sealed else 0
            last = stored.last_position(connection)
            if last == size:
                return _unchanged(rows, text, signing)
            name = sealed.origin if sealed else origin or (signing.key.public.name if signing.key else new_origin())
            log = stored.resume(connection, sealed)
            _add_rows(connection, log, min(last, size + MAX_ROWS), lambda done: progress(done, last))  # noqa: B023 - called here
            _store(connection, log, Checkpoint(name, log.size, log.frontier.root(), stated), signing)
            signing = signing.continued()
            rows += log.size - size


def _unchanged(rows: int, text: str | None, signing: Signing) -> tuple[int, str] | None:
    if signing.changes:
        raise UsageError("no row is new since the last checkpoint: a key begins to sign with new rows; try again later")
    return (rows, text) if text else None


def _add_rows(connection: Connection, log: stored.GrowingLog, last: int, progress: Callable[[int], None]) -> None:
    # Salts must exist before the rows are read, so that everyone computes the same leaves later.
    connection.execute(_SALTS, [log.size + 1, last])
    bounds = [log.size, *range(log.size - log.size % WINDOW + WINDOW, last, WINDOW), last]
    for before, end in pairwise(bounds):
        leaves = leaf_hashes(connection, before + 1, end)
        if len(leaves) != end - before:
            where = stored.position_range(before + 1, end)
            raise FaxstoreError(f"{where}: {len(leaves)} rows instead of {end - before}: run faxstore verify")
        log.extend(leaves)
        progress(log.size)


def _store(connection: Connection, log: stored.GrowingLog, checkpoint: Checkpoint, signing: Signing) -> None:
    with connection.cursor() as cursor:
        with cursor.copy("copy fax.log_run (first_position, rows, marks) from stdin") as copy:
            for run in log.runs:
                copy.write_row(run)
        with cursor.copy("copy fax.log_subtree (rows, first_position, root) from stdin") as copy:
            for subtree in log.subtrees:
                copy.write_row(subtree)
        values = [checkpoint.size, checkpoint.root, signing.sign(checkpoint)]
        cursor.execute("insert into fax.checkpoint (size, root, note) values (%s, %s, %s)", values)
