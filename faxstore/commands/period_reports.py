"""`faxstore report usage` and the other reports about a period, whose commands differ only in what they report."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Annotated

import typer

from faxstore.commands import options
from faxstore.commands.context import database_of, written_to
from faxstore.commands.general import add_command
from faxstore.logs import print_message
from faxstore.report.formats import Format, Style
from faxstore.settings.period import Period

RowFormat = Annotated[Format, typer.Option(help="The format of the rows.")]

BY_TIME = {
    "usage": """Print faxes, pages, bad lines and results by day, or by --bucket, also where there were none.

    A fax counts as a whole in the interval in which it began. `faxstore export usage` has each account by itself.

    Examples:
      faxstore report usage --from 2026-01-01 --bucket month --time-zone Europe/Berlin
      faxstore report usage --from 7d --server pbx1 --format csv > usage.csv
    """,
    "quality": """Print the quality of transmission by day, or by --bucket.

    Only receivers without ECM count bad lines: `measurable` is the number of their pages. The last column is the share
    of bad lines, of the lines that these pages have by estimate (A4).

    Examples:
      faxstore report quality --from 2026-11-01 --to 2026-12-01 --bucket week
    """,
    "concurrency": """Print how many faxes were in progress at once by day, or by --bucket: the peak, and the mean.

    All selected servers count together. A fax that is still in progress lasts until now.

    Examples:
      faxstore report concurrency --from 24h --bucket hour --server pbx1
    """,
    "jobs": """Print how many jobs got through at the first attempt, at a later one, or not, by day or by --bucket.

    A job is a fax that somebody wanted to send, with all attempts at it: same number and files, until one succeeds. It
    counts in the interval in which its first attempt began. `faxstore sessions --jobs` lists them.

    Examples:
      faxstore report jobs --from 2026-11-01 --to 2026-12-01
    """,
}
"""The help of each report whose rows are intervals of time."""

OF_A_PERIOD = {
    "failures": """Print the faxes that ended without success by their class, the most frequent first.

    A fax that ended without a result on the wire has no class: how it ended is unknown. `after a page` counts partial
    faxes. Faxes in progress do not count.

    Examples:
      faxstore report failures --from 7d
      faxstore report failures --from 2026-11-01 --to 2026-12-01 --server pbx1
    """,
    "coverage": """Print how much of the period each server was observed, in how many gaps it was not, and for how long.

    The time of a server begins with its first poll. `faxstore report audit` lists each gap.

    Examples:
      faxstore report coverage --from 2026-11-01 --to 2026-12-01
    """,
}
"""The help of each other report, which may be about some servers."""

OF_ALL_SERVERS = {
    "peers": """Print the quality of transmission by remote station, transport and ECM, the most used first.

    A peer is the station id of the other end, or else its number. Empty figures are not measurable.

    Examples:
      faxstore report peers --from 2026-11-01 --to 2026-12-01
      faxstore report peers --from 30d --format csv --output peers.csv
    """,
}
"""The help of each report that is about all servers together."""


def command(name: str, help: str, without: Collection[str] = ()) -> Callable[..., None]:
    """The command of a report, which has the options of all reports except for those named in `without`."""

    def run(
        context: typer.Context,
        since: options.From = None,
        until: options.To = None,
        time_zone: options.TimeZone = "UTC",
        bucket: options.BucketOption = options.Bucket.DAY,
        server: options.Servers = None,
        format: RowFormat = Format.TABLE,
        columns: options.Columns = None,
        wide: options.Wide = False,
        output: options.Output = None,
        force: options.Force = False,
    ) -> None:
        period, style = Period.parse(since, until, time_zone), Style(format, options.names(columns))
        with written_to(output, force):
            _print(context, name, period, server, style, wide, bucket)

    every = inspect.signature(run, eval_str=True)
    kept = [parameter for parameter in every.parameters.values() if parameter.name not in without]
    run.__signature__ = every.replace(parameters=kept)  # type: ignore[attr-defined]  # what typer makes options of
    run.__doc__ = help
    return run


def _print(
    context: typer.Context,
    name: str,
    period: Period,
    servers: list[str] | None,
    style: Style,
    wide: bool,
    bucket: str,
) -> None:
    from faxstore.commands.absent_months import absent
    from faxstore.report import period_report
    from faxstore.report.period_reports import REPORTS
    from faxstore.report.screen import open_pager

    report = REPORTS[name]
    with database_of(context, "fax_reader") as connection:
        about = period_report.asked(connection, period, servers or (), bucket)
        lacking = absent(connection, about.period) if report.is_of_faxes else []
        with open_pager(wide=wide or bool(style.names)) as screen:  # which the user may leave early
            period_report.print_report(connection, report, about, style, screen)
    for line in lacking:
        print_message(f"not in the report, because {line}")


def add_to(app: typer.Typer) -> None:
    """Add the command of each report to a group."""
    for helps, without in ((BY_TIME, ()), (OF_A_PERIOD, ("bucket",)), (OF_ALL_SERVERS, ("bucket", "server"))):
        for name, text in helps.items():
            add_command(app, name, command(name, text, without))
