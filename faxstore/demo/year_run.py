"""What `faxstore demo --year` does: fill a database with a generated year, and print what there is to see."""

from __future__ import annotations

import shlex
import time
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from faxstore.counted import counted
from faxstore.demo.folder import claimed, fresh_database, write_settings
from faxstore.demo.progress import shown_progress
from faxstore.demo.summary import command, console, heading, program
from faxstore.demo.year import fill, first_day, require_generated
from faxstore.report.formats import Style
from faxstore.report.period_report import asked, print_report
from faxstore.report.period_reports import REPORTS
from faxstore.report.screen import open_screen
from faxstore.settings.period import Period
from faxstore.settings.values import Settings
from faxstore.store import migrate
from faxstore.store.database import Connection, checked_connection, open_dsn

_FAXES = "select count(*), count(distinct server) from fax.session"

_TRY = (
    "report quality --from {first} --bucket month --server generated2",
    "report peers --from 30d",
    "report coverage --from {first}",
    "report failures --from {first}",
    "sessions --from 7d --jobs --result failed",
    "report audit --from {first}",
)


def run_year(folder: Path, dsn: str | None) -> None:
    """Fill the database with this DSN, which must not have observed faxes, or else the demo's own one.

    Raises UsageError for a folder with other contents, and for a database with observed faxes or another schema.
    """
    messages = Console(stderr=True, highlight=False)
    if dsn is not None:
        with checked_connection(dsn, "fax_ingest") as connection:
            require_generated(connection)
            _fill(connection, f"{program()} --dsn DSN", messages)
        return
    folder = folder.expanduser().absolute()
    messages.print(f"Starting an embedded Postgres in {folder}", soft_wrap=True, markup=False)
    with claimed(folder), open_dsn(Settings(None, folder)) as own:
        fresh_database(own)
        migrate.upgrade(own)
        config = write_settings(folder, {}, "", "")
        with checked_connection(own, "fax_ingest") as connection:
            _fill(connection, f"{program()} --config {shlex.quote(str(config))}", messages)


def _fill(connection: Connection, faxstore: str, messages: Console) -> None:
    began, now = time.monotonic(), datetime.now(UTC)
    first = first_day(now)
    with shown_progress(messages, "Generating a year of faxes") as progress:
        fill(connection, first, now, progress)
    ((faxes, servers),) = connection.execute(_FAXES).fetchall()
    taken = counted(round(time.monotonic() - began), "seconds")
    what = f"{counted(faxes, 'faxes')} on {counted(servers, 'servers')} since {first}"
    messages.print(f"Generated in {taken}: {what}. None of them was sent or received.\n", soft_wrap=True)
    _print(connection, faxstore, first)


def _print(connection: Connection, faxstore: str, first: date) -> None:
    """Print the year by month, and commands to try."""
    out = console()
    heading(out, "A year of generated faxes, by month")
    command(out, f"{faxstore} report usage --from {first} --bucket month")
    about = asked(connection, Period.parse(first.isoformat(), None, "UTC"), (), "month")
    with open_screen() as screen:
        print_report(connection, REPORTS["usage"], about, Style(), screen)
    heading(out, "\nTry next")
    for line in _TRY:
        out.print(f"$ {faxstore} {line.format(first=first)}", soft_wrap=True, markup=False, style="cyan")
