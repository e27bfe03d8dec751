"""`faxstore capacity`: what a number of faxes needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.options import DocumentFormat
from faxstore.errors import UsageError

if TYPE_CHECKING:
    from faxstore.capacity.lines import Line


def _number(metavar: str, least: float, most: float, help: str) -> Any:
    return typer.Option(metavar=metavar, min=least, max=most, help=help, show_default=False)


FaxesPerDay = Annotated[float | None, _number("N", 1, 1e8, "Faxes per day, sent and received.")]
Pages = Annotated[float | None, _number("N", 0, 10_000, "Pages per fax. Default: 3.")]
SecondsPerPage = Annotated[float | None, _number("SECONDS", 1, 3600, "Seconds per page. Default: 30.")]
PollInterval = Annotated[
    float | None, _number("SECONDS", 0.05, 3600, "Seconds between two polls, as in the settings. Default: 1.")
]
Years = Annotated[
    float | None,
    _number("N", 0.01, 100, "How long faxes are observed. Default: 1, with --measured the age of the history."),
]
Servers = Annotated[int | None, _number("N", 1, 100_000, "Number of Asterisk servers. Default: 1.")]
Accounts = Annotated[int | None, _number("N", 1, 10_000_000, "Number of account codes. Default: 20.")]
BusyHour = Annotated[
    float | None, _number("PERCENT", 4.2, 100, "The share of a day's faxes in its busiest hour. Default: 20.")
]
KeepRows = Annotated[
    int | None,
    _number("MONTHS", 1, 1200, "Months until rows are archived and dropped. Default: as in the settings, or never."),
]
KeepTotals = Annotated[
    int | None,
    _number("MONTHS", 1, 1200, "Months until totals are deleted. Default: as in the settings, or never."),
]
KeepPersonalValues = Annotated[
    int | None,
    _number("MONTHS", 1, 1200, "Months until personal values are erased. Default: as in the settings, or never."),
]
Consumers = Annotated[
    int | None, _number("N", 0, 100, "Consumers of billing batches. Default: 0, with --measured those of the ledger.")
]
Measured = Annotated[
    bool, typer.Option("--measured", help="Use the figures of the database; options replace what it shows.")
]


def run(
    context: typer.Context,
    faxes_per_day: FaxesPerDay = None,
    pages: Pages = None,
    seconds_per_page: SecondsPerPage = None,
    poll_interval: PollInterval = None,
    years: Years = None,
    servers: Servers = None,
    accounts: Accounts = None,
    busy_hour: BusyHour = None,
    keep_rows: KeepRows = None,
    keep_totals: KeepTotals = None,
    keep_personal_values: KeepPersonalValues = None,
    consumers: Consumers = None,
    measured: Measured = False,
    format: Annotated[DocumentFormat, typer.Option(help="The format of the output.")] = DocumentFormat.TABLE,
) -> None:
    """Print what a number of faxes needs: rows, disk by kind, memory, workers and cores.

    The figures are those of faxstore's benchmarks, and no database is needed. With --measured they are those of the
    database, as far as it shows them: faxes per day, pages, seconds, and the bytes of each kind. The column basis
    states what a line rests on. docs/how-to/capacity.md explains each line.

    Examples:
      faxstore capacity --faxes-per-day 10000
      faxstore capacity --faxes-per-day 10000 --pages 2 --years 10 --keep-rows 12
      faxstore capacity --measured --years 5
    """
    from faxstore.report.capacity import print_plan
    from faxstore.report.screen import open_screen

    given = {
        "faxes_per_day": faxes_per_day, "pages": pages, "seconds_per_page": seconds_per_page, "years": years,
        "poll_interval": poll_interval, "servers": servers, "accounts": accounts, "busy_hour": busy_hour,
        "keep_rows": keep_rows, "keep_totals": keep_totals, "keep_personal_values": keep_personal_values,
        "consumers": consumers,
    }  # fmt: skip
    lines = _plan(context, given, measured)
    with open_screen() as screen:
        print_plan(lines, screen, as_json=format is DocumentFormat.JSON)


def _plan(context: typer.Context, given: Mapping[str, float | None], measured: bool) -> list[Line]:
    """The lines for the faxes that the options give, or else the database.  Raises UsageError without any."""
    from faxstore.capacity.demand import Demand
    from faxstore.capacity.figures import Figures
    from faxstore.capacity.lines import Basis
    from faxstore.capacity.own_figures import measure
    from faxstore.capacity.plan import plan
    from faxstore.store.database import open_database

    demand, figures = Demand(), Figures()
    settings = settings_of(context)
    if measured:
        with open_database(settings, "fax_reader") as connection:
            demand, figures = measure(connection, figures)
    elif given["faxes_per_day"] is None:
        raise UsageError("capacity: give --faxes-per-day N, or --measured for the faxes of the database")
    periods = settings.retention
    kept = {
        "keep_rows": periods.rows, "keep_totals": periods.totals, "keep_personal_values": periods.personal_values,
    }  # fmt: skip
    return plan(demand.with_values(kept, Basis.SETTINGS).with_values(given, Basis.GIVEN), figures)
