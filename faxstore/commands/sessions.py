"""`faxstore sessions`: one row per fax session, or one per job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import options
from faxstore.commands.context import database_of, written_to
from faxstore.report.formats import Format, Style
from faxstore.settings.period import Period

if TYPE_CHECKING:
    from faxstore.export.selection import Selection


def run(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.TimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    no_account: options.NoAccount = False,
    number: options.Number = None,
    file: options.File = None,
    last: options.Last = None,
    newest_first: options.NewestFirst = False,
    jobs: options.Jobs = False,
    format: Annotated[Format, typer.Option(help="The format of the rows.")] = Format.TABLE,
    columns: options.Columns = None,
    wide: options.Wide = False,
    output: options.Output = None,
    force: options.Force = False,
) -> None:
    """List fax sessions, oldest first.

    Times are in UTC. A value that is unknown or not measurable (bad lines of a sender) is empty. A job belongs to the
    period in which its first attempt began. A table has the most important columns, other formats have every column.

    Examples:
      faxstore sessions --number "+49 151 23456789" --last 10
      faxstore sessions --from 7d --jobs --direction sent --result failed
      faxstore sessions --from 2026-11-01 --time-zone Europe/Berlin --format csv > november.csv
    """
    from faxstore.export.selection import Selection

    period = Period.parse(since, until, time_zone)
    digits = options.digits(number)
    selection = Selection(period, server, direction, result, account, no_account, digits, file)
    with written_to(output, force):
        _print(context, selection, Style(format, options.names(columns), newest_first, last), jobs, wide)


def _print(context: typer.Context, selection: Selection, style: Style, jobs: bool, wide: bool) -> None:
    from faxstore.commands.absent_months import absent
    from faxstore.logs import print_message
    from faxstore.report import session_list
    from faxstore.report.screen import open_pager
    from faxstore.store.period import resolve

    if jobs:
        options.require_sent_or_received(selection.directions, "--jobs has rows")
    print_list = session_list.jobs if jobs else session_list.sessions
    with database_of(context, "fax_reader") as connection:
        lacking = [] if style.last else absent(connection, resolve(connection, selection.period))
        with open_pager(wide=wide or bool(style.names)) as screen:  # which the user may leave early
            print_list(connection, selection, style, screen)
    for line in lacking:
        print_message(f"not listed, because {line}")
