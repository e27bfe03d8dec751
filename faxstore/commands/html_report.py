"""`faxstore report html`: a page about a period, for a browser."""

from __future__ import annotations

import sys

import typer

from faxstore.commands import options
from faxstore.commands.context import database_of, written_to
from faxstore.settings.period import Period


def run(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.TimeZone = "UTC",
    server: options.Servers = None,
    output: options.Output = None,
    force: options.Force = False,
) -> None:
    """Print a page about a period for a browser: plots, the worst faxes, and tables that can be sorted.

    The page is one file without requests, readable on a telephone and on paper. It has the figures of the other
    reports, by hour, day, week or month, whichever fits the period. Lists have the first 50 rows and say so.

    It needs jinja2 and vl-convert-python: pip install faxstore[html].

    Examples:
      faxstore report html --from 2026-11-01 --to 2026-12-01 --time-zone Europe/Berlin --output november.html
      faxstore report html --from 24h --server pbx1 > today.html
    """
    from faxstore.commands.absent_months import absent
    from faxstore.report.html.document import require
    from faxstore.report.html.figures import asked, figures
    from faxstore.report.html.period_page import page

    require("report html", output)
    period = Period.parse(since, until, time_zone)
    with written_to(output, force):
        with database_of(context, "fax_reader") as connection:
            about = asked(connection, period, server or ())
            lacking = absent(connection, about.period)
            found = figures(connection, about)
        for piece in page(found, lacking):
            sys.stdout.write(piece)
