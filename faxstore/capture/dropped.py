"""The mark that stands among the lines for events that were read and could not be kept.

Example: ``dropped 1234 events from 2026-11-25T10:00:00.000000+00:00 to 2026-11-25T10:00:02.000000+00:00: why``.
"""

from __future__ import annotations

import re

from faxstore.observations import Details, moment_text

_MARK = re.compile(r"dropped (?P<Records>\d+) events from (?P<From>\S+) to (?P<To>\S+): (?P<Reason>.+)")


def mark(first: int, last: int, events: int, reason: str) -> str:
    """Of events that came from first to last, both in microseconds since 1970 (UTC)."""
    end = last + 1  # a single one leaves an interval too
    return f"dropped {events} events from {moment_text(first)} to {moment_text(end)}: {reason}"


def details(text: str) -> Details | None:
    """What such a mark says, as the details of a ServerObservation `Dropped`; None: it is another mark."""
    match = _MARK.fullmatch(text)
    return dict(match.groupdict()) if match else None
