"""`faxstore retention`: deletes what has been retained long enough."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.options import DocumentFormat
from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.logs import print_message

if TYPE_CHECKING:
    from faxstore.settings.values import Retention
    from faxstore.store.database import Connection


def run(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what is due, and change nothing.")] = False,
    format: Annotated[DocumentFormat, typer.Option(help="The format of the list of --dry-run.")] = DocumentFormat.TABLE,
) -> None:
    """Apply the settings [retention]: erase personal values, drop rows and delete totals whose periods have ended.

    A period is counted in months from the end of the month (UTC) in which a fax began. personal_values: numbers, names,
    station ids, file names and channels are erased, as faxstore erase does. No figure changes. rows: the rows of a
    month are archived and dropped, as faxstore partitions archive and drop do, if the published checkpoint covers them.
    totals: the sessions of dropped months, their totals and their files are deleted for good. This cannot be undone.
    fax.month_change records each step, which faxstore report audit shows.

    --dry-run prints a line per month and rule. Run the command each day by a timer (deploy/faxstore-retention.timer).
    It may be interrupted at any moment: the next run goes on. If a month cannot be handled, a line says why, the others
    are handled, and the exit status is 1. This command needs the role fax_owner, and --dry-run fax_reader.
    docs/how-to/retention.md explains the periods.

    Examples:
      faxstore retention --dry-run
      faxstore retention
    """
    from faxstore.retention.applying import Application
    from faxstore.store.database import open_database
    from faxstore.store.distribution import refuse_distributed

    settings, now = settings_of(context), datetime.now(UTC)
    with open_database(settings, "fax_reader" if dry_run else "fax_owner") as connection:
        if settings.retention.rows or settings.retention.totals:
            refuse_distributed(connection, "faxstore retention with rows or totals in the settings")
        if dry_run:
            _list(connection, settings.retention, now, format)
            return
        application = Application(connection, settings, now, print_message, _complain)
        application.run()
    if application.problems:
        raise FaxstoreError(f"retention is not complete: {counted(application.problems, 'problems')}, see above")
    if not application.done:
        print_message(_nothing(settings.retention))


def _list(connection: Connection, periods: Retention, now: datetime, format: DocumentFormat) -> None:
    """Print what is due."""
    from faxstore.report.due_months import print_due
    from faxstore.retention.due import Ends, list_due

    found = list(list_due(connection, Ends.of(periods, now)))
    print_due(found, sys.stdout, as_json=format is DocumentFormat.JSON)
    print_message(f"{counted(len(found), 'steps')} due; nothing was changed" if found else _nothing(periods))


def _nothing(periods: Retention) -> str:
    none_set = "no period is set in [retention] of the settings: everything is retained"
    return "nothing is due" if periods.is_configured else none_set


def _complain(line: str) -> None:
    print_message(line, logging.ERROR)
