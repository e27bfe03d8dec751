"""The start of `faxstore ingest`: checks what it needs, distributes the servers, and runs one or several workers.

With one worker this process does the work.  With several, it becomes their supervisor (supervisor.py).
"""

from __future__ import annotations

import logging
import os
from functools import partial

from faxstore.counted import counted
from faxstore.errors import UnreachableError
from faxstore.ingest import service
from faxstore.ingest.collector_id import collector_id
from faxstore.ingest.earlier_spools import Awaited, Emptied
from faxstore.ingest.metrics.listening import listen
from faxstore.ingest.service import Compaction, Share
from faxstore.ingest.spool_folder import SpoolFolder
from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.supervisor import Supervisor
from faxstore.ingest.watchdog import ServiceManager
from faxstore.ingest.worker_count import sessions_at_once, usable_cores, worker_count
from faxstore.settings.loading import require_servers
from faxstore.settings.values import ServerSettings, Settings
from faxstore.store.database import connect_as, one_line_errors, open_dsn
from faxstore.store.schema_version import OtherSchemaError, require_current
from faxstore.store.watched_connection import ImpatientConnection

log = logging.getLogger(__name__)

START_TIMEOUT = 2
"""Seconds that a start waits for a database that does not answer; libpq accepts no less."""


def run(settings: Settings) -> None:
    """Collect from all servers until SIGTERM or SIGINT, then drain the spools; a second signal stops at once.

    Raises UsageError before anything connects to a server if none is configured, the database has no schema, or another
    ingestor uses the spools.
    """
    servers = require_servers(settings)
    signals = StopSignals()
    signals.install()
    with open_dsn(settings) as dsn:
        workers = _count_workers(settings, dsn)
        folder = SpoolFolder(settings.data_dir / "spool")
        with folder.locked():
            compaction = Compaction(settings.total_after, settings.pack_after)
            ingest = partial(service.ingest, dsn=dsn, own_id=collector_id(folder.folder), compaction=compaction)
            listener = listen(settings.metrics)
            shares = _shares(servers, folder, workers, listener is not None)
            manager = ServiceManager(os.environ)
            if workers == 1:
                ingest(shares[0], signals=signals, watcher=manager, listener=listener)
            else:
                Supervisor(shares, ingest, signals, manager, listener).run()


def _count_workers(settings: Settings, dsn: str) -> int:
    """Check the schema and return the number of workers; start without a database that does not answer."""
    wanted, servers, sessions = settings.workers, len(settings.servers), 0
    try:
        with (
            connect_as(ImpatientConnection, dsn, connect_timeout=START_TIMEOUT) as connection,
            one_line_errors(connection, "fax_ingest"),
        ):
            require_current(connection)
            if wanted is None and servers > 1:
                sessions = sessions_at_once(connection)
    except UnreachableError as error:
        log.warning("%s; records wait in the spool", error)
    except OtherSchemaError:
        pass  # the carrier reports it, and waits until the schema fits
    workers = worker_count(wanted, sessions, servers, usable_cores())
    if wanted is not None and wanted > workers:
        log.info("workers: %d of %d, one for each server", workers, wanted)
    elif workers > 1:
        log.info(
            "workers: %d%s", workers, f", for up to {counted(sessions, 'sessions')} at once" if wanted is None else ""
        )
    return workers


def _shares(servers: tuple[ServerSettings, ...], folder: SpoolFolder, workers: int, is_measured: bool) -> list[Share]:
    """Return the share of each worker; the first one also empties the spools of earlier distributions."""
    by_name = {server.name: server for server in servers}
    shares: list[Share] = []
    for number, names in folder.distribute(list(by_name), workers).items():
        earlier = Awaited(folder) if shares else Emptied(folder)
        shares.append(Share(tuple(by_name[name] for name in names), folder, number, earlier, is_measured))
    return shares
