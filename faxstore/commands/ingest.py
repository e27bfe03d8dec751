"""`faxstore ingest`: watches the servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from faxstore.commands.context import settings_of


def run(
    context: typer.Context,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=64,
            show_default=False,
            help="Share the servers among N processes, at most one per server. Default: $FAXSTORE_WORKERS, else the"
            " settings file, else one per 1,000 sessions that were live at once last week, at most one per core.",
        ),
    ] = None,
) -> None:
    """Watch all servers of the settings file until stopped.

    Logs in to each server over AMI, polls its fax sessions, and stores every observation, first in a spool on disk,
    then in the database. If a server or the database is down, the others continue; faxstore reconnects and catches up.
    SIGTERM or Ctrl-C stops it cleanly within 10 seconds, a second one at once. Neither loses an observation.

    One process uses one processor. With several workers, each is a process with a part of the servers and a spool of
    its own; faxstore restarts one that dies.

    It never sends a query that could disturb Asterisk. docs/operations.md describes the user that it needs in
    manager.conf; faxstore doctor checks it.

    Examples:
      faxstore ingest
      faxstore ingest --config /etc/faxstore/faxstore.toml
      faxstore ingest --workers 4
    """
    from faxstore.ingest import start
    from faxstore.settings.loading import require_servers

    settings = settings_of(context, service=True)
    require_servers(settings)
    start.run(replace(settings, workers=workers or settings.workers))
