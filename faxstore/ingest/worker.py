"""A worker: one of the processes among which a supervisor distributes the servers."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import NoReturn, Protocol

from faxstore import logs
from faxstore.ami.backoff import Backoff
from faxstore.errors import FaxstoreError
from faxstore.ingest.service import Share
from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.supervisor_link import SupervisorLink, WorkerLink
from faxstore.ingest.watchdog import Status, Watcher
from faxstore.system.interruption import SIGNALS

log = logging.getLogger(__name__)

BACK_OFF = (0.5, 30.0)
"""The first and the longest delay in seconds before a worker that died is started again."""

STABLE = 60.0
"""Seconds after which the delays begin again with the first one."""


class Ingest(Protocol):
    """Does the work of a share until a signal: faxstore.ingest.service.ingest, with the database and the id bound."""

    def __call__(self, share: Share, *, signals: StopSignals, watcher: Watcher) -> None: ...


class Worker:
    """One worker as its supervisor sees it: a process that runs, or is to be started at the time `due`."""

    def __init__(self, number: int, share: Share, ingest: Ingest, interval: float) -> None:
        self.number = number
        self.link: WorkerLink | None = None
        """The connection to the process; None while none runs."""
        self.due = 0.0
        """When to start the process, by the monotonic clock."""
        self.has_ended = False
        """Whether a process of this worker has ended so far."""
        self._share = share
        self._ingest = ingest
        self._interval = interval
        self._process = 0
        self._started = 0.0
        self._back_off = Backoff(*BACK_OFF, jitter=False)

    def start(self, leave: Callable[[], None]) -> WorkerLink:
        """Start the process, which first calls `leave` to close what only its supervisor needs.

        Returns the connection to it.
        """
        ours, theirs = socket.socketpair()
        # A signal between the fork and the handler of the worker would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            self._process = os.fork()
            if self._process == 0:
                ours.close()
                self._run(theirs, leave)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        theirs.close()
        self._started = time.monotonic()
        self.link = WorkerLink(ours)
        return self.link

    @property
    def has_reported(self) -> bool:
        """Whether the process runs and has reported that it is up."""
        return self.link is not None and self.link.status is not None

    @property
    def status(self) -> Status:
        """The newest status that it reported."""
        if self.link is not None and self.link.status is not None:
            return self.link.status
        return Status(len(self._share.servers), 0, {})

    def send(self, order: bytes) -> None:
        """Send an order to the process, if it runs."""
        if self.link is not None:
            self.link.send(order)

    def kill(self) -> None:
        """Kill the process, if it runs."""
        if self.link is not None:
            log.error("worker %d does not stop; killing it", self.number)
            os.kill(self._process, signal.SIGKILL)

    def ended(self, restart: bool) -> None:
        """Note that the process has ended, and when to start it again."""
        assert self.link is not None
        self.link.connection.close()
        self.link, self.has_ended = None, True
        status = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
        how = f"was killed by {name_of(-status)}" if status < 0 else f"ended with status {status}"
        if not restart:
            if status != 0:
                log.error("worker %d %s", self.number, how)
            return
        if time.monotonic() - self._started > STABLE:
            self._back_off.reset()
        delay = self._back_off.next()
        self.due = time.monotonic() + delay
        log.error("worker %d %s; starting it again in %g s", self.number, how, delay)

    def _run(self, connection: socket.socket, leave: Callable[[], None]) -> NoReturn:
        status = 1
        try:
            leave()
            signals = StopSignals()
            signals.install_in_worker()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            logs.name_worker(self.number)
            self._ingest(self._share, signals=signals, watcher=SupervisorLink(connection, self._interval, signals))
            status = 0
        except FaxstoreError as error:
            status = error.exit_status
            log.error("%s", error)
        except BaseException:
            log.critical("internal error, please report it", exc_info=True)
        finally:
            os._exit(status)  # what the supervisor opened is for it to close


def name_of(number: int) -> str:
    """Return the name of a signal; most real-time signals have none in Python."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
