"""How long a server takes to answer, apart from how long this process takes to read the answer.

A busy process reads an answer some time after it arrived.  That time is no sign of a slow server, and a poller that
took it for one would poll less often the more servers it watches.
"""

from __future__ import annotations

import asyncio

from faxstore.ami.turn_loop import TurnLoop


class AnswerTime:
    """The seconds in which one server owed answers and had not sent them.

    In a loop that is no TurnLoop, the time in which this process was busy counts too.
    """

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._turns = loop.turns if isinstance(loop, TurnLoop) else None
        self._owed_since: float | None = None
        self.seconds = 0.0
        """The sum since the connection began."""

    def asked(self) -> None:
        """Note that a request was sent."""
        if self._owed_since is None:
            self._owed_since = self._now()

    def received(self) -> None:
        """Note that bytes were read."""
        if self._owed_since is not None:
            arrived = self._turns.unreadable_until if self._turns else self._now()
            self.seconds += max(0.0, arrived - self._owed_since)

    def processed(self, *, owed: bool) -> None:
        """Note that the bytes were processed; owed: whether requests are still unanswered."""
        self._owed_since = self._now() if owed else None
