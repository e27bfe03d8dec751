"""What a server's history says of the watching itself: when lists came, and why they did not.

These rows are the evidence for gaps.  Lists come every second and a server may be away for months, so a row is
written when something changes, and once a minute while nothing does.
"""

from __future__ import annotations

import re

from faxstore.observations import MICROSECONDS, Details, ServerObservation, moment_text

HEARTBEAT = 60 * MICROSECONDS
"""How often a list is told of while all is well."""

LONGEST_PAUSE = 30 * MICROSECONDS
"""Between two complete lists of one connection: after a longer one something was missed, and it is told."""

_DIGITS = re.compile(r"\d+")


class Coverage:
    """Follows the connections to one server and the lists that come over them."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.connected = False
        self._newest: int | None = None
        """Moment of the newest complete list of this connection."""
        self._told: int | None = None
        """Moment of the newest list that was told of; None: the next one is told at once."""
        self._unreachable: str | None = None
        self._unlisted: str | None = None
        self._in_vain: str | None = None
        self._held: list[ServerObservation] = []

    def begins(self, now: int) -> list[ServerObservation]:
        """A connection is made; it is told with what it brings where the one before ended without a list."""
        self.connected, self._newest, self._told = True, None, None
        return self._or_held(self._row(now, "Connected"))

    def greets(self, version: str, now: int) -> list[ServerObservation]:
        """The banner of a connection."""
        return self._or_held(self._row(now, "Banner", {"Version": version}))

    def released(self) -> list[ServerObservation]:
        """The connection brings something: its start is told now, if it was not."""
        held, self._held = self._held, []
        if held:
            self._in_vain = None
        return held

    def ends(self, reason: str, now: int) -> list[ServerObservation]:
        """A connection is lost.  One as vain as the one before, for the same reason (a login refused), is not told."""
        held, self._held = self._held, []
        again = bool(held) and self._in_vain == reason
        details: Details = {"Reason": reason} if reason else {}
        self._in_vain = reason if self._newest is None else None
        ended = self._row(now, "Disconnected", details | self._last_polled())
        self.connected, self._newest = False, None
        return [] if again else [*held, ended]

    def cannot_connect(self, reason: str, now: int) -> list[ServerObservation]:
        """A try to connect failed: told where the reason is another than the last one told, until a list comes."""
        if reason == self._unreachable:
            return []
        self._unreachable = reason
        return [self._row(now, "ConnectFailed", {"Reason": reason} if reason else {})]

    def failed(self, reason: str, now: int) -> list[ServerObservation]:
        """A list was refused or is faulty: told like a failed try; numbers alone do not make another reason."""
        self._told = None
        kind = _DIGITS.sub("0", reason)
        if kind == self._unlisted:
            return []
        self._unlisted = kind
        details: Details = {"Reason": reason}
        return [self._row(now, "PollFailed", details | self._last_polled())]

    def listed(self, now: int) -> list[ServerObservation]:
        """A complete list came; empty where that need not be told."""
        previous, self._newest = self._newest, now
        self._unreachable = self._unlisted = None
        late = previous is not None and now - previous > LONGEST_PAUSE
        if not late and self._told is not None and 0 <= now - self._told < HEARTBEAT:
            return []
        self._told = now
        return [self._row(now, "Polled", {"Previous": moment_text(previous)} if late and previous is not None else {})]

    def left_off(self) -> list[ServerObservation]:
        """The newest list of a recording that ends here, unless it was told: up to it the server was watched."""
        if self._newest is None or self._newest == self._told:
            return []
        self._told = self._newest
        return [self._row(self._newest, "Polled")]

    def _last_polled(self) -> Details:
        return {} if self._newest is None else {"LastPolled": moment_text(self._newest)}

    def _or_held(self, row: ServerObservation) -> list[ServerObservation]:
        if self._in_vain is None:
            return [row]
        self._held.append(row)
        return []

    def _row(self, now: int, event: str, details: Details | None = None) -> ServerObservation:
        return ServerObservation(self._server, now, event, details or {})
