"""`faxstore doctor`: what is wrong with the servers and the database, and what to change."""

from __future__ import annotations

import sys

import typer

from faxstore.commands.context import settings_of


def run(context: typer.Context) -> None:
    """Check each server and the database, and say what to change.

    Of each server: can it be reached, TLS, the login, the classes of its user, res_fax, the clock, and, by what the
    history holds of its last faxes, whether it tells how faxes went (statusevents, channelvars). Of the database: can
    it be reached, its version, the schema, the rights. Of this machine: room for the spool. What to change stands
    below each check, to be pasted into manager.conf or res_fax.conf. What AMI cannot tell is a note, and says so.

    Nothing is changed. The exit status is 1 when a check failed, 3 when a server or the database cannot be reached.

    Examples:
      faxstore doctor
      faxstore --config /etc/faxstore/faxstore.toml doctor
    """
    from faxstore import doctor
    from faxstore.doctor.findings import exit_status, write
    from faxstore.settings.loading import require_servers

    settings = settings_of(context)
    require_servers(settings)
    findings = doctor.examine(settings)
    write(findings, sys.stdout)
    raise typer.Exit(exit_status(findings))
