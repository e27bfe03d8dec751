"""Checks totals: each is the fold of its session's rows, and each session has one or waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_DAYS = "select date_trunc('day', started_at, 'UTC') from fax.session group by 1 order by 1"
_WRONG = "select session_id, problem from fax.wrong_totals(%s::timestamptz, %s::timestamptz) order by 1, 2"


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each total that differs from the rows of its session, and for each session out of place.

    It compares day by day, so that memory does not depend on the size of the history.
    """
    if not scope.whole:
        return
    days: list[object] = [day for (day,) in connection.execute(_DAYS).fetchall()]
    for since, until in pairwise(["-infinity", *days[1:], "infinity"]):
        for session, problem in connection.execute(_WRONG, [since, until]).fetchall():
            yield Finding("totals", f"session {session}", problem)
