"""`faxstore doctor`: checks the servers and the database."""

from __future__ import annotations

import sys

import typer

from faxstore.commands.context import settings_of


def run(context: typer.Context) -> None:
    """Check each server and the database, and show what to change.

    Servers: connection, TLS, login, manager classes of the user, res_fax, clock, and whether the last faxes in the
    history have results and variables (statusevents, channelvars). Database: connection, version, schema, rights. This
    machine: disk space for the spool. Below each failed check are the lines to paste into manager.conf or res_fax.conf.
    What AMI cannot show is a note.

    The command changes nothing. The exit status is 1 if a check failed, 3 if a server or the database cannot be
    reached.

    Examples:
      faxstore doctor
      faxstore doctor --config /etc/faxstore/faxstore.toml
    """
    from faxstore import doctor
    from faxstore.doctor.findings import exit_status, write
    from faxstore.settings.loading import require_servers

    settings = settings_of(context)
    require_servers(settings)
    findings = doctor.examine(settings)
    write(findings, sys.stdout)
    raise typer.Exit(exit_status(findings))
