"""Checks positions: each append batch begins where the one before ended, and each row belongs to a batch."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.counted import counted
from faxstore.log import stored
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_GAPS = """
select b.first_position, b.last_position, b.rows, b.expected
from (
    select a.*, 1 + lag(a.last_position, 1, 0::bigint) over (order by a.last_position) as expected
    from fax.append_batches a
) b
where b.first_position <> b.expected or b.rows <> b.last_position - b.first_position + 1
order by 1
"""
_OUTSIDE = """
select h.position, h.session_id, h.observed_at from fax.session_history h
where h.position < 1 or h.position > %s order by 1, 2, 3
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each batch out of order, and for each row outside of all batches."""
    if not scope.whole:
        return
    for first, last, rows, expected in connection.execute(_GAPS):
        where = f"batch of {stored.position_range(first, last)}"
        yield Finding("batches", where, f"has {counted(rows, 'rows')} and should begin at position {expected}")
    end = stored.last_position(connection)
    # Rows that were appended meanwhile are above `end`: read it again before reporting them.
    rows = connection.execute(_OUTSIDE, [end]).fetchall()
    end = stored.last_position(connection)
    for position, session, observed_at in rows:
        if not 1 <= position <= end:
            what = f"a row was added (session {session}, observed {observed_at}): no batch contains it"
            yield Finding("batches", f"position {position}", what)
