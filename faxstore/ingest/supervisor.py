"""The supervisor: starts the workers of `faxstore ingest`, restarts one that dies, and stops them together.

A worker is a fork of this process, which has imported everything and has neither threads nor connections: the workers
share the memory of what was imported, and need not read the settings again.  The supervisor waits for reports of
workers and for their ends (supervisor_link.py), serves their metrics, and does nothing else.
"""

from __future__ import annotations

import gc
import logging
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from faxstore import logs
from faxstore.ingest.metrics.samples import State
from faxstore.ingest.service import Share
from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.supervisor_link import STOP, STOP_AT_ONCE
from faxstore.ingest.watchdog import ServiceManager
from faxstore.ingest.worker import Ingest, Worker
from faxstore.ingest.worker_health import WorkerHealth

if TYPE_CHECKING:
    from faxstore.ingest.metrics.endpoint import Endpoint

log = logging.getLogger(__name__)

REPORT_EVERY = 1.0
"""Seconds between two reports of a worker, unless the service manager expects them sooner."""

LONGEST_STOP = 20.0
"""Seconds after which a worker that does not stop is killed: twice what it promises."""


class Supervisor:
    """Runs one worker for each share until a signal arrives."""

    def __init__(
        self,
        shares: Sequence[Share],
        ingest: Ingest,
        signals: StopSignals,
        manager: ServiceManager,
        listener: socket.socket | None = None,
    ) -> None:
        interval = min(REPORT_EVERY, manager.interval / 4)
        self._workers = [Worker(number, share, ingest, interval) for number, share in enumerate(shares, 1)]
        self._signals = signals
        self._health = WorkerHealth(manager, self._workers)
        self._selector = selectors.DefaultSelector()
        self._waking, self._woken = socket.socketpair()
        self._endpoint = self._serve(listener) if listener is not None else None
        self._stop_ordered_at: float | None = None
        self._ordered_at_once = False

    def run(self) -> None:
        """Supervise the workers until all have stopped after a signal."""
        logs.share_stderr()
        gc.collect()
        gc.freeze()  # a collection in a worker would write to these objects, and so copy the pages that it shares
        self._wake_on_signals()
        while True:
            self._start_due_workers()
            if self._signals.stopping and all(worker.link is None for worker in self._workers):
                break
            for key, _ in self._selector.select(self._pause()):
                self._read(key.data)
            self._send_orders()
            if not self._signals.stopping:
                self._health.report()
        self._signals.ignore()
        if self._endpoint is not None:
            self._endpoint.close()
        log.info("stopped; all workers have ended")

    def _serve(self, listener: socket.socket) -> Endpoint:
        """Serve the metrics of all workers."""
        from faxstore.ingest.metrics.endpoint import Endpoint  # needs the extra `metrics`

        endpoint = Endpoint(listener, self._state)
        self._selector.register(endpoint.fileno(), selectors.EVENT_READ, endpoint)
        return endpoint

    def _state(self) -> State:
        reported = {worker.number: worker.status.figures for worker in self._workers if worker.has_reported}
        snapshots = {number: figures for number, figures in reported.items() if figures is not None}
        return State(len(self._workers), snapshots, self._health.stuck())

    def _wake_on_signals(self) -> None:
        self._waking.setblocking(False)
        self._woken.setblocking(False)
        signal.set_wakeup_fd(self._woken.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._waking, selectors.EVENT_READ)

    def _start_due_workers(self) -> None:
        for worker in self._workers:
            if worker.link is None and worker.due <= time.monotonic() and not self._signals.stopping:
                link = worker.start(self._leave)
                self._selector.register(link.connection, selectors.EVENT_READ, worker)

    def _leave(self) -> None:
        """Close what a new worker inherited: an end that it held would hide the death of this process from others."""
        signal.set_wakeup_fd(-1)
        for worker in self._workers:
            if worker.link is not None:
                worker.link.connection.close()
        if self._endpoint is not None:
            self._endpoint.close()
        self._waking.close()
        self._woken.close()
        self._selector.close()

    def _pause(self) -> float:
        """Return how long nothing is due, in seconds."""
        dues = [worker.due for worker in self._workers if worker.link is None]
        return max(0.0, min([REPORT_EVERY, self._health.seconds_left(), *(due - time.monotonic() for due in dues)]))

    def _read(self, source: Worker | Endpoint | None) -> None:
        if source is None:
            with suppress(BlockingIOError):
                self._waking.recv(4096)
        elif not isinstance(source, Worker):
            source.step()
        elif source.link is not None and not source.link.read():
            self._selector.unregister(source.link.connection)
            source.ended(restart=not self._signals.stopping)

    def _send_orders(self) -> None:
        now = time.monotonic()
        if self._signals.stopping and self._stop_ordered_at is None:
            self._stop_ordered_at = now
            self._health.stopping()
            for worker in self._workers:
                worker.send(STOP)
        if self._signals.at_once.is_set() and not self._ordered_at_once:
            self._ordered_at_once = True
            for worker in self._workers:
                worker.send(STOP_AT_ONCE)
        if self._stop_ordered_at is not None and now - self._stop_ordered_at > LONGEST_STOP:
            self._stop_ordered_at = now
            for worker in self._workers:
                worker.kill()
