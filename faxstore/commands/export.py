"""`faxstore export`: the rows of the views as files for other programs, one command a data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from faxstore.commands import billing as export_billing
from faxstore.commands import export_options as options
from faxstore.commands import help, progress
from faxstore.commands.context import settings_of
from faxstore.commands.rows import local_moment
from faxstore.errors import UsageError
from faxstore.export.target import Format, SessionsFormat, Target
from faxstore.logs import say
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.export.datasets import Dataset
    from faxstore.export.selection import Selection


def about() -> None:
    """Write sessions, pages, changes, observations or usage to files for other programs.

    An export is the rows of one view as they are at one moment, whatever is appended meanwhile; all that fit, there is
    no limit. A file has its name only when it is whole: an interrupted export leaves nothing half. The formats, their
    columns and their units are in docs/how-to/exports.md.

    Examples:
      faxstore export sessions --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin --output october.csv
      faxstore export usage --from 2026-01-01 --to 2027-01-01 --bucket month --format jsonl
    """


def sessions(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.TimeZone = "UTC",
    server: options.Server = None,
    direction: options.Directions = None,
    result: options.Results = None,
    account: options.Account = None,
    format: options.SessionsFormatOption = SessionsFormat.CSV,
    output: options.Output = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write fax sessions, the oldest first: every column of the view fax.sessions.

    TIME is a date or time in --time-zone, 2026-11-01 or 2026-11-01T08:00, or one with an offset, or a time ago: 30m,
    24h, 7d. A session counts where it began. Tone detectors are sessions too (direction detector). The format
    xferfaxlog is HylaFAX's, for its reports: a line for each fax sent or received, no gateways and no detectors.

    Examples:
      faxstore export sessions --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin --output october.csv
      faxstore export sessions --account law --result success --excel-safe > law.csv
      faxstore export sessions --format parquet --output /srv/fax/sessions
      faxstore export sessions --format xferfaxlog --output xferfaxlog
    """
    from faxstore.export import datasets

    chosen = _selection(since, until, time_zone, server, direction, result, account)
    if format is SessionsFormat.XFERFAXLOG and {"gateway", "detector"} & set(chosen.directions):
        raise UsageError("--format xferfaxlog has lines for sent and received faxes only, for no other --direction")
    _write(context, datasets.sessions(chosen), chosen.zone, Target(format, output, force, excel_safe), "sessions")


def _of_sessions(dataset: str, what: str, text: str) -> Callable[..., None]:
    """The command of a data set that is chosen by its sessions; `what` its rows are."""

    def run(
        context: typer.Context,
        since: options.From = None,
        until: options.To = None,
        time_zone: options.TimeZone = "UTC",
        server: options.Server = None,
        direction: options.Directions = None,
        result: options.Results = None,
        account: options.Account = None,
        format: options.FormatOption = Format.CSV,
        output: options.Output = None,
        force: options.Force = False,
        excel_safe: options.ExcelSafe = False,
    ) -> None:
        from faxstore.export import datasets

        chosen = _selection(since, until, time_zone, server, direction, result, account)
        rows = getattr(datasets, dataset)(chosen)
        _write(context, rows, chosen.zone, Target(format, output, force, excel_safe), what)

    run.__name__, run.__doc__ = dataset, text
    return run


pages = _of_sessions(
    "pages",
    "pages",
    """Write the pages of sessions: every column of the view fax.session_pages.

    A session's pages are where the session began, and are chosen by it: by its direction, result and account.

    Examples:
      faxstore export pages --from 2026-10-01 --to 2026-11-01 --direction received --output pages.csv
    """,
)
timeline = _of_sessions(
    "timeline",
    "changes",
    """Write every change of sessions: the view fax.session_timeline, with the server.

    Examples:
      faxstore export timeline --from 24h --result failed --format jsonl
    """,
)
history = _of_sessions(
    "history",
    "observations",
    """Write every observation of sessions: the table fax.session_history, with the server, by position.

    These are the rows as they were seen, all of each session that began in the period.

    Examples:
      faxstore export history --from 2026-10-01 --to 2026-11-01 --format parquet --output /srv/fax/history
    """,
)


def usage(
    context: typer.Context,
    since: options.From = None,
    until: options.To = None,
    time_zone: options.TimeZone = "UTC",
    bucket: options.BucketOption = options.Bucket.DAY,
    server: options.Server = None,
    direction: options.Directions = None,
    account: options.Account = None,
    format: options.FormatOption = Format.CSV,
    output: options.Output = None,
    force: options.Force = False,
    excel_safe: options.ExcelSafe = False,
) -> None:
    """Write counts by bucket, server, account and direction: fax.usage() of the period and the zone.

    The columns successes, failures and unknown_ends are the results. Tone detectors are not counted. TIME is local to
    --time-zone, without an offset: 2026-11-01 or 2026-11-01T08:00.

    Examples:
      faxstore export usage --from 2026-01-01 --to 2027-01-01 --time-zone Europe/Berlin --bucket month
    """
    from faxstore.export import datasets

    chosen = _selection(since, until, time_zone, server, direction, (), account)
    if any(told and told.tzinfo for told in (chosen.since, chosen.until)):
        raise UsageError("usage counts by the clock of --time-zone: --from and --to are 2026-11-01 or 2026-11-01T08:00")
    rows = datasets.usage(chosen, bucket)
    _write(context, rows, chosen.zone, Target(format, output, force, excel_safe), "counts")


app = typer.Typer(no_args_is_help=True)
app.callback(help=help.screen(about))(about)
for _dataset in (sessions, pages, timeline, history, usage):
    app.command(_dataset.__name__, help=help.screen(_dataset))(_dataset)
for _name, _run in export_billing.COMMANDS.items():
    app.command(_name, help=help.screen(_run))(_run)


def _selection(
    since: str | None,
    until: str | None,
    zone: str,
    servers: Sequence[str] | None,
    directions: Sequence[str] | None,
    results: Sequence[str] | None,
    accounts: Sequence[str] | None,
) -> Selection:
    from faxstore.export.selection import Selection

    first = local_moment(since, "--from") if since else None
    last = local_moment(until, "--to") if until else None
    if first and last and bool(first.tzinfo) == bool(last.tzinfo) and first >= last:
        raise UsageError(f"--from {since} is not before --to {until}")
    return Selection(first, last, zone, servers or (), directions or (), results or (), accounts or ())


def _write(context: typer.Context, rows: Dataset, zone: str, target: Target, what: str) -> None:
    from faxstore.export.run import run
    from faxstore.store.database import open_dsn
    from faxstore.store.migrate import require_current

    target.check()
    with open_dsn(settings_of(context)) as dsn:
        require_current(dsn)
        with progress.bar() as bar:
            written = run(dsn, rows, zone, target, progress.counting(bar, what))
    if target.output is not None:
        say(f"{written.rows:,} {what} in {visible(str(target.output))}")
    if written.left_out:
        say(f"{written.left_out:,} sessions have no line in an xferfaxlog: neither sent nor received")
