"""Sealing: what was appended since the last checkpoint goes into the tree, and a new checkpoint says so.

It reads what is committed and takes no lock that an appender waits for: sealing costs the append nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import pairwise

from faxstore.errors import FaxstoreError
from faxstore.log import stored
from faxstore.log.keys import Signer
from faxstore.log.leaves import WINDOW, leaf_hashes
from faxstore.log.note import Checkpoint
from faxstore.store.database import Connection

MOST = 16 * WINDOW
"""Rows that one transaction seals: what a kill can cost."""

Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""

_SALTS = """
insert into fax.session_salt (session_id)
select distinct h.session_id from fax.session_history h
where h.position between %s and %s and (h.file_name is not null or h.details is not null)
on conflict do nothing
"""


def new_origin() -> str:
    """A name for a log that was given none."""
    return f"faxstore/{secrets.token_hex(4)}"


def seal(
    connection: Connection, origin: str | None, signer: Signer | None, progress: Progress
) -> tuple[int, str] | None:
    """Seals all that is committed; how many rows are new, and the note of the newest checkpoint.

    The name of the log is fixed by its first checkpoint.  None: there is nothing to seal.  Raises FaxstoreError where
    the rows are not as they were sealed, or not gapless.
    """
    rows = 0
    while True:
        with connection.transaction():
            connection.execute("select fax.lock_log()")
            before = stored.newest(connection)
            sealed, text = before if before else (None, "")
            size = sealed.size if sealed else 0
            last = stored.last_position(connection)
            if last == size:
                return (rows, text) if before else None
            name = sealed.origin if sealed else origin or (signer.public.name if signer else new_origin())
            log = stored.resumed(connection, sealed)
            _grow(connection, log, min(last, size + MOST), lambda done: progress(done, last))  # noqa: B023 - called here
            _keep(connection, log, name, signer)
            rows += log.size - size


def _grow(connection: Connection, log: stored.Growing, last: int, progress: Callable[[int], None]) -> None:
    # A salt is there before a row is read: what is sealed is what anyone computes later.
    connection.execute(_SALTS, [log.size + 1, last])
    bounds = [log.size, *range(log.size - log.size % WINDOW + WINDOW, last, WINDOW), last]
    for before, end in pairwise(bounds):
        leaves = leaf_hashes(connection, before + 1, end)
        if len(leaves) != end - before:
            where = stored.named(before + 1, end)
            raise FaxstoreError(f"{where}: {len(leaves)} rows instead of {end - before}: run faxstore verify")
        log.extend(leaves)
        progress(log.size)


def _keep(connection: Connection, log: stored.Growing, origin: str, signer: Signer | None) -> None:
    with connection.cursor() as cursor:
        with cursor.copy("copy fax.log_run (first_position, rows, marks) from stdin") as copy:
            for run in log.runs:
                copy.write_row(run)
        with cursor.copy("copy fax.log_subtree (rows, first_position, root) from stdin") as copy:
            for subtree in log.subtrees:
                copy.write_row(subtree)
        checkpoint = Checkpoint(origin, log.size, log.frontier.root())
        text = signer.signed(checkpoint.text()) if signer else f"{checkpoint.text()}\n"
        cursor.execute(
            "insert into fax.checkpoint (size, root, note) values (%s, %s, %s)", [log.size, checkpoint.root, text]
        )
