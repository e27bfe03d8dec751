"""The ingestor: one process that collects from its share of the servers and appends to the history until it is stopped.

The collectors share one event loop and do nothing else.  The SpoolWriter's thread writes their records to the spool,
the Carrier's thread moves them from there to the database.  Neither can delay the reading of a socket.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

from faxstore.ami import turn_loop
from faxstore.ami.collector import Collector
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.capture.recording import Line
from faxstore.counted import counted
from faxstore.ingest.carrier import Carrier, Compactor
from faxstore.ingest.earlier_spools import EarlierSpools
from faxstore.ingest.leader_election import LeaderElection
from faxstore.ingest.metrics.measurements import Measurements
from faxstore.ingest.metrics.samples import State
from faxstore.ingest.pack_writer import PackWriter
from faxstore.ingest.snapshot import Snapshot
from faxstore.ingest.spool_folder import SpoolFolder
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.totals_writer import TotalsWriter
from faxstore.ingest.watchdog import Heartbeat, Status, Watcher, watch_over
from faxstore.observations import encode
from faxstore.reader.line_reader import LineReader
from faxstore.settings.values import ServerSettings
from faxstore.spool.queue import Spool
from faxstore.store.lease import Leases

log = logging.getLogger(__name__)

STOP_TIMEOUT = 5.0
"""Seconds that a clean stop waits for the database to append the rest of the spool; what is left stays in the spool."""


@dataclass(frozen=True)
class Share:
    """What one ingestor process has to do: the servers that it collects from, and its spool."""

    servers: tuple[ServerSettings, ...]
    folder: SpoolFolder
    spool: int
    """The number of its spool in the folder."""
    earlier: EarlierSpools
    """The spools whose records come before those of its own."""
    is_measured: bool = False
    """Whether metrics are served, so that the carrier reads from the database what they need."""


class Compaction(NamedTuple):
    """When the service compacts: the settings total_after, in seconds, and pack_after, in days."""

    total_after: float
    pack_after: float


class Parts(NamedTuple):
    """What runs beside the collectors, and what is measured."""

    writer: SpoolWriter
    carrier: Carrier
    election: LeaderElection
    measurements: Measurements

    def stuck(self) -> list[str]:
        """Return the threads that hang."""
        return [each.thread for each in self.heartbeats if not each.is_alive]

    @property
    def heartbeats(self) -> tuple[Heartbeat, ...]:
        """The heartbeats of the threads."""
        return self.writer.heartbeat, self.carrier.heartbeat

    def snapshot(self, collectors: Mapping[str, Collector]) -> Snapshot:
        """Return the figures of this moment."""
        now = asyncio.get_running_loop().time()
        return self.measurements.snapshot(now, collectors, self.election, self.writer, self.carrier)


def ingest(
    share: Share,
    dsn: str,
    own_id: str,
    compaction: Compaction,
    signals: StopSignals,
    watcher: Watcher,
    listener: socket.socket | None = None,
) -> None:
    """Collect from the servers of a share until a signal, then drain its spool.

    `own_id` identifies the ingestor, of which this process may be one worker.  Metrics are served on `listener`.
    Raises UsageError if the spool cannot be used.
    """
    names = [each.name for each in share.servers]
    measurements = Measurements(names, compaction.pack_after)
    compactors: list[Compactor] = [TotalsWriter(compaction.total_after), PackWriter(compaction.pack_after)]
    if share.is_measured:
        compactors += [measurements.faxes, measurements.database]
    with closing(share.folder.open(share.spool)) as spool:
        on_append = measurements.appended if share.is_measured else measurements.appends.add
        carrier = Carrier(dsn, spool, own_id, share.earlier, compactors, on_append)
        election = LeaderElection(names, Leases(dsn, own_id))
        parts = Parts(SpoolWriter(spool), carrier, election, measurements)
        _ingest(share.servers, spool, parts, signals, watcher, listener)


def _ingest(
    servers: tuple[ServerSettings, ...],
    spool: Spool,
    parts: Parts,
    signals: StopSignals,
    watcher: Watcher,
    listener: socket.socket | None,
) -> None:
    parts.writer.start()
    parts.carrier.start()
    try:
        turn_loop.run(_collect_all(servers, parts, signals, watcher, listener))
    finally:
        parts.writer.stop()
        parts.carrier.stop(STOP_TIMEOUT, signals.at_once)
        signals.ignore()
    try:
        left = len(spool)
    except sqlite3.Error as error:
        log.error("stopped; the spool is not readable (%s)", error)
        return
    waiting = f"the spool has {counted(left, 'records')} for the next start"
    log.info("stopped; %s", waiting if left else "the spool is empty")


async def _collect_all(
    servers: tuple[ServerSettings, ...],
    parts: Parts,
    signals: StopSignals,
    watcher: Watcher,
    listener: socket.socket | None,
) -> None:
    collectors: dict[str, Collector] = {}
    stopping = asyncio.Event()
    election = parts.election

    def stop() -> None:
        stopping.set()
        election.stop()

    def status() -> Status:
        rates = {name: each.polls_per_second for name, each in collectors.items() if each.connected}
        return Status(len(servers), election.standby_count, rates, parts.snapshot(collectors))

    electing = asyncio.ensure_future(election.run())
    collections = [_collect(each, place / len(servers), parts, collectors) for place, each in enumerate(servers)]
    collecting = asyncio.gather(*collections)
    signals.call(asyncio.get_running_loop(), first=stop, second=collecting.cancel)
    notifying = asyncio.ensure_future(watch_over(watcher, parts.heartbeats, status, stopping))
    log.info("servers: %s", ", ".join(f"{server.name} ({server.host}:{server.port})" for server in servers))
    try:
        with (
            suppress(asyncio.CancelledError),
            _served(listener, lambda: State(1, {1: parts.snapshot(collectors)}, parts.stuck())),
        ):
            await collecting
    finally:
        stop()
        await asyncio.gather(electing, notifying)
        await election.release()


@contextmanager
def _served(listener: socket.socket | None, state: Callable[[], State]) -> Iterator[None]:
    """Serve the metrics for a `with` block, if there is a socket for them."""
    if listener is None:
        yield
        return
    from faxstore.ingest.metrics.endpoint import Endpoint  # needs the extra `metrics`

    loop, endpoint = asyncio.get_running_loop(), Endpoint(listener, state)
    loop.add_reader(endpoint.fileno(), endpoint.step)
    try:
        yield
    finally:
        loop.remove_reader(endpoint.fileno())
        endpoint.close()


async def _collect(
    server: ServerSettings,
    phase: float,
    parts: Parts,
    collectors: dict[str, Collector],
) -> None:
    """Collect from a server while this ingestor is to.

    Each time begins with a new collector, as after a start: what the previous one knew may be long out of date.  The
    phase, from 0 to 1, spreads the polls of the servers over the poll interval.
    """
    delay, now = phase * server.poll_interval, asyncio.get_running_loop().time
    leadership, figures = parts.election.leaderships[server.name], parts.measurements.polls[server.name]
    while await leadership.wait():
        figures.begin(now())
        on_line = _to_spool(server, parts.writer)
        collectors[server.name] = collector = Collector(
            server, on_line, ignore=IRRELEVANT_EVENTS, figures=figures, start_delay=delay
        )
        await collector.run(leadership.ended)
        figures.end(now())


def _to_spool(server: ServerSettings, writer: SpoolWriter) -> Callable[[Line], None]:
    """Return a function that reads a line of the server and puts its records into the spool."""
    line_reader = LineReader(server.name)

    def on_line(line: Line) -> None:
        for record in line_reader.feed(line):
            writer.put(encode(record))

    return on_line
