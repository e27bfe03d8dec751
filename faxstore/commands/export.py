"""`faxstore export`: files for other programs, one command a kind."""

from __future__ import annotations

import typer

from faxstore.commands import export_billing, help


def about() -> None:
    """Write files for other programs.

    Examples:
      faxstore export billing --to /var/lib/billing
    """


app = typer.Typer(no_args_is_help=True)
app.callback(help=help.screen(about))(about)
for _name, _run in export_billing.COMMANDS.items():
    app.command(_name, help=help.screen(_run))(_run)
