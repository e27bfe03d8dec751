"""Which events may be passed over, told by their bytes alone.

A user with class dialplan or reporting is sent thousands of events a second that say nothing of a fax, and to decode
one costs ten times what this look at it costs.  What does not clearly look like such an event is not passed over: odd
spelling, a line that is no header, two messages run together, an answer to a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from faxstore.capture.vocabulary import APPLICATIONS, FAX_VARIABLES

SOME = {"VarSet": ("Variable", FAX_VARIABLES), "Newexten": ("Application", frozenset(APPLICATIONS))}
"""Events that matter by the value of one header; letters may be small or capital."""

ALL = frozenset(
    {
        "FAXSessionsEntry", "FAXSessionsComplete", "FAXSession", "FAXStats", "FAXStatus", "SendFAX", "ReceiveFAX",
        "Status", "Hangup", "FullyBooted", "Shutdown", "Load", "Unload", "Reload",
    }
)  # fmt: skip
"""Events that always matter: with the former, those that Tracker has a handler for."""


def _any(names: Iterable[str]) -> str:
    return f"(?i:{'|'.join(sorted(names))})"


def _headers(*never: str) -> str:
    """Headers as manager.c, astman_append, writes them, and none that makes another thing of the message."""
    initials = "".join(name[0] + name[0].lower() for name in never)
    return rf"(?:(?![{initials}]{_any(name[1:] for name in never)})[A-Za-z0-9_-]++: [^\r\n]*+\r\n)*+"


_ONCE = ("Event", "Response", "Action")
"""Begin a second message, or (Action, ActionID) belong to a request."""

_OTHERS = rf"Event: (?!{_any(ALL | SOME.keys())}\r)[A-Za-z0-9]++\r\n{_headers(*_ONCE)}\r\n"
_OTHER_VALUES = [
    rf"Event: {event}\r\n{_headers(*_ONCE, header)}{header}: (?![ \t]*{_any(values)}[ \t]*\r)[^\r\n]*+\r\n"
    rf"{_headers(*_ONCE, header)}\r\n"
    for event, (header, values) in SOME.items()
]

IDLE_EVENTS = re.compile(f"(?:{'|'.join([_OTHERS, *_OTHER_VALUES])})++".encode())
"""As many events as stand in a row of which Tracker would make nothing."""
