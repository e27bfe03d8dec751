"""Checks sessions: each id fits its epoch and number, its server fits its epoch, and it has rows."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.sessions.identity import session_id
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_LISTED = "select session_id, epoch_id, session_number from fax.session where session_number is not null order by 1"
_WITHOUT_ROWS = """
select s.session_id, s.started_at from fax.session s
where not exists (select from fax.observation h where h.session_id = s.session_id and h.started_at = s.started_at)
  and not exists (select from fax.session_pack p where p.session_id = s.session_id and p.started_at = s.started_at)
  and not exists (select from fax.dropped_session d where d.session_id = s.session_id and d.started_at = s.started_at)
order by 1
"""
_OTHER_SERVER = """
select s.session_id, s.server, e.server from fax.session s
left join fax.epoch e on e.epoch_id = s.epoch_id
where e.server is distinct from s.server order by 1
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each session that does not fit.

    Ids of sessions that were never listed are not checked: the database does not store all of their input.
    """
    if not scope.whole:
        return
    for session, epoch, number in connection.execute(_LISTED):
        if session_id(epoch, number) != session:
            yield Finding("sessions", f"session {session}", f"is not number {number} of epoch {epoch}")
    for session, started_at in connection.execute(_WITHOUT_ROWS):
        yield Finding("sessions", f"session {session}", f"has no row that began at {started_at}")
    for session, server, other in connection.execute(_OTHER_SERVER):
        yield Finding("sessions", f"session {session}", f"is of server {server}, its epoch of {other}")
