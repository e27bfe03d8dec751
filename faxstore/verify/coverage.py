"""Checks the stored coverage of servers: each day is what the polls on record give.

Days whose polls may be in rows that are in files only are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_DIFFERENT = """
select d.server, d.day::text from fax.coverage_day d
where d.covered <> fax.polled_time(d.server, d.day::timestamp at time zone 'UTC', d.until)
  and not fax.has_dropped_evidence(d.day)
order by 1, 2
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each stored day that differs."""
    if not scope.whole:
        return
    for server, day in connection.execute(_DIFFERENT):
        yield Finding("coverage", f"server {server}, {day}", "the stored coverage is not that of the polls on record")
