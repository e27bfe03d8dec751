"""StopSignals: what SIGTERM, SIGINT and SIGHUP do to the ingestor."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable

from faxstore.system import interruption
from faxstore.system.interruption import SIGNALS

log = logging.getLogger(__name__)


class StopSignals:
    """The first signal stops the ingestor, the second stops it at once.  Neither loses an observation."""

    def __init__(self) -> None:
        self.at_once = threading.Event()
        """Set by the second signal."""
        self._received = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first: Callable[[], object] = bool
        self._second: Callable[[], object] = bool

    def call(
        self, loop: asyncio.AbstractEventLoop, *, first: Callable[[], object], second: Callable[[], object]
    ) -> None:
        """Set what the first and the second signal call in the event loop."""
        self._loop, self._first, self._second = loop, first, second
        if self._received:
            first()

    def install(self) -> None:
        """Handle the signals from now on, also after the event loop has ended.

        A SIGHUP that this process was started to ignore (nohup) stays ignored.
        """
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle)

    def ignore(self) -> None:
        """Ignore further signals: everything is on disk, and the process must not end as if it had failed."""
        interruption.ignore()

    def _handle(self, *_: object) -> None:
        again, self._received = self._received, True
        if again:
            self.at_once.set()
        log.info("stopping at once; every observation is in the spool" if again else "stopping")
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._second if again else self._first)
