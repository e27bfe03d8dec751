"""A pattern for events that are irrelevant to faxes, by their bytes alone.

A user with class dialplan or reporting receives thousands of events per second that have nothing to do with faxes, and
decoding one costs ten times as much as matching this pattern.  The pattern matches only what is certainly irrelevant.
It does not match unusual spelling, unusual line ends, a line that is not a header, two joined messages, text behind the
blank line that may belong to the event, or an answer to a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from faxstore.capture.message import BEGINNINGS
from faxstore.capture.vocabulary import APPLICATIONS, FAX_VARIABLES

RELEVANT_BY_VALUE = {"VarSet": ("Variable", FAX_VARIABLES), "Newexten": ("Application", frozenset(APPLICATIONS))}
"""Events that are relevant only if a header has one of these values, in upper or lower case."""

ALWAYS_RELEVANT = frozenset({
    "FAXSessionsEntry", "FAXSessionsComplete", "FAXSession", "FAXStats", "FAXStatus", "SendFAX", "ReceiveFAX",
    "Status", "DialBegin", "Hangup", "FullyBooted", "Shutdown", "Load", "Unload", "Reload",
})  # fmt: skip
"""These and RELEVANT_BY_VALUE are the events that the reader handles."""


def _any(names: Iterable[str]) -> str:
    return f"(?i:{'|'.join(sorted(names))})"


def _headers(*excluded: str) -> str:
    """Return a pattern for headers as manager.c, astman_append, writes them, except those with an excluded name."""
    initials = "".join(name[0] + name[0].lower() for name in excluded)
    return rf"(?:(?![{initials}]{_any(name[1:] for name in excluded)})[A-Za-z0-9_-]++: [^\r\n]*+\r\n)*+"


_ONCE = ("Event", "Response", "Action")
"""Headers that begin another message, or (Action, ActionID) belong to a request."""

_PARTS = "|".join(sorted({text[:length] for text in BEGINNINGS for length in range(len(text))}, reverse=True))
_END = rf"\r\n(?=[\r\n]*+(?i:{'|'.join(BEGINNINGS)}|(?:{_PARTS})\Z))"
"""The blank line, where another message begins, has begun, or nothing follows yet (faxstore.ami.framing)."""

_RELEVANT = _any(ALWAYS_RELEVANT | RELEVANT_BY_VALUE.keys())
_OTHER_EVENTS = rf"Event: (?!{_RELEVANT}\r)[A-Za-z0-9]++\r\n{_headers(*_ONCE)}{_END}"
_OTHER_VALUES = [
    rf"Event: {event}\r\n{_headers(*_ONCE, header)}{header}: (?![ \t]*{_any(values)}[ \t]*\r)[^\r\n]*+\r\n"
    rf"{_headers(*_ONCE, header)}{_END}"
    for event, (header, values) in RELEVANT_BY_VALUE.items()
]

IRRELEVANT_EVENTS = re.compile(f"(?:{'|'.join([_OTHER_EVENTS, *_OTHER_VALUES])})++".encode())
"""Matches a run of events from which the reader would derive no record."""
