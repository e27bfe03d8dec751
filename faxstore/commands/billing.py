"""`faxstore billing`: export the billing ledger in batches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.billing.formats import BillingFormat, file_name, renderer
from faxstore.commands import options
from faxstore.commands.context import database_of, written_to
from faxstore.commands.general import add_command, new_group
from faxstore.commands.progress import counting
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.report.formats import BatchListFormat
from faxstore.settings.period import Period, is_local, parse_moment

if TYPE_CHECKING:
    from faxstore.billing.delivered import Delivered
    from faxstore.billing.ledger import Batch, Ledger
    from faxstore.store.rights import Role

Consumer = Annotated[
    str,
    typer.Option(metavar="NAME", help="The consumer of the batches; each consumer receives every fax exactly once."),
]
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

    with _ledger(context, consumer) as ledger:
        if dry_run:
            _print_due(ledger, format, recheck)
            return
        existing = _existing(folder)
        _hold(ledger)
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

    with written_to(output, force), _ledger(context, consumer) as ledger, open_pager(wide=wide) as screen:
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

    existing = _existing(folder)
    with _ledger(context, consumer) as ledger, counting("rendering", "lines") as progress:
        wanted = ledger.batch(batch)
        file = existing / file_name(consumer, batch, wanted.format)
        for path in (file, existing / manifest_name(wanted)):
            check_output(path, force)
        _hold(ledger)
        sha256 = render_batch(ledger, wanted, existing, progress)
        print(file, flush=True)
        if sha256 != wanted.sha256:
            print_message(
                f"batch {batch} differs from the original: personal values of {wanted.erased_lines} lines were erased"
            )


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
    with written_to(output, force), _ledger(context, consumer) as ledger:
        batch = _batch_of(ledger, when)
        made_at, covered = batch.sealed_made_at or batch.made_at, "" if batch.sealed_made_at else " (not sealed)"
        print_message(f"{consumer} as of batch {batch.batch}, made at {made_at.isoformat()}{covered}")
        sys.stdout.buffer.writelines(renderer(BillingFormat(format))(ledger.as_of(batch.batch, period)))
        sys.stdout.buffer.flush()


def check(
    context: typer.Context,
    folder: options.Folder = None,
    consumer: Consumer = "default",
    repair: Annotated[
        bool, typer.Option("--repair", help="Insert the batches that the database has lost; needs the role fax_owner.")
    ] = False,
) -> None:
    """Compare the ledger with delivered batches, after the database was restored from a backup.

    A restored database lacks the batches that were made since the backup, and would export their faxes again. Run this
    command before the next export, with the folder of the delivered files and manifests. It lists the batches that the
    database lacks, and exits with status 1. With --repair it reads their lines from the files and records them as
    exported, so the next batch contains only what is new or different.

    Examples:
      faxstore billing check --folder /var/lib/billing
      faxstore billing check --folder /var/lib/billing --repair
    """
    from faxstore.billing.check import compare, restore

    existing = _existing(folder)
    with _ledger(context, consumer, "fax_owner" if repair else "fax_export") as ledger:
        if repair:
            _hold(ledger)
        found = compare(ledger, existing)
        for fault in found.faults:
            print(fault)
        restored = restore(ledger, found.lost) if repair and not found.faults else found.lost
        for one in restored:
            print(_lost(consumer, one, repair and not found.faults), flush=True)
        print_message(f"{consumer}: {len(found.delivered):,} batches in {existing}; {ledger.status()}")
        if found.faults or (found.lost and not repair):
            raise typer.Exit(1)


def _lost(consumer: str, batch: Delivered, restored: bool) -> str:
    what = f"batch {batch.batch} of {consumer}, {batch.lines:,} lines, made at {batch.made_at.isoformat()}"
    return f"{what}: restored from {batch.file}" if restored else f"{what}: delivered, but not in the database"


app = new_group(about)
add_command(app, "export", export)
add_command(app, "list", list_batches)
add_command(app, "render", render)
add_command(app, "as-of", as_of)
add_command(app, "check", check)


@contextmanager
def _ledger(context: typer.Context, consumer: str, role: Role = "fax_export") -> Iterator[Ledger]:
    from faxstore.billing.ledger import open_ledger

    with database_of(context, role) as connection:
        yield open_ledger(connection, consumer)


def _existing(folder: Path | None) -> Path:
    if folder is None:
        raise UsageError("--folder DIR is missing: name an existing folder for the file and its manifest")
    if not folder.is_dir():
        raise UsageError(f"--folder {folder}: no such folder")
    return folder


def _hold(ledger: Ledger) -> None:
    if not ledger.try_lock():
        print_message(f"waiting for another export for {ledger.consumer} to finish")
        ledger.lock()


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
    faxes, positions = batch.lines - batch.corrections, f"{batch.first_position:,} to {batch.last_position:,}"
    pages = "pages unknown" if batch.lines and batch.pages is None else f"{batch.pages or 0:,} pages"
    return (
        f"batch {batch.batch} of {batch.consumer}: {faxes:,} faxes, {batch.corrections:,} corrections,"
        f" {pages}, positions {positions}"
    )
