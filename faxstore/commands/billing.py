"""`faxstore billing`: export the billing ledger in batches."""

from __future__ import annotations

import sys
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.billing.formats import BillingFormat, file_name, renderer
from faxstore.commands import options
from faxstore.commands.billing_check import check
from faxstore.commands.context import written_to
from faxstore.commands.general import add_command, new_group
from faxstore.commands.ledgers import Consumer, existing_folder, hold, ledger_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.report.formats import BatchListFormat
from faxstore.settings.period import Period, is_local, parse_moment

if TYPE_CHECKING:
    from faxstore.billing.ledger import Batch, Ledger

NewFormat = Annotated[
    BillingFormat | None, typer.Option(help="The format of a new consumer's batches; it never changes. Default: csv.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the lines of the next batch; record and write nothing.")]
Recheck = Annotated[
    bool, typer.Option("--recheck", help="Compare every exported fax with the history, not only those with new rows.")
]

StateFormat = StrEnum("StateFormat", "CSV JSONL")
"""The formats of a ledger's state; the others describe changes."""


def about() -> None:
    """Export ended faxes to billing systems, each fax exactly once.

    Each consumer has its own ledger of batches. docs/how-to/billing.md explains batches, corrections and formats.

    Examples:
      faxstore billing export --folder /var/lib/billing
      faxstore billing list
    """


def export(
    context: typer.Context,
    folder: options.Folder = None,
    consumer: Consumer = "default",
    format: NewFormat = None,
    dry_run: DryRun = False,
    recheck: Recheck = False,
) -> None:
    """Export every ended fax exactly once.

    Each run exports what is new as one batch: a file, then a manifest. The database records the batch before the file
    gets its name; if a run is interrupted in between, the next run completes it. If the figures of an exported fax have
    changed, the batch contains a correction: the next revision, a reference to the superseded one, and the old figures.
    If nothing is new, there is no batch.

    The names of the files go to standard output. The command needs the role fax_export.

    Examples:
      faxstore billing export --folder /var/lib/billing
      faxstore billing export --folder /var/lib/usage --consumer openmeter --format cloudevents
      faxstore billing export --dry-run
    """
    from faxstore.billing.delivery import export_batches

    with ledger_of(context, consumer) as ledger:
        if dry_run:
            _print_due(ledger, format, recheck)
            return
        existing = existing_folder(folder)
        hold(ledger)
        batch = None
        with counting("exporting", "lines") as progress:
            for batch in export_batches(ledger, existing, format, progress, recheck=recheck):
                print(existing / file_name(batch.consumer, batch.batch, batch.format), flush=True)
                print_message(_summary(batch))
        if batch is None:
            print_message(f"nothing new for {consumer}: {ledger.status()}")


def list_batches(
    context: typer.Context,
    consumer: Consumer = "default",
    format: Annotated[BatchListFormat, typer.Option(help="The format of the rows.")] = BatchListFormat.TABLE,
    wide: options.Wide = False,
    output: options.Output = None,
    force: options.Force = False,
) -> None:
    """List the batches of a consumer.

    Examples:
      faxstore billing list
      faxstore billing list --consumer openmeter --format jsonl
    """
    from faxstore.report.batch_list import print_batches
    from faxstore.report.screen import open_pager

    with written_to(output, force), ledger_of(context, consumer) as ledger, open_pager(wide=wide) as screen:
        print_batches(ledger.listed(), format, screen)


def render(
    context: typer.Context,
    batch: Annotated[int, typer.Argument(metavar="N", help="The number of the batch.", show_default=False)],
    folder: options.Folder = None,
    consumer: Consumer = "default",
    force: options.Force = False,
) -> None:
    """Write the file and the manifest of a batch again, into any folder.

    The bytes are those of the original, and faxstore compares their SHA-256. If personal values were erased since, the
    file lacks them, and the manifest contains the number of lines concerned. A file or manifest that exists is replaced
    only with --force.

    Examples:
      faxstore billing render 7 --folder /tmp/again
    """
    from faxstore.billing.delivery import render_batch
    from faxstore.billing.manifest import manifest_name
    from faxstore.export.target import check_output

    existing = existing_folder(folder)
    with ledger_of(context, consumer) as ledger, counting("rendering", "lines") as progress:
        wanted = ledger.batch(batch)
        file = existing / file_name(consumer, batch, wanted.format)
        for path in (file, existing / manifest_name(wanted)):
            check_output(path, force)
        hold(ledger)
        sha256 = render_batch(ledger, wanted, existing, progress)
        print(file, flush=True)
        if sha256 != wanted.sha256:
            erased = counted(wanted.erased_lines, "lines")
            print_message(f"batch {batch} differs from the original: the personal values of {erased} were erased")


def as_of(
    context: typer.Context,
    when: Annotated[
        str, typer.Argument(metavar="WHEN", help="The number of a batch, or a moment: the last batch made by then.")
    ],
    since: options.From = None,
    until: options.To = None,
    time_zone: options.TimeZone = "UTC",
    consumer: Consumer = "default",
    format: Annotated[StateFormat, typer.Option(help="The format of the lines.")] = StateFormat.CSV,
    output: options.Output = None,
    force: options.Force = False,
) -> None:
    """Print the state of a consumer's ledger at that time: the newest exported revision of each fax.

    WHEN is the number of a batch, or 2026-11-03 (its beginning in UTC), 2026-11-03T12:00+01:00, or 30m, 24h, 7d ago.
    If the log is sealed, only sealed times decide which batch was made by then.
    The examples compare October as exported by 3 November with October as exported by now.

    Examples:
      faxstore billing as-of 2026-11-04 --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin
      faxstore billing as-of 0m --from 2026-10-01 --to 2026-11-01 --time-zone Europe/Berlin
    """
    period = Period.parse(since, until, time_zone)
    with written_to(output, force), ledger_of(context, consumer) as ledger:
        batch = _batch_of(ledger, when)
        made_at, covered = batch.sealed_made_at or batch.made_at, "" if batch.sealed_made_at else " (not sealed)"
        print_message(f"{consumer} as of batch {batch.batch}, made at {made_at.isoformat()}{covered}")
        sys.stdout.buffer.writelines(renderer(BillingFormat(format))(ledger.as_of(batch.batch, period)))
        sys.stdout.buffer.flush()


app = new_group(about)
add_command(app, "export", export)
add_command(app, "list", list_batches)
add_command(app, "render", render)
add_command(app, "as-of", as_of)
add_command(app, "check", check)


def _batch_of(ledger: Ledger, when: str) -> Batch:
    if when.isdecimal():
        return ledger.batch(int(when))
    moment = parse_moment(when, "WHEN")
    moment = moment.replace(tzinfo=UTC) if is_local(moment) else moment
    batch = ledger.batch_by(moment)
    if batch is None:
        raise UsageError(f"{ledger.consumer} had no batch by {when}; {ledger.status()}")
    return batch


def _print_due(ledger: Ledger, format: BillingFormat | None, recheck: bool) -> None:
    from faxstore.billing.delivery import format_of

    render = renderer(format_of(ledger.batches(), format))
    with counting("rendering", "lines") as progress:
        for lines, piece in enumerate(render(ledger.due(recheck=recheck)), start=1):
            sys.stdout.buffer.write(piece)
            progress(lines)
    sys.stdout.buffer.flush()
    print_message(f"dry run for {ledger.consumer}, no batch was made; {ledger.status()}")


def _summary(batch: Batch) -> str:
    faxes, corrections = counted(batch.lines - batch.corrections, "faxes"), counted(batch.corrections, "corrections")
    positions = f"{batch.first_position:,} to {batch.last_position:,}"
    pages = "pages unknown" if batch.lines and batch.pages is None else counted(batch.pages or 0, "pages")
    return f"batch {batch.batch} of {batch.consumer}: {faxes}, {corrections}, {pages}, positions {positions}"
