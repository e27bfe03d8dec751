"""Runs the checks on two connections, so that they use two processors.

The check of the history computes hashes in this process, and the server does most of the work of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from faxstore.store.database import Connection
from faxstore.verify import history
from faxstore.verify.checks import findings
from faxstore.verify.findings import Check, Finding, Scope


def findings_side_by_side(
    connection: Connection, other: Connection, scope: Scope, checks: Sequence[Check]
) -> Iterator[Finding]:
    """Yield the findings of the checks in their order, those of the history last.

    The history is read over the other connection.  If the caller stops, that ends with the next rows that it reads.
    """
    stopped, progress = Event(), scope.progress

    def unless_stopped(done: int, total: int) -> None:
        if stopped.is_set():
            raise InterruptedError
        progress(done, total)

    scope.progress = unless_stopped
    with ThreadPoolExecutor(1) as pool:
        of_history = pool.submit(lambda: list(findings(other, scope, [history.check])))
        try:
            yield from findings(connection, scope, [check for check in checks if check is not history.check])
            yield from of_history.result()
        finally:
            stopped.set()
