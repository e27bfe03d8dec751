"""The connection between a worker and its supervisor: a pair of sockets.

The worker reports one JSON object per line: that it is alive, with its status, or what hangs.  The supervisor sends one
byte to stop it, another one to stop it at once.  Each notices the death of the other by the end of the stream.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.watchdog import Status

log = logging.getLogger(__name__)

STOP = b"s"
STOP_AT_ONCE = b"n"


class Report(msgspec.Struct):
    """A report of a worker: its status if it is alive, else what hangs."""

    status: Status | None = None
    stuck: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(Report)


class SupervisorLink:
    """A worker's end: the Watcher that it reports to, and a thread that stops it when the supervisor demands it."""

    is_present = True

    def __init__(self, connection: socket.socket, interval: float, signals: StopSignals) -> None:
        self._connection = connection
        self.interval = interval
        self._signals = signals
        self._unsent = b""
        threading.Thread(target=self._listen, name="supervisor link", daemon=True).start()

    def ready(self) -> None:
        """Report nothing: the first report that the worker is alive is enough."""

    def alive(self, status: Status) -> None:
        """Report that the worker is alive."""
        self._report(Report(status))

    def stuck(self, parts: Sequence[str]) -> None:
        """Report what hangs."""
        self._report(Report(stuck=tuple(parts)))

    def stopping(self) -> None:
        """Report nothing: the supervisor knows."""

    def _report(self, report: Report) -> None:
        """Send a report without blocking.  While the supervisor does not read, there are no further ones."""
        if not self._unsent:
            self._unsent = msgspec.json.encode(report) + b"\n"
        with suppress(OSError):
            self._unsent = self._unsent[self._connection.send(self._unsent, socket.MSG_DONTWAIT) :]

    def _listen(self) -> None:
        with suppress(OSError):
            while order := self._connection.recv(1):
                if order == STOP:
                    self._signals.stop()
                else:
                    self._signals.stop_at_once()
        if not self._signals.stopping:
            log.error("the supervisor has ended")
            self._signals.stop()


class WorkerLink:
    """The supervisor's end: the newest report of a worker, and the orders to it."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = b""
        self.reported_at = time.monotonic()
        """When it reported last, or was started."""
        self.status: Status | None = None
        """What it reported last; None before its first report."""
        self.stuck: tuple[str, ...] = ()
        """What hangs, according to its newest report."""

    def read(self) -> bool:
        """Read reports, of which there must be some; return False if the worker has ended."""
        try:
            data = self.connection.recv(65536)
        except OSError:
            data = b""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self.reported_at = time.monotonic()
            report = _decoder.decode(line)
            self.stuck = report.stuck
            self.status = report.status or self.status
        return bool(data)

    def send(self, order: bytes) -> None:
        """Send an order; a worker that has ended needs none."""
        with suppress(OSError):
            self.connection.send(order)
