"""Checks packs: what a pack states of its rows, by which searches find it, is what they contain.

history.py compares the rows themselves with what was sealed.
"""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_DIFFERING = """
select p.session_id
from fax.session_pack p
cross join lateral (
    select
        bool_and(r.session_id = p.session_id and r.started_at = p.started_at) as own,
        min(r.observed_at) as first_observed_at,
        max(r.observed_at) as last_observed_at,
        min(r.position) as first_position,
        max(r.position) as last_position,
        min(r.observed_at) filter (where r.event in ('SendFAX', 'ReceiveFAX')) as completed_at,
        max(r.observed_at) filter (where r.event = 'Hangup') as hung_up_at,
        count(*) as row_count
    from unnest(p.rows) r
) r
where (r.own, r.first_observed_at, r.last_observed_at, r.first_position, r.last_position, r.completed_at, r.hung_up_at,
       r.row_count)
    is distinct from (true, p.first_observed_at, p.last_observed_at, p.first_position, p.last_position, p.completed_at,
                      p.hung_up_at, p.row_count)
order by p.started_at, p.session_id
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each pack that differs from its rows."""
    if scope.whole:
        for (session,) in connection.execute(_DIFFERING):
            yield Finding("packs", f"pack of session {session}", "what it states of its rows is not what they contain")
