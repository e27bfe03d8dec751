"""The rules of polling, without any input or output: what may be asked, and how soon the next poll comes.

FAXSession for a session that has no fax engine yet crashes Asterisk: res_fax_spandsp.c,
spandsp_manager_fax_session looks into it unless the state is Uninitialized, and from the session's listing
until spandsp_fax_start there is none (seen on 22.10.1).  So only what a list has shown to be safe is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faxstore.ami.errors import IncompleteListError
from faxstore.capture.message import Message
from faxstore.capture.numbers import session_number

LIVE = frozenset({"send", "receive", "gateway"})
"""Operations of a fax; V.21 is a tone detector that waits on every call."""

BAD_LINES_INTERVAL = 0.25
"""Seconds.  TotalBadLines of a page is lost when the next page begins (spandsp t4_rx_start_page)."""

WAKING_STATUS = "FAX Transmission In Progress"

_MAY_ASK = {
    "send": frozenset({"active", "complete"}),
    "receive": frozenset({"active", "complete"}),
    "gateway": frozenset({"active"}),
}
_DETECTOR = "v.21"


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of one session, as far as these rules go."""

    number: int
    operation: str
    state: str
    channel: str = ""


def may_ask(operation: str, state: str, already_asked: bool) -> bool:
    """Whether FAXSession is harmless for a session that the newest list shows like this.

    A tone detector has but three constant headers: it is asked once.
    """
    if operation.lower() == _DETECTOR:
        return state.lower() == "active" and not already_asked
    return state.lower() in _MAY_ASK.get(operation.lower(), frozenset())


def listed(answer: Sequence[Message]) -> list[Listed]:
    """The entries of an answer to FAXSessions.

    Raises IncompleteListError where an entry cannot be told from another: none of them is to be trusted then.
    """
    entries: dict[int, Listed] = {}
    for message in answer[1:-1]:
        number = session_number(message)
        if message.event.lower() != "faxsessionsentry" or number is None or number in entries:
            raise IncompleteListError(f"a list entry with SessionNumber {message.get('SessionNumber')[:20]!r} came")
        entries[number] = Listed(number, message.get("Operation"), message.get("State"), message.get("Channel"))
    return list(entries.values())


def questions(entries: Iterable[Listed], asked: set[int]) -> list[int]:
    """The session numbers to ask for, of a complete list; asked: those that this connection asked before."""
    return [entry.number for entry in entries if may_ask(entry.operation, entry.state, entry.number in asked)]


def next_interval(
    entries: Iterable[Listed], details: Iterable[Message], poll_interval: float, idle_interval: float
) -> float:
    """Seconds from the start of a poll, which gave these entries and FAXSession events, to the next one's."""
    if any(loses_bad_lines(detail) for detail in details):
        return min(BAD_LINES_INTERVAL, poll_interval)
    return poll_interval if any(entry.operation.lower() in LIVE for entry in entries) else idle_interval


def loses_bad_lines(detail: Message) -> bool:
    """A receiver without ECM that has agreed on a page: before that, ECM No and 0x0 are no measurements."""
    return (
        detail.get("Operation").lower() == "receive"
        and detail.get("ErrorCorrectionMode").lower() == "no"
        and detail.get("ImageResolution").strip() not in ("", "0x0")
    )


def wakes(event: Message) -> bool:
    """A fax begins: look at the list at once.  The session may still be Initialized then."""
    return event.event.lower() == "faxstatus" and event.get("Status") == WAKING_STATUS
