"""What the commands of `faxstore billing` share: the consumer, its ledger and the folder of its files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import database_of
from faxstore.errors import UsageError
from faxstore.logs import print_message

if TYPE_CHECKING:
    from faxstore.billing.ledger import Ledger
    from faxstore.store.rights import Role

Consumer = Annotated[
    str,
    typer.Option(metavar="NAME", help="The consumer of the batches; each consumer receives every fax exactly once."),
]


@contextmanager
def ledger_of(context: typer.Context, consumer: str, role: Role = "fax_export") -> Iterator[Ledger]:
    """Open the database with the rights of the role, and the ledger of the consumer."""
    from faxstore.billing.ledger import open_ledger

    with database_of(context, role) as connection:
        yield open_ledger(connection, consumer)


def existing_folder(folder: Path | None) -> Path:
    """Return the folder of the option.  Raises UsageError unless it exists."""
    if folder is None:
        raise UsageError("--folder DIR is missing: name an existing folder for the file and its manifest")
    if not folder.is_dir():
        raise UsageError(f"--folder {folder}: no such folder")
    return folder


def hold(ledger: Ledger) -> None:
    """Take the consumer's lock; wait for another command that has it."""
    if not ledger.try_lock():
        print_message(f"waiting for another export for {ledger.consumer} to finish")
        ledger.lock()
