"""Checks the roll-ups of usage: those of each span are the sum of the totals of its sessions."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope
from faxstore.verify.periods import periods

_WRONG = """
select to_char(span_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), hours, server
from fax.wrong_rollups(%s::timestamptz, %s::timestamptz) order by 1, 2, 3
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each span and server of which the stored counts differ from the totals."""
    if not scope.whole:
        return
    for since, until in periods(connection):
        for start, hours, server in connection.execute(_WRONG, [since, until]).fetchall():
            where = f"server {server}, {hours} h from {start} UTC"
            yield Finding("roll-ups", where, "the stored counts are not those of the totals")
