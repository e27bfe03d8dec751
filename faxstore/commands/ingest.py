"""`faxstore ingest`: watches the servers."""

from __future__ import annotations

import typer

from faxstore.commands.context import settings_of


def run(context: typer.Context) -> None:
    """Watch all servers of the settings file until stopped.

    Logs in to each server over AMI, polls its fax sessions, and stores every observation, first in a spool on disk,
    then in the database. If a server or the database is down, the others continue; faxstore reconnects and catches up.
    SIGTERM or Ctrl-C stops it cleanly within 10 seconds, a second one at once. Neither loses an observation.

    It never sends a query that could disturb Asterisk. docs/operations.md describes the user that it needs in
    manager.conf; faxstore doctor checks it.

    Examples:
      faxstore ingest
      faxstore ingest --config /etc/faxstore/faxstore.toml
    """
    from faxstore.ingest import service as ingest
    from faxstore.settings.loading import require_servers

    settings = settings_of(context, service=True)
    require_servers(settings)
    ingest.run(settings)
