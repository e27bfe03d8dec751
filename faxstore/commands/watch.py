"""`faxstore watch`: the faxes in progress."""

from __future__ import annotations

import typer

from faxstore.commands import options
from faxstore.commands.context import settings_of
from faxstore.logs import print_message
from faxstore.system import interruption


def run(context: typer.Context, server: options.Servers = None) -> None:
    """Show the faxes in progress, until q or Ctrl-C: page, rate, bad lines and seconds of each, every second.

    Below them are the last faxes that ended, the servers that are not polled at this moment, and when an ingestor last
    appended from its spool. A dim fax was not observed for a minute. Bad lines are those on complete pages, and those
    on the current page: 4+1.

    In a pipe it prints a line when a fax begins, changes, or has ended. It connects again when the database is lost.

    Examples:
      faxstore watch
      faxstore watch --server pbx1
      faxstore watch | tee today.log
    """
    from rich.console import Console

    from faxstore.report.live import looks
    from faxstore.report.live_output import print_changes, show_screen
    from faxstore.store.database import open_dsn

    console = Console(highlight=False)
    shows = console.is_terminal and not console.is_dumb_terminal
    with open_dsn(settings_of(context)) as dsn, interruption.until_signal():
        found = looks(dsn, server or ())
        if shows:
            show_screen(found, console)
        else:
            print_changes(found)
    print_message("stopped")
