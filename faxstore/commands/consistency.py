"""`faxstore consistency`: a proof that an older checkpoint is the beginning of a newer one."""

from __future__ import annotations

from typing import Annotated

import typer

from faxstore.commands.context import database_of
from faxstore.commands.options import ArchiveFolder


def run(
    context: typer.Context,
    old: Annotated[
        int,
        typer.Argument(
            metavar="ROWS", min=0, help="The rows of the older checkpoint, 0 without one.", show_default=False
        ),
    ],
    size: Annotated[
        int | None, typer.Option(metavar="ROWS", min=1, help="The rows of the newer checkpoint. Default: the newest.")
    ] = None,
    folder: ArchiveFolder = None,
) -> None:
    """Print the proof that an older checkpoint is the beginning of a newer one.

    It proves to somebody who stores checkpoints but no rows that no row was changed or removed between two of them. The
    output is an add-checkpoint request (C2SP tlog-witness), which a witness checks and countersigns: a line with the
    older size, the hashes, an empty line and the newer checkpoint. The script in docs/how-to/proofs.md checks it too,
    without faxstore and without the database.

    Examples:
      faxstore consistency 120000 > grown.txt
      faxstore consistency 120000 | curl --data-binary @- https://witness.example.org/add-checkpoint
    """
    from faxstore.archive.proofs import ArchivedRows
    from faxstore.log import prove

    with database_of(context, "fax_reader") as connection:
        sealed, text = prove.checkpoint(connection, size)
        print(prove.consistency(connection, old, sealed, text, ArchivedRows(connection, folder).entries), end="")
