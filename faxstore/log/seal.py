"""Sealing: adds the rows since the last checkpoint to the log, and a checkpoint over all of them.

It reads committed rows and takes no lock that an appender waits for, so sealing does not slow down appends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import pairwise

from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.log import records, stored
from faxstore.log.keys import PublicKey
from faxstore.log.leaves import WINDOW, leaf_hashes
from faxstore.log.note import NO_RECORDS, Checkpoint, Records
from faxstore.log.signing import Signing
from faxstore.store.database import Connection

MAX_ROWS = 16 * WINDOW
"""Rows that one transaction seals; a killed run loses at most this much work."""

Progress = Callable[[int, int], None]
"""Called with the rows sealed so far and the last position."""

_SALTS = """
insert into fax.session_salt (session_id)
select distinct h.session_id from fax.rows_between(%s, %s) h
where h.file_name is not null or h.details is not null
on conflict do nothing
"""


def new_origin() -> str:
    """Return a random name for a log without one."""
    return f"faxstore/{secrets.token_hex(4)}"


def seal(connection: Connection, origin: str | None, signing: Signing, progress: Progress) -> tuple[int, str] | None:
    """Seal all committed rows and records; return the number of new rows and the note of the newest checkpoint.

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
            if last == size and not (sealed and (signing.changes or records.is_due(connection))):
                return (rows, text) if text else None
            log = stored.resume(connection, sealed)
            _add_rows(connection, log, min(last, size + MAX_ROWS), lambda done: progress(done, last))  # noqa: B023 - called here
            name = sealed.origin if sealed else origin or (signing.key.public.name if signing.key else new_origin())
            text = _store(connection, log, name, sealed.records if sealed else NO_RECORDS, signing, stated)
            signing = signing.continued()
            rows += log.size - size
            if log.size == last:
                return rows, text


def _add_rows(connection: Connection, log: stored.GrowingLog, last: int, progress: Callable[[int], None]) -> None:
    if last == log.size:
        return
    # Salts must exist before the rows are read, so that everyone computes the same leaves later.
    connection.execute(_SALTS, [log.size + 1, last])
    bounds = [log.size, *range(log.size - log.size % WINDOW + WINDOW, last, WINDOW), last]
    for before, end in pairwise(bounds):
        leaves = leaf_hashes(connection, before + 1, end)
        if len(leaves) != end - before:
            where = stored.position_range(before + 1, end)
            raise FaxstoreError(
                f"{where}: {counted(len(leaves), 'rows')} instead of {end - before}: run faxstore verify"
            )
        log.extend(leaves)
        progress(log.size)


def _store(
    connection: Connection,
    log: stored.GrowingLog,
    origin: str,
    before: Records,
    signing: Signing,
    stated: PublicKey | None,
) -> str:
    """Store what was added to the log, and a checkpoint; return its note."""
    with connection.cursor() as cursor:
        with cursor.copy("copy fax.log_run (first_position, rows, marks) from stdin") as copy:
            for run in log.runs:
                copy.write_row(run)
        with cursor.copy("copy fax.log_subtree (rows, first_position, root) from stdin") as copy:
            for subtree in log.subtrees:
                copy.write_row(subtree)
    covered = records.add(connection, before, stated, log.size)
    ((made_at,),) = connection.execute("select clock_timestamp()")
    checkpoint = Checkpoint(origin, log.size, log.frontier.root(), made_at, covered, stated)
    text = signing.sign(checkpoint)
    insert = "insert into fax.checkpoint (size, records, root, note, made_at) values (%s, %s, %s, %s, %s)"
    connection.execute(insert, [checkpoint.size, covered.number, checkpoint.root, text, made_at])
    return text
