"""`faxstore export billing` and what goes with it: the billing ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.billing.formats import BillingFormat, file_name, renderer
from faxstore.commands.context import settings_of
from faxstore.commands.rows import moment
from faxstore.errors import UsageError
from faxstore.logs import say
from faxstore.report.formats import Format

if TYPE_CHECKING:
    from faxstore.billing.delivery import Progress
    from faxstore.billing.ledger import Batch, Ledger

Consumer = Annotated[
    str,
    typer.Option(metavar="NAME", help="Who it is handed out to; each consumer is handed out every fax once."),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="DIR", help="The folder for file and manifest; it has to be there.", show_default=False
    ),
]
LIST_FORMATS = (Format.TABLE, Format.CSV, Format.JSON, Format.JSONL)


def run(
    context: typer.Context,
    to: Folder = None,
    consumer: Consumer = "default",
    format: Annotated[
        BillingFormat | None,
        typer.Option(help="How a new consumer is handed out its batches, for good; csv where it is not said."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the lines that would go out; nothing is fixed or written.")
    ] = False,
    recheck: Annotated[
        bool,
        typer.Option("--recheck", help="Compare every fax with what was handed out, not only those with new rows."),
    ] = False,
) -> None:
    """Hand out every fax that has ended, exactly once.

    Each run makes one batch of what is new: a file, and a manifest beside it that is written last. A batch is fixed in
    the database before its file gets its name; a run that is cut off in between is finished by the next one. A fax
    whose figures have changed since it was handed out goes out again as a correction, with the next revision, what it
    supersedes, and the old figures. Nothing new: no batch, and one line says so.

    The names of the files that were put in place go to standard output. Needs the role fax_export.

    Examples:
      faxstore export billing --to /var/lib/billing
      faxstore export billing --to /var/lib/usage --consumer openmeter --format cloudevents
      faxstore export billing --dry-run
    """
    from faxstore.billing.delivery import hand_out

    with _ledger(context, consumer) as ledger:
        if dry_run:
            _print_due(ledger, format, recheck)
            return
        folder = _folder(to)
        _hold(ledger)
        made = False
        with _progress("lines") as progress:
            for batch in hand_out(ledger, folder, format, progress, everything=recheck):
                made = True
                print(folder / file_name(batch.consumer, batch.batch, batch.format), flush=True)
                say(_told(batch))
        if not made:
            say(f"nothing new for {consumer}: {ledger.told()}")


def batches(
    context: typer.Context,
    consumer: Consumer = "default",
    format: Annotated[Format, typer.Option(help="How the rows come out: table, csv, json or jsonl.")] = Format.TABLE,
) -> None:
    """List the batches that a consumer was handed out.

    Examples:
      faxstore export billing-list
      faxstore export billing-list --consumer openmeter --format jsonl
    """
    from faxstore.report.batch_list import print_batches

    if format not in LIST_FORMATS:
        raise UsageError(f"--format {format}: a list of batches is {', '.join(LIST_FORMATS)}")
    with _ledger(context, consumer) as ledger:
        print_batches(ledger.batches(), format, sys.stdout)


def render(
    context: typer.Context,
    batch: Annotated[int, typer.Argument(metavar="N", help="The number of the batch.", show_default=False)],
    to: Folder = None,
    consumer: Consumer = "default",
) -> None:
    """Write the file and the manifest of a batch again, anywhere.

    The bytes are those that were handed out, and their SHA-256 is compared. Where personal values were erased since,
    the file lacks them, and the manifest says of how many lines.

    Examples:
      faxstore export billing-render 7 --to /tmp/again
    """
    from faxstore.billing.delivery import render_again

    folder = _folder(to)
    with _ledger(context, consumer) as ledger, _progress("lines") as progress:
        wanted = ledger.batch(batch)
        _hold(ledger)
        sha256 = render_again(ledger, wanted, folder, progress)
        print(folder / file_name(consumer, batch, wanted.format), flush=True)
        if sha256 != wanted.sha256:
            say(f"batch {batch}: not the bytes that were handed out, for {wanted.erased_lines} lines were erased since")


def as_of(
    context: typer.Context,
    when: Annotated[
        str, typer.Argument(metavar="WHEN", help="A batch's number, or a moment: the last batch made by then.")
    ],
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Only faxes that began at that time of --time-zone or later."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Only faxes that began before that time.")
    ] = None,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="The time zone of --from and --to.")] = "UTC",
    consumer: Consumer = "default",
    format: Annotated[BillingFormat, typer.Option(help="csv or jsonl.")] = BillingFormat.CSV,
) -> None:
    """Print what a consumer had been told by then: of each fax the newest revision that was handed out.

    A moment is 2026-11-03 (its beginning, UTC), 2026-11-03T12:00+01:00, or 30m, 24h, 7d ago. What October said on
    3 November, and what it says now:

    Examples:
      faxstore export billing-as-of 2026-11-04 --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin
      faxstore export billing-as-of 0m --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin
    """
    if format is BillingFormat.CLOUDEVENTS:
        raise UsageError("--format cloudevents: events tell of changes, not of a state; allowed: csv, jsonl")
    first, last = _local(since, "--from"), _local(until, "--to")
    with _ledger(context, consumer) as ledger:
        told = _batch_of(ledger, when)
        say(f"{consumer} as of batch {told.batch}, made at {told.made_at.isoformat()}")
        for piece in renderer(format)(ledger.as_of(told.batch, first, last, time_zone)):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


COMMANDS: dict[str, Callable[..., None]] = {
    "billing": run,
    "billing-list": batches,
    "billing-render": render,
    "billing-as-of": as_of,
}


@contextmanager
def _ledger(context: typer.Context, consumer: str) -> Iterator[Ledger]:
    from faxstore.billing.ledger import ledger
    from faxstore.store.database import open_dsn
    from faxstore.store.migrate import require_current

    with open_dsn(settings_of(context)) as dsn:
        require_current(dsn)
        with ledger(dsn, consumer) as opened:
            yield opened


def _folder(to: Path | None) -> Path:
    if to is None:
        raise UsageError("--to DIR is needed: the folder for file and manifest")
    if not to.is_dir():
        raise UsageError(f"--to {to}: there is no such folder")
    return to


def _hold(ledger: Ledger) -> None:
    if not ledger.hold():
        say(f"another export for {ledger.consumer} is under way: waiting for it")
        ledger.wait()


def _batch_of(ledger: Ledger, when: str) -> Batch:
    if when.isdecimal():
        return ledger.batch(int(when))
    by = moment(when, "WHEN")
    made = [batch for batch in ledger.batches() if by is not None and batch.made_at <= by]
    if not made:
        raise UsageError(f"{ledger.consumer} had no batch by {when}; {ledger.told()}")
    return made[-1]


def _local(text: str | None, option: str) -> datetime | None:
    """A time by the clock of a zone that is named elsewhere."""
    allowed = "2026-10-01 or 2026-10-01T08:00, by the clock of --time-zone"
    try:
        parsed = datetime.fromisoformat(text) if text is not None else None
    except ValueError as error:
        raise UsageError(f"{option}: '{text}' is not a date or time; allowed: {allowed}") from error
    if parsed is not None and parsed.tzinfo is not None:
        raise UsageError(f"{option}: '{text}' names a zone of its own; allowed: {allowed}")
    return parsed


def _print_due(ledger: Ledger, format: BillingFormat | None, recheck: bool) -> None:
    from faxstore.billing.delivery import format_of

    lines = 0
    chosen = format_of(ledger.batches(), format)
    with _progress("lines") as progress:
        for piece in renderer(chosen)(ledger.due(everything=recheck)):
            sys.stdout.buffer.write(piece)
            lines += 1
            progress(lines)
    sys.stdout.buffer.flush()
    say(f"nothing is fixed: a dry run for {ledger.consumer}; {ledger.told()}")


def _told(batch: Batch) -> str:
    return (
        f"batch {batch.batch} of {batch.consumer}: {batch.lines - batch.corrections:,} faxes,"
        f" {batch.corrections:,} corrections, {batch.pages or 0:,} pages,"
        f" positions {batch.first_position:,} to {batch.last_position:,}"
    )


@contextmanager
def _progress(of: str) -> Iterator[Progress]:
    """A line that counts on a terminal, nothing in a pipe."""
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(of, total=None)
        yield lambda done: bar.update(task, completed=done)
