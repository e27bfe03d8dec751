"""The doctor's checks of a server from the events of its recent faxes.

AMI does not report the settings that these checks are about.  A setting is in effect if the history contains events
that exist only with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import psycopg

from faxstore.ami.manager_classes import CONSEQUENCES
from faxstore.counted import counted
from faxstore.doctor import advice
from faxstore.doctor.facts import RecentFaxes, ServerFacts
from faxstore.doctor.findings import Finding, Verdict
from faxstore.store.database import Connection

_Count = Callable[[RecentFaxes], int]
_RECENT_FAXES = """
select
    count(distinct s.session_id),
    count(*) filter (where h.event = 'FAXStatus'),
    count(*) filter (where h.event in ('SendFAX', 'ReceiveFAX')),
    count(*) filter (where h.event in ('SendFAX', 'ReceiveFAX') and fax.channel_variable(h.details, 'FAXSTATUS') <> ''),
    count(*) filter (where h.event = 'VarSet'),
    count(distinct s.session_id) filter (where s.operation = 'send'),
    count(*) filter (where h.event = 'DialBegin')
from (
    select session_id, started_at, operation from fax.session
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
    return _read_class(facts, "call", lambda recent: recent.completions, "SendFAX and ReceiveFAX events")


def read_class_dialplan(facts: ServerFacts) -> Finding:
    """Check read class dialplan by the VarSet events of fax variables."""
    return _read_class(facts, "dialplan", lambda recent: recent.variables, "VarSet events of fax variables")


def status_events(facts: ServerFacts) -> Finding:
    """Check statusevents of res_fax.conf by the FAXStatus events, with which faxstore polls as soon as a fax begins."""
    return _finding(facts, "statusevents", lambda recent: recent.status_events, "FAXStatus events", advice.RES_FAX)


def channel_variables(facts: ServerFacts) -> Finding:
    """Check channelvars of manager.conf by FAXSTATUS in the completion events: it contains success or failure."""
    events = "completion events with FAXSTATUS"
    return _finding(facts, "channelvars", lambda recent: recent.results, events, advice.CHANNELVARS)


def dialled_numbers(facts: ServerFacts) -> Finding:
    """Check the DialBegin events of sent faxes: only they contain the number that Originate or a call file dialled."""
    if facts.recent is not None and facts.recent.sent == 0 and facts.recent.sessions:
        return Finding(facts.subject, "DialBegin", Verdict.OK, "not needed: no recent fax was sent")
    change = advice.user_lines(facts.server.username, f"{advice.READ}\neventfilter = {advice.DIAL_BEGIN}")
    consequence = "the number that a sent fax was dialled with may be unknown"
    return _finding(facts, "DialBegin", lambda recent: recent.dials, "DialBegin events", change, consequence)


def _read_class(facts: ServerFacts, name: str, count: _Count, events: str) -> Finding:
    change = advice.user_lines(facts.server.username, advice.READ)
    return _finding(facts, f"class {name} (read)", count, events, change, CONSEQUENCES[f"read = {name}"])


def _finding(facts: ServerFacts, check: str, count: _Count, events: str, change: str, consequence: str = "") -> Finding:
    recent = facts.recent
    if recent is None or recent.sessions == 0:
        why = "the history has no recent fax of this server" if recent else "the history cannot be read"
        text = f"unknown: AMI does not report it, and {why}; it should be:"
        return Finding(facts.subject, check, Verdict.NOTE, text, change)
    faxes = f"for the last {counted(recent.sessions, 'faxes')}"
    if seen := count(recent):
        return Finding(facts.subject, check, Verdict.OK, f"{seen} {events} {faxes}")
    text = f"no {events} {faxes}" + (f": {consequence}" if consequence else "")
    return Finding(facts.subject, check, Verdict.WARN, text, change)


CHECKS: tuple[Callable[[ServerFacts], Finding], ...] = (
    read_class_call, read_class_dialplan, status_events, channel_variables, dialled_numbers,
)  # fmt: skip
