"""`faxstore billing check`: compare the ledger with delivered batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import options
from faxstore.commands.ledgers import Consumer, existing_folder, hold, ledger_of
from faxstore.counted import counted
from faxstore.logs import print_message

if TYPE_CHECKING:
    from faxstore.billing.delivered import Delivered


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

    existing = existing_folder(folder)
    with ledger_of(context, consumer, "fax_owner" if repair else "fax_export") as ledger:
        if repair:
            hold(ledger)
        found = compare(ledger, existing)
        for fault in found.faults:
            print(fault)
        restored = restore(ledger, found.lost) if repair and not found.faults else found.lost
        for one in restored:
            print(_lost(consumer, one, repair and not found.faults), flush=True)
        print_message(f"{consumer}: {counted(len(found.delivered), 'batches')} in {existing}; {ledger.status()}")
        if found.faults or (found.lost and not repair):
            raise typer.Exit(1)


def _lost(consumer: str, batch: Delivered, restored: bool) -> str:
    what = f"batch {batch.batch} of {consumer}, {counted(batch.lines, 'lines')}, made at {batch.made_at.isoformat()}"
    return f"{what}: restored from {batch.file}" if restored else f"{what}: delivered, but not in the database"
