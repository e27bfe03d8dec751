"""The ingestor: every server of the settings into the spool, and the spool into the history, for as long as it runs.

The collectors share one event loop and do nothing but collect; one thread writes what they saw to the spool,
another takes the spool to the database.  Neither can hold up the reading of a socket.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress

from faxstore.ami.collector import Collector
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.capture.recording import Line
from faxstore.errors import UnreachableError
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.collector_id import collector_id
from faxstore.ingest.leader_election import Keeper
from faxstore.ingest.leadership import Turn
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.ingest.watchdog import Pulse, ServiceManager, watch_over
from faxstore.observations import encode
from faxstore.reader.line_reader import Tracker
from faxstore.settings.loading import require_servers
from faxstore.settings.values import ServerSettings, Settings
from faxstore.spool.queue import Spool
from faxstore.store.database import checked_connection, open_dsn
from faxstore.store.lease import Leases

log = logging.getLogger(__name__)

LAST_DRAIN = 5.0
"""Seconds that a clean stop waits for the database to take the rest of the spool; what is left stays there."""

A_MOMENT = 2
"""Seconds that a start waits for a database that does not answer: the least that libpq knows."""


def run(settings: Settings) -> None:
    """Watches all servers until SIGTERM or SIGINT, then drains and returns; a second signal leaves at once.

    Raises UsageError before anything connects where no server is set, the schema is not this version's, or
    another ingestor uses the spool.
    """
    servers = require_servers(settings)
    with open_dsn(settings) as dsn:
        _check_schema(dsn)
        folder = settings.data_dir / "spool"
        spool = Spool(folder / "ingest.sqlite")
        try:
            me = collector_id(folder)
            _watch(servers, spool, Carrier(dsn, spool, me), Keeper([each.name for each in servers], Leases(dsn, me)))
        finally:
            spool.close()


def _check_schema(dsn: str) -> None:
    """A database that does not answer must not keep the servers from being watched."""
    try:
        with checked_connection(dsn, "fax_ingest", connect_timeout=A_MOMENT):
            pass
    except UnreachableError as error:
        log.warning("%s; collecting into the spool until it is back", error)


def _watch(servers: tuple[ServerSettings, ...], spool: Spool, carrier: Carrier, keeper: Keeper) -> None:
    writer = SpoolWriter(spool)
    leave = _Leave()
    leave.listen()
    writer.start()
    carrier.start()
    try:
        asyncio.run(_collect(servers, writer, keeper, leave, (writer.pulse, carrier.pulse)))
    finally:
        writer.stop()
        carrier.stop(LAST_DRAIN, leave.at_once)
        leave.is_done()
    left = len(spool)
    log.info("stopped; %s", f"{left} records stay in the spool for the next start" if left else "the spool is empty")


async def _collect(
    servers: tuple[ServerSettings, ...], writer: SpoolWriter, keeper: Keeper, leave: _Leave, pulses: tuple[Pulse, ...]
) -> None:
    watched: dict[str, Collector] = {}
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        keeper.stop()

    def status() -> str:
        connected = sum(collector.connected for collector in watched.values())
        return f"{connected} of {len(servers)} servers connected, {keeper.stood_by} left to another ingestor"

    keeping = asyncio.ensure_future(keeper.run())
    collecting = asyncio.gather(*(_take_turns(one, writer, keeper.turns[one.name], watched) for one in servers))
    leave.told(asyncio.get_running_loop(), first=stop, second=collecting.cancel)
    watching = asyncio.ensure_future(watch_over(ServiceManager(os.environ), pulses, status, stopping))
    log.info("servers: %s", ", ".join(f"{server.name} ({server.host}:{server.port})" for server in servers))
    try:
        with suppress(asyncio.CancelledError):
            await collecting
    finally:
        stop()
        await asyncio.gather(keeping, watching)
        await keeper.leave()


async def _take_turns(server: ServerSettings, writer: SpoolWriter, turn: Turn, watched: dict[str, Collector]) -> None:
    """Each turn begins as the ingestor itself does: what it knew of the server before may be long past."""
    while await turn.begins():
        watched[server.name] = collector = Collector(server, _recorder(server, writer), ignore=IRRELEVANT_EVENTS)
        await collector.run(turn.over)


def _recorder(server: ServerSettings, writer: SpoolWriter) -> Callable[[Line], None]:
    tracker = Tracker(server.name)

    def on_line(line: Line) -> None:
        for record in tracker.feed(line):
            writer.put(encode(record))

    return on_line


class _Leave:
    """SIGTERM or SIGINT: the first asks to leave, the second to leave at once; both keep what was seen."""

    def __init__(self) -> None:
        self.at_once = threading.Event()
        self._asked = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first: Callable[[], object] = bool
        self._second: Callable[[], object] = bool

    def told(
        self, loop: asyncio.AbstractEventLoop, *, first: Callable[[], object], second: Callable[[], object]
    ) -> None:
        """What is to be called in the event loop."""
        self._loop, self._first, self._second = loop, first, second
        if self._asked:
            first()

    def listen(self) -> None:
        """From now on, also when the event loop has ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def is_done(self) -> None:
        """All is on disk: a signal that comes while the process ends must not make that look like a failure."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    def _signalled(self, *_: object) -> None:
        again, self._asked = self._asked, True
        if again:
            self.at_once.set()
        log.info("leaving at once; what was seen is in the spool" if again else "stopping")
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._second if again else self._first)
