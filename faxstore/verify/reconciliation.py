"""Checks stored reconciliation: the rows of each day are what its readings and sessions give."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope
from faxstore.verify.periods import periods

_WRONG = """
select server, day::text, problem from fax.wrong_reconciliation(%s::timestamptz, %s::timestamptz) order by 1, 2, 3
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each day of a server whose stored rows differ, or that is shown twice or not at all."""
    if not scope.whole:
        return
    for since, until in periods(connection):
        for server, day, problem in connection.execute(_WRONG, [since, until]).fetchall():
            yield Finding("reconciliation", f"server {server}, {day}", problem)
