"""`faxstore ingest`: the servers are watched, and what they say is kept."""

from __future__ import annotations

import typer

from faxstore.commands.context import settings_of


def run(context: typer.Context) -> None:
    """Watch all servers of the settings file until told to stop.

    Logs in to each server over AMI, polls its fax sessions and keeps every observation: first in a spool on this
    machine's disk, then in the database. With a server or the database away it goes on with the rest, and catches
    up by itself. SIGTERM or Ctrl-C ends it cleanly within 10 seconds; a second one ends it at once. Nothing that was
    observed is lost either way.

    It asks a server only what cannot disturb it. The user it needs in manager.conf stands in docs/operations.md;
    faxstore doctor checks it.

    Examples:
      faxstore ingest
      faxstore --config /etc/faxstore/faxstore.toml ingest
    """
    from faxstore.ingest import service as ingest
    from faxstore.settings.loading import require_servers

    settings = settings_of(context, service=True)
    require_servers(settings)
    ingest.run(settings)
