"""The doctor's checks of a server from the events of its recent faxes.

AMI does not report the settings that these checks are about.  A setting is in effect if the history contains events
that exist only with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import psycopg

from faxstore.ami.manager_classes import CONSEQUENCES
from faxstore.doctor import advice
from faxstore.doctor.facts import RecentFaxes, ServerFacts
from faxstore.doctor.findings import Finding, Verdict
from faxstore.store.database import Connection

_RECENT_FAXES = """
select
    count(distinct s.session_id),
    count(*) filter (where h.event = 'FAXStatus'),
    count(*) filter (where h.event in ('SendFAX', 'ReceiveFAX')),
    count(*) filter (where h.event in ('SendFAX', 'ReceiveFAX') and fax.channel_variable(h.details, 'FAXSTATUS') <> ''),
    count(*) filter (where h.event = 'VarSet')
from (
    select session_id, started_at from fax.session
    where server = %s and operation in ('send', 'receive') and started_at > now() - interval '30 days' and not is_open
    order by started_at desc limit 100
) s
join fax.session_history h using (session_id, started_at)
"""


def recent_faxes(connection: Connection, servers: Iterable[str]) -> dict[str, RecentFaxes]:
    """Return the recent faxes by server name; empty if this user may not read the history."""
    try:
        rows = {server: connection.execute(_RECENT_FAXES, [server]).fetchone() for server in servers}
    except psycopg.errors.InsufficientPrivilege:
        return {}  # database.may_read reports it
    return {server: RecentFaxes(*row) for server, row in rows.items() if row is not None}


def read_class_call(facts: ServerFacts) -> Finding:
    """Check read class call by the completion events."""
    change = advice.user_line(facts.server.username, f"read = {advice.READ}")
    seen = facts.recent.completions if facts.recent else 0
    consequence = CONSEQUENCES["read = call"]
    return _finding(facts, "class call (read)", seen, "SendFAX and ReceiveFAX events", change, consequence)


def read_class_dialplan(facts: ServerFacts) -> Finding:
    """Check read class dialplan by the VarSet events of fax variables."""
    change = advice.user_line(facts.server.username, f"read = {advice.READ}")
    seen = facts.recent.variables if facts.recent else 0
    consequence = CONSEQUENCES["read = dialplan"]
    return _finding(facts, "class dialplan (read)", seen, "VarSet events of fax variables", change, consequence)


def status_events(facts: ServerFacts) -> Finding:
    """Check statusevents of res_fax.conf by the FAXStatus events, with which faxstore polls as soon as a fax begins."""
    seen = facts.recent.status_events if facts.recent else 0
    return _finding(facts, "statusevents", seen, "FAXStatus events", advice.RES_FAX)


def channel_variables(facts: ServerFacts) -> Finding:
    """Check channelvars of manager.conf by FAXSTATUS in the completion events: it contains success or failure."""
    seen = facts.recent.results if facts.recent else 0
    return _finding(facts, "channelvars", seen, "completion events with FAXSTATUS", advice.CHANNELVARS)


def _finding(facts: ServerFacts, check: str, seen: int, events: str, change: str, consequence: str = "") -> Finding:
    recent = facts.recent
    if recent is None or recent.sessions == 0:
        why = "the history has no recent fax of this server" if recent else "the history cannot be read"
        text = f"unknown: AMI does not report it, and {why}; it should be:"
        return Finding(facts.subject, check, Verdict.NOTE, text, change)
    faxes = f"for the last {recent.sessions} faxes"
    if seen:
        return Finding(facts.subject, check, Verdict.OK, f"{seen} {events} {faxes}")
    text = f"no {events} {faxes}" + (f": {consequence}" if consequence else "")
    return Finding(facts.subject, check, Verdict.WARN, text, change)


CHECKS: tuple[Callable[[ServerFacts], Finding], ...] = (
    read_class_call, read_class_dialplan, status_events, channel_variables,
)  # fmt: skip
