"""The rules of polling: which sessions may be queried, and when the next poll is due.

A poll lists the sessions with FAXSessions and then queries the details of each with FAXSession.  FAXSession crashes
Asterisk if the session has no fax engine yet: res_fax_spandsp.c, spandsp_manager_fax_session, uses the engine in every
state except Uninitialized, and a listed session has none until spandsp_fax_start (observed on 22.10.1).  So faxstore
queries only a session that the newest list shows in a state in which it has an engine, and only while that list is
fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from faxstore.ami.errors import IncompleteListError
from faxstore.capture.message import Message, read, session_number

BAD_LINES_INTERVAL = 0.25
"""Seconds.  TotalBadLines of a page is lost when the next page begins (spandsp t4_rx_start_page)."""

LIST_IS_FRESH = 1.0
"""Seconds from the request of a list in which sessions that it shows are queried.  A list may be late, because the
network or the server is slow; if res_fax was reloaded meanwhile, a number in it may belong to a session that starts."""

WAKE_INTERVAL = 1.0
"""Seconds.  A fax that begins brings the next poll forward, but not closer than this to the one before, or than the
poll interval if that is shorter: a server on which faxes begin all the time is polled no more often than set."""

_STARTING_STATUS = "FAX Transmission In Progress"

_SAFE_STATES = {"send": ("active", "complete"), "receive": ("active", "complete"), "gateway": ("active",)}
"""The states with an engine, by the operation of a fax.  V.21 is a tone detector, which waits on every call."""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """The headers of a list entry that these rules need."""

    number: int
    operation: str
    state: str
    channel: str = ""


def may_query(operation: str, state: str, already_queried: bool) -> bool:
    """Return whether FAXSession is safe and useful for a session that the newest list shows like this.

    The answer for a tone detector has only three headers, which never change, so it is queried once.
    """
    if operation.lower() == "v.21":
        return state.lower() == "active" and not already_queried
    return state.lower() in _SAFE_STATES.get(operation.lower(), ())


def parse_list(answer: Sequence[Message]) -> list[ListedSession]:
    """Return the sessions in an answer to FAXSessions.

    Raises IncompleteListError if an entry has no session number, or a number occurs twice: then no entry is reliable.
    """
    sessions: dict[int, ListedSession] = {}
    for message in answer[1:-1]:
        number = session_number(message)
        if message.event.lower() != "faxsessionsentry" or number is None or number in sessions:
            raise IncompleteListError("a list entry has no usable SessionNumber")
        operation, state, channel = (message.get(name) for name in ("Operation", "State", "Channel"))
        sessions[number] = ListedSession(number, operation, state, channel)
    return list(sessions.values())


def sessions_to_query(sessions: Iterable[ListedSession], queried: Mapping[int, float]) -> list[int]:
    """Return the numbers of the sessions to query, from a complete list: those queried longest ago first.

    queried: when each was queried last, over this connection.
    """
    numbers = [one.number for one in sessions if may_query(one.operation, one.state, one.number in queried)]
    return sorted(numbers, key=lambda number: queried.get(number, 0.0))


def next_interval(
    sessions: Iterable[ListedSession], details: Iterable[Message], poll_interval: float, idle_interval: float
) -> float:
    """Return the seconds from the start of a poll to the next one's start.

    sessions and details (FAXSession events) are the results of the poll.
    """
    if any(loses_bad_lines(detail) for detail in details):
        return min(BAD_LINES_INTERVAL, poll_interval)
    return poll_interval if count_faxes(sessions) else idle_interval


def count_faxes(sessions: Iterable[ListedSession]) -> int:
    """Return how many of the listed sessions are faxes rather than tone detectors."""
    return sum(one.operation.lower() in _SAFE_STATES for one in sessions)


def loses_bad_lines(detail: Message) -> bool:
    """Return whether the session receives a page without ECM.

    Until the first page is negotiated, ECM is No and the resolution is 0x0; these are defaults, not measurements.
    """
    return (
        detail.get("Operation").lower() == "receive"
        and detail.get("ErrorCorrectionMode").lower() == "no"
        and detail.get("ImageResolution").strip() not in ("", "0x0")
    )


def starts_fax(text: str) -> bool:
    """Return whether a message reports the start of a fax: poll at once.  The session may still be Initialized then."""
    if _STARTING_STATUS not in text:
        return False
    return any(
        isinstance(message, Message)
        and message.event.lower() == "faxstatus"
        and message.get("Status") == _STARTING_STATUS
        for _, message in read(text)
    )
