"""How far compaction is behind: what it should have done by now and has not.

Each function needs the rights of fax_ingest or fax_reader.  What is late has a grace beyond the settings, because
compaction works in small steps and waits for appends.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from faxstore.store.database import Connection

OLD = 3600
"""Seconds after which a session should have its total, whatever the setting total_after is."""

MOST_SESSIONS = 1000
"""Sessions without totals that are counted."""

MANY_ROLLUPS = 10_000
"""Rows of roll-ups to add up, from which queries of usage take noticeably longer; no more are counted."""

LATE_DAYS = 2
"""Days after pack_after when a day should be packed."""

_WITHOUT_TOTALS = f"""
select count(*), min(w.started_at)
from (
    select u.started_at
    from fax.session_untotalled u
    where not exists (
        select from fax.session_history h
        where h.session_id = u.session_id and h.started_at = u.started_at and h.position > fax.quiet_position({OLD})
    )
    order by u.started_at
    limit {MOST_SESSIONS}
) w
"""
_UNMERGED = "select count(*) from (select from fax.usage_rollup where not merged limit %s) r"
_UNCOVERED = "select count(*), min(day) from fax.uncovered_days(now() - interval '1 day')"
_UNRECONCILED = """
select count(*), min(day) from fax.reconciliation_day
where since is null and day < (now() at time zone 'UTC')::date - 2
"""
_NOT_PACKED = """
select count(*), min(p.began)
from fax.periods_to_pack(now() - %s * interval '1 day') p
where exists (
    select from fax.observation o
    where o.started_at >= p.began and o.started_at < p.ends and o.observed_at < now() - %s * interval '1 day'
)
"""


class Late(NamedTuple):
    """How much is late, and the day or time of the oldest; None if nothing is."""

    number: int
    oldest: date | None


def sessions_without_totals(connection: Connection) -> Late:
    """Return the sessions that had no row for OLD seconds and have no total, MOST_SESSIONS at most."""
    return _late(connection, _WITHOUT_TOTALS)


def unmerged_rollups(connection: Connection) -> int:
    """Return the number of rows of roll-ups that are not added up, MANY_ROLLUPS at most."""
    ((waiting,),) = connection.execute(_UNMERGED, [MANY_ROLLUPS]).fetchall()
    return int(waiting)


def uncovered_days(connection: Connection) -> Late:
    """Return the days of a server, up to yesterday, whose coverage is not stored."""
    return _late(connection, _UNCOVERED)


def unreconciled_days(connection: Connection) -> Late:
    """Return the days of a server, up to three days ago, whose reconciliation is not stored."""
    return _late(connection, _UNRECONCILED)


def unpacked_days(connection: Connection, pack_after: float) -> Late:
    """Return the days with rows that are not packed LATE_DAYS after the setting pack_after demands it."""
    days = pack_after + LATE_DAYS
    return _late(connection, _NOT_PACKED, days, days)


def _late(connection: Connection, query: str, *parameters: float) -> Late:
    ((count, oldest),) = connection.execute(query.encode(), parameters).fetchall()
    return Late(count, oldest)
