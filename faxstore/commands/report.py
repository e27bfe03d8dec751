"""`faxstore report NAME`: reports for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import html_report, options, period_reports
from faxstore.commands.context import database_of, written_to
from faxstore.commands.general import add_command, new_group
from faxstore.settings.period import Period

if TYPE_CHECKING:
    from faxstore.store.database import Connection


def about() -> None:
    """Print a report.

    A table has bars on a terminal. A period without --from begins at midnight 30 days ago, one without --to ends now.

    Examples:
      faxstore report usage --from 2026-11-01 --time-zone Europe/Berlin
      faxstore report concurrency --from 7d --bucket hour --server pbx1
      faxstore report audit --from 2026-11-01 --to 2026-12-01 --time-zone Europe/Berlin
    """


def audit(
    context: typer.Context,
    since: options.RequiredFrom,
    until: options.RequiredTo,
    time_zone: options.TimeZone = "UTC",
    server: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this server; may be repeated.")] = None,
    format: Annotated[
        options.ReportFormat, typer.Option(help="The format of the report; html is a page for a browser.")
    ] = options.ReportFormat.TABLE,
    wide: options.Wide = False,
    output: options.Output = None,
    force: options.Force = False,
) -> None:
    """Print what the history proves about a period, how completely it was observed, and what is unknown.

    The sections are: servers; what was observed; observed time and each gap; the servers' own counters beside those of
    the history; rejected messages; dropped records; billing corrections; checkpoints of the log; and what could not be
    observed. A fax belongs to the period in which it began. All figures are from one snapshot of the database: rows
    appended while the report runs are in none of them.

    A table has a line only where there is something to report, and counts the other servers: "41 servers: nothing".
    --format json has every row. --format html needs the extra html: pip install faxstore[html].

    Examples:
      faxstore report audit --from 2026-11-01 --to 2026-12-01 --time-zone Europe/Berlin
      faxstore report audit --from 2026-11-01 --to 2026-12-01 --server pbx1 --format json > november.json
    """
    period = Period.parse(since, until, time_zone)
    if format is options.ReportFormat.HTML:
        _require_html(output)
    with written_to(output, force), database_of(context, "fax_reader") as connection:
        _audit(connection, period, server or (), format, wide)


def _require_html(output: Path | None) -> None:
    from faxstore.report.html import document

    document.require("report audit --format html", output)


def _audit(
    connection: Connection, period: Period, servers: Sequence[str], format: options.ReportFormat, wide: bool
) -> None:
    from faxstore.report import audit as report
    from faxstore.report.html import audit_page
    from faxstore.report.screen import open_pager

    if format is options.ReportFormat.HTML:
        audit_page.write_audit(connection, period, servers, sys.stdout)
    elif format is options.ReportFormat.JSON:
        report.write_audit_json(connection, period, servers, sys.stdout)
    else:
        with open_pager(wide=wide) as screen:
            report.print_audit(connection, period, servers, screen)


app = new_group(about)
add_command(app, "audit", audit)
add_command(app, "html", html_report.run)
period_reports.add_to(app)
