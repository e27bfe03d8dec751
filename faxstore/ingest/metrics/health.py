"""The answers to health checks: whether the service is alive, and whether it does its work.

A service is alive while its event loops and threads make progress; restart one that is not.  It is ready when it is
decided for each server whether it collects or is standby for another ingestor.  Neither depends on a server or on the
database: faxstore reconnects by itself, and records wait in the spool meanwhile, so that a restart could only cost
observations.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from faxstore.counted import counted
from faxstore.ingest.metrics.samples import State


class Health(NamedTuple):
    """The status of an answer, and its text."""

    status: HTTPStatus
    text: str


def liveness(state: State) -> Health:
    """Return whether everything makes progress, as the watchdog sees it."""
    if state.stuck:
        return Health(HTTPStatus.SERVICE_UNAVAILABLE, "".join(f"stuck: {part}\n" for part in state.stuck))
    return Health(HTTPStatus.OK, "alive\n")


def readiness(state: State) -> Health:
    """Return whether each server has an ingestor that collects from it: this one or another."""
    servers = {name: server for snapshot in state.snapshots.values() for name, server in snapshot.servers.items()}
    problems = [f"worker {number} has not reported" for number in state.workers_without_snapshot]
    problems += [
        f"{name}: not decided yet who collects"
        for name, server in servers.items()
        if not (server.is_collecting or server.is_standby)
    ]
    if problems:
        return Health(HTTPStatus.SERVICE_UNAVAILABLE, "".join(f"{problem}\n" for problem in problems))
    collecting = sum(server.is_collecting for server in servers.values())
    standby = len(servers) - collecting
    return Health(HTTPStatus.OK, f"collecting from {counted(collecting, 'servers')}, standby for {standby}\n")
