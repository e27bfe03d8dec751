"""`faxstore export`: the rows of the views as files for other programs, one command per data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import options
from faxstore.commands.context import database_of
from faxstore.commands.general import add_command, new_group
from faxstore.commands.progress import counting
from faxstore.export.target import ExportFormat, SessionsFormat, Target
from faxstore.logs import print_message
from faxstore.settings.period import Period
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.export.datasets import Dataset
    from faxstore.export.selection import Selection
    from faxstore.store.database import Connection

FormatOption = Annotated[ExportFormat, typer.Option(help="The format of the rows.")]


def about() -> None:
    """Write sessions, jobs, pages, changes, observations or usage to files for other programs.

    An export contains every matching row of one view, as of the moment when it starts; there is no row limit. A file
    gets its name only when it is complete, so an interrupted export leaves no partial file. docs/how-to/exports.md
    describes the formats, their columns and their units.

    Examples:
      faxstore export sessions --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin --output october.csv
      faxstore export usage --from 2026-01-01 --to 2027-01-01 --bucket month --format jsonl
    """


def sessions(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    format: Annotated[SessionsFormat, typer.Option(help="The format of the rows.")] = SessionsFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write fax sessions, oldest first: every column of the view fax.sessions.

    Tone detectors are sessions too (direction detector). The format xferfaxlog is HylaFAX's, for its reports: one line
    per fax sent or received, without gateways and detectors.

    Examples:
      faxstore export sessions --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin --output october.csv
      faxstore export sessions --account law --result success --excel-safe > law.csv
      faxstore export sessions --format parquet --folder /srv/fax/sessions
      faxstore export sessions --format xferfaxlog --output xferfaxlog
    """
    from faxstore.export import datasets

    if format is SessionsFormat.XFERFAXLOG:
        options.require_sent_or_received(direction, "--format xferfaxlog has lines")
    period, target = Period.parse(since, until, time_zone), Target(format, output, force, excel_safe, folder)
    _write(context, "sessions", datasets.sessions, target, period, server, direction, result, account)


def jobs(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    format: FormatOption = ExportFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write faxes with all attempts at them, oldest first: every column of the view fax.jobs.

    A job belongs to the period in which its first attempt began; later attempts count even if they are outside. The
    result is that of its last attempt.

    Examples:
      faxstore export jobs --from 2026-10-01 --to 2026-11-01 --direction sent --result failed --output undelivered.csv
    """
    from faxstore.export import datasets

    options.require_sent_or_received(direction, "there are jobs")
    period, target = Period.parse(since, until, time_zone), Target(format, output, force, excel_safe, folder)
    _write(context, "jobs", datasets.jobs, target, period, server, direction, result, account)


def pages(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    format: FormatOption = ExportFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write the pages of sessions: every column of the view fax.session_pages.

    All pages of a session belong to the period in which the session began. The other options select sessions too.

    Examples:
      faxstore export pages --from 2026-10-01 --to 2026-11-01 --direction received --output pages.csv
    """
    from faxstore.export import datasets

    period, target = Period.parse(since, until, time_zone), Target(format, output, force, excel_safe, folder)
    _write(context, "pages", datasets.pages, target, period, server, direction, result, account)


def timeline(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    format: FormatOption = ExportFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write every change within sessions: the view fax.session_timeline, with the server.

    Examples:
      faxstore export timeline --from 24h --result failed --format jsonl
    """
    from faxstore.export import datasets

    period, target = Period.parse(since, until, time_zone), Target(format, output, force, excel_safe, folder)
    _write(context, "changes", datasets.timeline, target, period, server, direction, result, account)


def history(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    format: FormatOption = ExportFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write every observation of sessions: the table fax.session_history, with the server, by position.

    The export contains all observations of each session that began in the period.

    Examples:
      faxstore export history --from 2026-10-01 --to 2026-11-01 --format parquet --folder /srv/fax/history
    """
    from faxstore.export import datasets

    period, target = Period.parse(since, until, time_zone), Target(format, output, force, excel_safe, folder)
    _write(context, "observations", datasets.history, target, period, server, direction, result, account)


def usage(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    bucket: options.BucketOption = options.Bucket.DAY,
    server: options.Servers = None,
    direction: options.Directions = None,
    account: options.Accounts = None,
    format: FormatOption = ExportFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write counts by bucket, server, account and direction: fax.usage() for the period and the time zone.

    The columns successes, failures and unknown_ends are the results. Tone detectors are not counted. Buckets begin at
    local times of --time-zone; the first and the last one contain only sessions of the period.

    Examples:
      faxstore export usage --from 2026-01-01 --to 2027-01-01 --time-zone Europe/Berlin --bucket month
    """
    from faxstore.export import datasets
    from faxstore.store.period import resolve_for_local_time

    period, target = Period.parse(since, until, time_zone), Target(format, output, force, excel_safe, folder)
    counts = partial(datasets.usage, bucket=bucket)
    _write(context, "counts", counts, target, period, server, direction, None, account, resolve=resolve_for_local_time)


app = new_group(about)
add_command(app, "sessions", sessions)
add_command(app, "jobs", jobs)
add_command(app, "pages", pages)
add_command(app, "timeline", timeline)
add_command(app, "history", history)
add_command(app, "usage", usage)


def _write(
    context: typer.Context,
    what: str,
    dataset: Callable[[Selection], Dataset],
    target: Target,
    period: Period,
    *filters: Sequence[str] | None,
    resolve: Callable[[Connection, Period], Period] | None = None,
) -> None:
    from faxstore.export.run import run
    from faxstore.export.selection import Selection
    from faxstore.store import period as periods

    target.check()
    with database_of(context, "fax_reader") as connection, counting("exporting", what) as count:
        selected = Selection((resolve or periods.resolve)(connection, period), *filters)
        written = run(connection, dataset(selected), selected.period.time_zone, target, count)
    if (place := target.output or target.folder) is not None:
        print_message(f"wrote {written.rows:,} {what} to {visible(str(place))}")
    if written.left_out:
        print_message(f"{written.left_out:,} sessions have no line in an xferfaxlog: neither sent nor received")
