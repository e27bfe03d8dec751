"""Marks: the lines of a recording that are not messages.

A recording consists of messages (direction ``in`` or ``out``) and of marks (direction ``mark``), which faxstore writes
itself.  A mark records what no message shows: when a connection began and ended, that a poll is complete, and which
input was lost.  The reader needs marks to know where coverage begins and ends.  A recording made by another program
may have none.
"""

from __future__ import annotations

import re

from faxstore.capture.message import without_numbers
from faxstore.observations import Details, moment_text

CONNECTED = "connected"
"""The TCP connection, and TLS where it is configured, is established."""

DISCONNECTED = "disconnected"
"""The connection ended; a reason may follow: ``disconnected: the server closed the connection``."""

CANNOT_CONNECT = "connect:"
"""No connection was established; the reason follows: ``connect: Connection refused``."""

CUT_OFF = "cut off: "
"""The connection ended within a message.  The text of its first part follows; its last value may be incomplete."""

POLLED = "polled"
"""A poll is complete.  A session that was listed and not queried by now will not be queried by this poll."""

_DROPPED = re.compile(r"dropped (?P<Records>\d+) events from (?P<From>\S+) to (?P<To>\S+): (?P<Reason>.+)")


def dropped(first: int, last: int, events: int, reason: str) -> str:
    """Return the mark for events that were read and dropped.

    first and last are the moments of the first and the last event, in microseconds since 1970 (UTC).  Example:
    ``dropped 1234 events from 2026-11-25T10:00:00.000000+00:00 to 2026-11-25T10:00:02.000000+00:00: why``.
    """
    end = last + 1  # the interval of a single event is not empty
    return f"dropped {events} events from {moment_text(first)} to {moment_text(end)}: {reason}"


def dropped_details(text: str) -> Details | None:
    """Return the details of the ServerObservation `Dropped` for a mark by dropped(); None for any other mark."""
    match = _DROPPED.fullmatch(text)
    return match.groupdict() | {"Reason": without_numbers(match["Reason"])} if match else None
