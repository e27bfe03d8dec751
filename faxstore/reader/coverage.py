"""Server rows about the watching itself: when a connection began and ended, when lists were received, and why not.

These rows are the evidence for gaps.  Lists come every second and a server may be down for months, so a row is written
when something changes, and once a minute while nothing does.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import astuple

from faxstore.capture.message import without_numbers
from faxstore.observations import MICROSECONDS, ServerObservation, moment_text

HEARTBEAT = 60 * MICROSECONDS
"""Interval of `Polled` rows while every poll succeeds."""

LONGEST_PAUSE = 30 * MICROSECONDS
"""Longest interval between two complete lists of one connection that is no gap."""

_DIGITS = re.compile(r"\d+")


class Coverage:
    """Follows the connections to one server and the lists received over them; methods return the rows to write."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.connected = False
        self._newest: int | None = None
        """Time of the newest complete list of this connection."""
        self._reported: int | None = None
        """Time of the newest list with a `Polled` row; None if the next list must have one."""
        self._connect_error: str | None = None
        self._poll_error: str | None = None
        self._futile: str | None = None
        """Why the last connection ended, if it ended without a list."""
        self._held: list[ServerObservation] = []
        """Rows of a connection that follows a futile one, until it proves to be of use."""

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        held = [astuple(row) for row in self._held]
        lists = [self.connected, self._newest, self._reported]
        return [*lists, self._connect_error, self._poll_error, self._futile, held]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        self.connected, self._newest, self._reported, *errors, held = state
        self._connect_error, self._poll_error, self._futile = errors
        self._held = [ServerObservation(*row) for row in held]

    def begin_connection(self, now: int) -> list[ServerObservation]:
        """A connection is established.  After a futile one its rows are held."""
        self.connected, self._newest, self._reported = True, None, None
        return self._or_held(self._row(now, "Connected"))

    def add_banner(self, version: str, now: int) -> list[ServerObservation]:
        """The server has sent its banner."""
        return self._or_held(self._row(now, "Banner", Version=version))

    def release_held(self) -> list[ServerObservation]:
        """The connection is of use: return its held rows."""
        held, self._held = self._held, []
        if held:
            self._futile = None
        return held

    def end_connection(self, reason: str, now: int) -> list[ServerObservation]:
        """A connection ended.  A second futile one for the same reason (a refused login) gives no row."""
        reason = without_numbers(reason)
        held, self._held = self._held, []
        again = bool(held) and self._futile == reason
        self._futile = reason if self._newest is None else None
        ended = self._row(now, "Disconnected", Reason=reason, LastPolled=self._last_polled())
        self.connected, self._newest = False, None
        return [] if again else [*held, ended]

    def connect_failed(self, reason: str, now: int) -> list[ServerObservation]:
        """A connection attempt failed.  The same reason again gives no row until a list is received."""
        reason = without_numbers(reason)
        if reason == self._connect_error:
            return []
        self._connect_error = reason
        return [self._row(now, "ConnectFailed", Reason=reason)]

    def poll_failed(self, reason: str, now: int) -> list[ServerObservation]:
        """A list was refused or is faulty.  A reason that differs only in its numbers counts as the same."""
        reason = without_numbers(reason)
        self._reported = None
        kind = _DIGITS.sub("0", reason)
        if kind == self._poll_error:
            return []
        self._poll_error = kind
        return [self._row(now, "PollFailed", Reason=reason, LastPolled=self._last_polled())]

    def polled(self, now: int) -> list[ServerObservation]:
        """A complete list was received.  There is a row after a pause, after a failure and once per HEARTBEAT."""
        previous, self._newest = self._newest, now
        self._connect_error = self._poll_error = None
        before_pause = moment_text(previous) if previous is not None and now - previous > LONGEST_PAUSE else ""
        if not before_pause and self._reported is not None and 0 <= now - self._reported < HEARTBEAT:
            return []
        self._reported = now
        return [self._row(now, "Polled", Previous=before_pause)]

    def end_recording(self) -> list[ServerObservation]:
        """The recording ends here: return a row for its newest list, up to which the server was covered."""
        if self._newest is None or self._newest == self._reported:
            return []
        self._reported = self._newest
        return [self._row(self._newest, "Polled")]

    def _last_polled(self) -> str:
        return "" if self._newest is None else moment_text(self._newest)

    def _or_held(self, row: ServerObservation) -> list[ServerObservation]:
        if self._futile is None:
            return [row]
        self._held.append(row)
        return []

    def _row(self, now: int, event: str, **details: str) -> ServerObservation:
        """Return a row with those details that are not empty."""
        return ServerObservation(self._server, now, event, {name: text for name, text in details.items() if text})
