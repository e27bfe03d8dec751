"""StopSignals: how the ingestor is stopped, by SIGTERM, SIGINT and SIGHUP or by the supervisor of a worker."""

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
        self.stopping = False
        """True from the first signal on.  No Event: a signal may arrive while the previous one sets it."""
        self.at_once = threading.Event()
        """Set by the second signal."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first: Callable[[], object] = bool
        self._second: Callable[[], object] = bool

    def call(
        self, loop: asyncio.AbstractEventLoop, *, first: Callable[[], object], second: Callable[[], object]
    ) -> None:
        """Set what the first and the second signal call in the event loop."""
        self._loop, self._first, self._second = loop, first, second
        if self.at_once.is_set():
            second()
        elif self.stopping:
            first()

    def install(self) -> None:
        """Handle the signals from now on, also after the event loop has ended."""
        _install(self._handle)

    def install_in_worker(self) -> None:
        """Let every signal be the first one: one of a terminal also reaches the supervisor, which counts them."""
        _install(self.stop)

    def ignore(self) -> None:
        """Ignore further signals: everything is on disk, and the process must not end as if it had failed."""
        interruption.ignore()

    def stop(self, *_: object) -> None:
        """Do what the first signal does; a repetition does nothing."""
        if not self.stopping:
            self.stopping = True
            log.info("stopping")
            self._call(self._first)

    def stop_at_once(self) -> None:
        """Do what the second signal does; a repetition does nothing."""
        if not self.at_once.is_set():
            self.stopping = True
            self.at_once.set()
            log.info("stopping at once; every observation is in the spool")
            self._call(self._second)

    def _handle(self, *_: object) -> None:
        if self.stopping:
            self.stop_at_once()
        else:
            self.stop()

    def _call(self, act: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)


def _install(handler: Callable[..., None]) -> None:
    """Handle the signals, except a SIGHUP that this process was started to ignore (nohup)."""
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)
