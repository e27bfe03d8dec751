"""`faxstore report NAME`: what is put together for a reader."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from faxstore.commands import help
from faxstore.commands.context import settings_of


class ReportFormat(StrEnum):
    """The formats that can hold a whole report."""

    TABLE = "table"
    JSON = "json"


def about() -> None:
    """Put a report together for a reader.

    Examples:
      faxstore report audit --from 2026-11-01 --to 2026-12-01 --time-zone Europe/Berlin
    """


def audit(
    context: typer.Context,
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help="The first moment of the period.", show_default=False)
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="TIME", help="The first moment after the period.", show_default=False)
    ],
    time_zone: Annotated[
        str, typer.Option(metavar="ZONE", help="The time zone of --from and --to where they say none.")
    ] = "UTC",
    server: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only of this server; may be repeated.")
    ] = None,
    format: Annotated[ReportFormat, typer.Option(help="How it comes out.")] = ReportFormat.TABLE,
) -> None:
    """Show an auditor what is known of a period, how completely it was watched, and what could not be known.

    The sections are: the servers; what was seen; the share of the time that was watched, and each gap; the servers'
    own counters beside what is on record; messages that were not understood; records that were dropped; corrections
    handed out to billing; checkpoints of the log; and what could not be known. A fax belongs to the period in which it
    began. TIME is a date or time, 2026-11-01 or 2026-11-01T08:00. All figures are of one moment: what is appended
    while the report is made is in none of them.

    Examples:
      faxstore report audit --from 2026-11-01 --to 2026-12-01 --time-zone Europe/Berlin
      faxstore report audit --from 2026-11-01 --to 2026-12-01 --server pbx1 --format json > november.json
    """
    from faxstore.commands.period import bounds, zone_of
    from faxstore.report.audit import Period
    from faxstore.report.audit import audit as report
    from faxstore.store.database import open_dsn
    from faxstore.store.migrate import require_current

    zone = zone_of(time_zone)
    since, until = bounds(from_, to, zone)
    with open_dsn(settings_of(context)) as dsn:
        require_current(dsn)
        report(dsn, Period(since, until, zone), server or (), as_json=format is ReportFormat.JSON)


app = typer.Typer(no_args_is_help=True)
app.callback(help=help.screen(about))(about)
app.command("audit", help=help.screen(audit))(audit)
