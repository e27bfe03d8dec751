"""The ingestor: collects from every server of the settings and appends to the history until it is stopped.

The collectors share one event loop and do nothing else.  The SpoolWriter's thread writes their records to the spool,
the Carrier's thread moves them from there to the database.  Neither can delay the reading of a socket.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress

from faxstore.ami import turn_loop
from faxstore.ami.collector import Collector
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.capture.recording import Line
from faxstore.errors import UnreachableError
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.collector_id import collector_id
from faxstore.ingest.leader_election import LeaderElection
from faxstore.ingest.leadership import Leadership
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.watchdog import Heartbeat, ServiceManager, watch_over
from faxstore.observations import encode
from faxstore.reader.line_reader import LineReader
from faxstore.settings.loading import require_servers
from faxstore.settings.values import ServerSettings, Settings
from faxstore.spool.queue import Spool
from faxstore.store.database import checked_connection, open_dsn
from faxstore.store.lease import Leases

log = logging.getLogger(__name__)

STOP_TIMEOUT = 5.0
"""Seconds that a clean stop waits for the database to append the rest of the spool; what is left stays in the spool."""

START_TIMEOUT = 2
"""Seconds that a start waits for a database that does not answer; libpq accepts no less."""


def run(settings: Settings) -> None:
    """Collect from all servers until SIGTERM or SIGINT, then drain the spool; a second signal stops at once.

    Raises UsageError before anything connects if no server is configured, the schema is not that of this version, or
    another ingestor uses the spool.
    """
    servers = require_servers(settings)
    signals = StopSignals()
    signals.install()
    with open_dsn(settings) as dsn:
        _check_schema(dsn)
        folder = settings.data_dir / "spool"
        spool = Spool(folder / "ingest.sqlite")
        try:
            own_id = collector_id(folder)
            election = LeaderElection([each.name for each in servers], Leases(dsn, own_id))
            _ingest(servers, spool, Carrier(dsn, spool, own_id), election, signals)
        finally:
            spool.close()


def _check_schema(dsn: str) -> None:
    """Check the schema, but start without it if the database does not answer."""
    try:
        with checked_connection(dsn, "fax_ingest", connect_timeout=START_TIMEOUT):
            pass
    except UnreachableError as error:
        log.warning("%s; records wait in the spool", error)


def _ingest(
    servers: tuple[ServerSettings, ...], spool: Spool, carrier: Carrier, election: LeaderElection, signals: StopSignals
) -> None:
    writer = SpoolWriter(spool)
    writer.start()
    carrier.start()
    try:
        turn_loop.run(_collect_all(servers, writer, election, signals, (writer.heartbeat, carrier.heartbeat)))
    finally:
        writer.stop()
        carrier.stop(STOP_TIMEOUT, signals.at_once)
        signals.ignore()
    try:
        left = len(spool)
    except sqlite3.Error as error:
        log.error("stopped; the spool is not readable (%s)", error)
        return
    log.info("stopped; %s", f"{left} records stay in the spool for the next start" if left else "the spool is empty")


async def _collect_all(
    servers: tuple[ServerSettings, ...],
    writer: SpoolWriter,
    election: LeaderElection,
    signals: StopSignals,
    heartbeats: tuple[Heartbeat, ...],
) -> None:
    collectors: dict[str, Collector] = {}
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        election.stop()

    def status() -> str:
        connected = {name: each for name, each in collectors.items() if each.connected}
        rates = f", {_rates(connected)}" if connected else ""
        return f"{len(connected)} of {len(servers)} servers connected{rates}, standby for {election.standby_count}"

    electing = asyncio.ensure_future(election.run())
    collections = [
        _collect(each, place / len(servers), writer, election.leaderships[each.name], collectors)
        for place, each in enumerate(servers)
    ]
    collecting = asyncio.gather(*collections)
    signals.call(asyncio.get_running_loop(), first=stop, second=collecting.cancel)
    notifying = asyncio.ensure_future(watch_over(ServiceManager(os.environ), heartbeats, status, stopping))
    log.info("servers: %s", ", ".join(f"{server.name} ({server.host}:{server.port})" for server in servers))
    try:
        with suppress(asyncio.CancelledError):
            await collecting
    finally:
        stop()
        await asyncio.gather(electing, notifying)
        await election.release()


def _rates(collectors: Mapping[str, Collector]) -> str:
    """Return how often the servers are polled, for the service manager."""
    rates = {name: collector.polls_per_second for name, collector in collectors.items()}
    name, lowest = min(rates.items(), key=lambda rate: rate[1])
    return f"{sum(rates.values()) / len(rates):.2f} polls per second (at least {lowest:.2f}: {name})"


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
