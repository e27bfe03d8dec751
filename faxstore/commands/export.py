"""`faxstore export`: the rows of the views as files for other programs, one command per data set."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from faxstore.commands import options
from faxstore.commands.export_files import write_export
from faxstore.commands.general import add_command, new_group
from faxstore.export.target import ExportFormat, SessionsFormat, Target
from faxstore.settings.period import Period

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
    no_account: options.NoAccount = False,
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
      faxstore export sessions --no-account --direction sent --output no-account.csv
      faxstore export sessions --format parquet --folder /srv/fax/sessions
      faxstore export sessions --format xferfaxlog --output xferfaxlog
    """
    from faxstore.export import datasets
    from faxstore.export.selection import Selection

    if format is SessionsFormat.XFERFAXLOG:
        options.require_sent_or_received(direction, "--format xferfaxlog has lines")
    selection = Selection(Period.parse(since, until, time_zone), server, direction, result, account, no_account)
    target = Target(format, output, force, excel_safe, folder)
    write_export(context, "sessions", datasets.sessions, target, selection)


def jobs(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    no_account: options.NoAccount = False,
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
    from faxstore.export.selection import Selection

    options.require_sent_or_received(direction, "there are jobs")
    selection = Selection(Period.parse(since, until, time_zone), server, direction, result, account, no_account)
    target = Target(format, output, force, excel_safe, folder)
    write_export(context, "jobs", datasets.jobs, target, selection)


def pages(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    no_account: options.NoAccount = False,
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
    from faxstore.export.selection import Selection

    selection = Selection(Period.parse(since, until, time_zone), server, direction, result, account, no_account)
    target = Target(format, output, force, excel_safe, folder)
    write_export(context, "pages", datasets.pages, target, selection)


def timeline(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    no_account: options.NoAccount = False,
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
    from faxstore.export.selection import Selection

    selection = Selection(Period.parse(since, until, time_zone), server, direction, result, account, no_account)
    target = Target(format, output, force, excel_safe, folder)
    write_export(context, "changes", datasets.timeline, target, selection, of_rows=True)


def history(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    server: options.Servers = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Accounts = None,
    no_account: options.NoAccount = False,
    format: FormatOption = ExportFormat.CSV,
    output: options.Output = None,
    folder: options.NewFolder = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write every observation of sessions: fax.session_history, with the server, by position.

    The export contains all observations of each session that began in the period.

    Examples:
      faxstore export history --from 2026-10-01 --to 2026-11-01 --format parquet --folder /srv/fax/history
    """
    from faxstore.export import datasets
    from faxstore.export.selection import Selection

    selection = Selection(Period.parse(since, until, time_zone), server, direction, result, account, no_account)
    target = Target(format, output, force, excel_safe, folder)
    write_export(context, "observations", datasets.history, target, selection, of_rows=True)


def usage(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.ExportTimeZone = "UTC",
    bucket: options.BucketOption = options.Bucket.DAY,
    server: options.Servers = None,
    direction: options.Directions = None,
    account: options.Accounts = None,
    no_account: options.NoAccount = False,
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
    from faxstore.export.selection import Selection
    from faxstore.store.period import resolve_for_local_time

    selection = Selection(Period.parse(since, until, time_zone), server, direction, None, account, no_account)
    target = Target(format, output, force, excel_safe, folder)
    counts = partial(datasets.usage, bucket=bucket)
    write_export(context, "counts", counts, target, selection, resolve_for_local_time)


app = new_group(about)
add_command(app, "sessions", sessions)
add_command(app, "jobs", jobs)
add_command(app, "pages", pages)
add_command(app, "timeline", timeline)
add_command(app, "history", history)
add_command(app, "usage", usage)
