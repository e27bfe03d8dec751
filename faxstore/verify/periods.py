"""Divides the history into periods of whole days that checks compare one by one.

A comparison takes tens of milliseconds to plan, and memory for its sessions, so a period has some thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from faxstore.store.database import Connection

SESSIONS = 2000
"""Sessions of a period, about; a day is not divided."""

_FIRST_DAYS = """
select min(p.day)
from (
    select d.day, div(sum(d.sessions) over (order by d.day) - d.sessions, %s) as period
    from (select date_trunc('day', s.started_at, 'UTC') as day, count(*) as sessions from fax.session s group by 1) d
) p
group by p.period
order by 1
"""


def periods(connection: Connection) -> Iterator[tuple[object, object]]:
    """Yield the start and the end of each period, the first from -infinity and the last to infinity."""
    days: list[object] = [day for (day,) in connection.execute(_FIRST_DAYS, [SESSIONS]).fetchall()]
    yield from pairwise(["-infinity", *days[1:], "infinity"])
