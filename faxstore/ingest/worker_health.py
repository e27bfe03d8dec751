"""Whether all workers are up and alive, for the service manager: it sees one service, not its processes.

A worker that hangs ends the notifications, so that systemd restarts the service.  A worker that died does not, because
the supervisor restarts it and the others are well; the status names it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from faxstore.ingest.watchdog import ServiceManager, Status
from faxstore.ingest.worker import Worker


class WorkerHealth:
    """Notifies the service manager of the state of all workers."""

    def __init__(self, manager: ServiceManager, workers: Sequence[Worker]) -> None:
        self._manager = manager
        self._workers = workers
        self._ready = False
        self._due = 0.0

    def seconds_left(self) -> float:
        """Return the seconds until the next notification."""
        return self._due - time.monotonic() if self._ready else self._manager.interval

    def report(self) -> None:
        """Notify the service manager, if that is due."""
        if not self._ready:
            if not all(worker.has_ended or worker.has_reported for worker in self._workers):
                return
            self._ready = True
            self._manager.ready()
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._manager.interval
        if stuck := self.stuck():
            self._manager.stuck(stuck)
        else:
            self._manager.alive(self._status())

    def stuck(self) -> list[str]:
        """Return the workers that hang, each with the reason."""
        return [f"worker {worker.number} ({why})" for worker in self._workers if (why := self._why_stuck(worker))]

    def stopping(self) -> None:
        """Notify the service manager that the workers stop."""
        self._manager.stopping()

    def _why_stuck(self, worker: Worker) -> str:
        if worker.link is None:
            return ""
        silent = time.monotonic() - worker.link.reported_at
        return f"silent for {silent:.0f} s" if silent > self._manager.interval else ", ".join(worker.link.stuck)

    def _status(self) -> str:
        total = Status.sum(worker.status for worker in self._workers)
        down = [f"; worker {worker.number} is down" for worker in self._workers if worker.link is None]
        return f"{total}{''.join(down)}"
