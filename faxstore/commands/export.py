"""`faxstore export`: files for other programs, one command a kind."""

from __future__ import annotations

import typer

from faxstore.commands import export_billing, help

app = typer.Typer(no_args_is_help=True, help="Write files for other programs.")
for _name, _run in export_billing.COMMANDS.items():
    app.command(_name, help=help.screen(_run))(_run)
