"""Checks the roll-ups of usage: those of each span are the sum of the totals of its sessions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_DAYS = "select date_trunc('day', started_at, 'UTC') from fax.session group by 1 order by 1"
_WRONG = """
select to_char(span_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), hours, server
from fax.wrong_rollups(%s::timestamptz, %s::timestamptz) order by 1, 2, 3
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each span and server of which the stored counts differ from the totals.

    It compares day by day, so that memory does not depend on the size of the history.
    """
    if not scope.whole:
        return
    days: list[object] = [day for (day,) in connection.execute(_DAYS).fetchall()]
    for since, until in pairwise(["-infinity", *days[1:], "infinity"]):
        for start, hours, server in connection.execute(_WRONG, [since, until]).fetchall():
            where = f"server {server}, {hours} h from {start} UTC"
            yield Finding("roll-ups", where, "the stored counts are not those of the totals")
