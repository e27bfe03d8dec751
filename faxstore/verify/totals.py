"""Checks totals: each is the fold of its session's rows, and each session has one or waits for one."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope
from faxstore.verify.periods import periods

_WRONG = "select session_id, problem from fax.wrong_totals(%s::timestamptz, %s::timestamptz) order by 1, 2"


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each total that differs from the rows of its session, and for each session out of place."""
    if not scope.whole:
        return
    for since, until in periods(connection):
        for session, problem in connection.execute(_WRONG, [since, until]).fetchall():
            yield Finding("totals", f"session {session}", problem)
