"""`faxstore doctor`: checks the servers and the database."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.options import DocumentFormat


def run(
    context: typer.Context,
    format: Annotated[DocumentFormat, typer.Option(help="The format of the output.")] = DocumentFormat.TABLE,
) -> None:
    """Check each server and the database, and show what to change.

    Servers: connection, TLS, login, manager classes of the user, res_fax, clock, and whether the last faxes in the
    history have results and variables (statusevents, channelvars). Database: connection, version, schema, rights. This
    machine: disk space for the spool. Below each failed check are the lines to paste into manager.conf or res_fax.conf.
    What AMI cannot show is a note. If no [[server]] is set, that is a note too, and the other checks run.

    The command changes nothing. The exit status is 1 if a check failed, 3 if a server or the database cannot be
    reached. --format json prints one document for monitoring; docs/operations.md describes its fields.

    Examples:
      faxstore doctor
      faxstore doctor --config /etc/faxstore/faxstore.toml
      faxstore doctor --format json
    """
    from faxstore import doctor
    from faxstore.doctor.findings import document, exit_status, write
    from faxstore.report.formats import write_json

    settings = settings_of(context)
    findings = doctor.examine(settings)
    if format is DocumentFormat.JSON:
        write_json(document(findings), sys.stdout)
    else:
        write(findings, sys.stdout)
    raise typer.Exit(exit_status(findings))
