"""The ingestor: every server of the settings into the spool, and the spool into the history, for as long as it runs.

The collectors share one event loop and do nothing but collect; one thread writes what they saw to the spool,
another takes the spool to the database.  Neither can hold up the reading of a socket.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable

from faxstore.ami.collector import Collector
from faxstore.ami.tracker import Tracker
from faxstore.capture import Line
from faxstore.errors import UnreachableError
from faxstore.observations import encode
from faxstore.settings import ServerSettings, Settings, require_servers
from faxstore.spool import Spool
from faxstore.spool_writer import SpoolWriter
from faxstore.store import migrate
from faxstore.store.carrier import Carrier
from faxstore.store.database import open_dsn

log = logging.getLogger(__name__)

LAST_DRAIN = 5.0
"""Seconds that a clean stop waits for the database to take the rest of the spool; what is left stays there."""


def run(settings: Settings) -> None:
    """Watches all servers until SIGTERM or SIGINT, then drains and returns; a second signal leaves at once.

    Raises UsageError before anything connects where no server is set, the schema is not this version's, or
    another ingestor uses the spool.
    """
    servers = require_servers(settings)
    with open_dsn(settings) as dsn:
        _check_schema(dsn)
        spool = Spool(settings.data_dir / "spool" / "ingest.sqlite")
        try:
            _watch(servers, spool, Carrier(dsn, spool, socket.gethostname()))
        finally:
            spool.close()


def _check_schema(dsn: str) -> None:
    try:
        migrate.require_current(dsn)
    except UnreachableError as error:
        log.warning("%s; collecting into the spool until it is back", error)


def _watch(servers: tuple[ServerSettings, ...], spool: Spool, carrier: Carrier) -> None:
    writer = SpoolWriter(spool)
    writer.start()
    carrier.start()
    try:
        asyncio.run(_collect(servers, writer))
    finally:
        writer.stop()
        carrier.stop(within=LAST_DRAIN)
    left = len(spool)
    log.info("stopped; %s", f"{left} records stay in the spool for the next start" if left else "the spool is empty")


async def _collect(servers: tuple[ServerSettings, ...], writer: SpoolWriter) -> None:
    stop = asyncio.Event()
    _on_signals(stop, writer)
    async with asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(Collector(server, _recorder(server, writer)).run(stop))
        log.info("watching %s", ", ".join(f"{server.name} ({server.host}:{server.port})" for server in servers))


def _recorder(server: ServerSettings, writer: SpoolWriter) -> Callable[[Line], None]:
    tracker = Tracker(server.name)

    def on_line(line: Line) -> None:
        for record in tracker.feed(line):
            writer.put(encode(record))

    return on_line


def _on_signals(stop: asyncio.Event, writer: SpoolWriter) -> None:
    def asked() -> None:
        if stop.is_set():
            log.warning("leaving at once; what was seen is in the spool")
            writer.stop()
            os._exit(0)
        log.info("stopping")
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)
