"""The ingestor: one process that collects from its share of the servers and appends to the history until it is stopped.

The collectors share one event loop and do nothing else.  The SpoolWriter's thread writes their records to the spool,
the Carrier's thread moves them from there to the database.  Neither can delay the reading of a socket.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import NamedTuple

from faxstore.ami import turn_loop
from faxstore.ami.collector import Collector
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.capture.recording import Line
from faxstore.counted import counted
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.earlier_spools import EarlierSpools
from faxstore.ingest.leader_election import LeaderElection
from faxstore.ingest.leadership import Leadership
from faxstore.ingest.pack_writer import PackWriter
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


class Compaction(NamedTuple):
    """When the service compacts: the settings total_after, in seconds, and pack_after, in days."""

    total_after: float
    pack_after: float


def ingest(share: Share, dsn: str, own_id: str, compaction: Compaction, signals: StopSignals, watcher: Watcher) -> None:
    """Collect from the servers of a share until a signal, then drain its spool.

    `own_id` identifies the ingestor, of which this process may be one worker.  Raises UsageError if the spool cannot be
    used.
    """
    with closing(share.folder.open(share.spool)) as spool:
        election = LeaderElection([each.name for each in share.servers], Leases(dsn, own_id))
        compactors = TotalsWriter(compaction.total_after), PackWriter(compaction.pack_after)
        carrier = Carrier(dsn, spool, own_id, share.earlier, compactors)
        _ingest(share.servers, spool, carrier, election, signals, watcher)


def _ingest(
    servers: tuple[ServerSettings, ...],
    spool: Spool,
    carrier: Carrier,
    election: LeaderElection,
    signals: StopSignals,
    watcher: Watcher,
) -> None:
    writer = SpoolWriter(spool)
    writer.start()
    carrier.start()
    try:
        heartbeats = (writer.heartbeat, carrier.heartbeat)
        turn_loop.run(_collect_all(servers, writer, election, signals, heartbeats, watcher))
    finally:
        writer.stop()
        carrier.stop(STOP_TIMEOUT, signals.at_once)
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
    writer: SpoolWriter,
    election: LeaderElection,
    signals: StopSignals,
    heartbeats: tuple[Heartbeat, ...],
    watcher: Watcher,
) -> None:
    collectors: dict[str, Collector] = {}
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        election.stop()

    def status() -> Status:
        rates = {name: each.polls_per_second for name, each in collectors.items() if each.connected}
        return Status(len(servers), election.standby_count, rates)

    electing = asyncio.ensure_future(election.run())
    collections = [
        _collect(each, place / len(servers), writer, election.leaderships[each.name], collectors)
        for place, each in enumerate(servers)
    ]
    collecting = asyncio.gather(*collections)
    signals.call(asyncio.get_running_loop(), first=stop, second=collecting.cancel)
    notifying = asyncio.ensure_future(watch_over(watcher, heartbeats, status, stopping))
    log.info("servers: %s", ", ".join(f"{server.name} ({server.host}:{server.port})" for server in servers))
    try:
        with suppress(asyncio.CancelledError):
            await collecting
    finally:
        stop()
        await asyncio.gather(electing, notifying)
        await election.release()


async def _collect(
    server: ServerSettings,
    phase: float,
    writer: SpoolWriter,
    leadership: Leadership,
    collectors: dict[str, Collector],
) -> None:
    """Collect from a server while this ingestor is to.

    Each time begins with a new collector, as after a start: what the previous one knew may be long out of date.  The
    phase, from 0 to 1, spreads the polls of the servers over the poll interval.
    """
    delay = phase * server.poll_interval
    while await leadership.wait():
        collectors[server.name] = collector = Collector(
            server, _to_spool(server, writer), ignore=IRRELEVANT_EVENTS, start_delay=delay
        )
        await collector.run(leadership.ended)


def _to_spool(server: ServerSettings, writer: SpoolWriter) -> Callable[[Line], None]:
    """Return a function that reads a line of the server and puts its records into the spool."""
    line_reader = LineReader(server.name)

    def on_line(line: Line) -> None:
        for record in line_reader.feed(line):
            writer.put(encode(record))

    return on_line
