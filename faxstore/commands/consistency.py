"""`faxstore consistency`: that an older checkpoint is the beginning of a newer one."""

from __future__ import annotations

from typing import Annotated

import typer

from faxstore.commands.context import settings_of


def run(
    context: typer.Context,
    old: Annotated[
        int,
        typer.Argument(
            metavar="ROWS",
            min=0,
            help="How many rows the older checkpoint has; 0: there is none yet.",
            show_default=False,
        ),
    ],
    size: Annotated[
        int | None,
        typer.Option(metavar="ROWS", min=1, help="Of the checkpoint of so many rows. Default: the newest one."),
    ] = None,
) -> None:
    """Print the proof that an older checkpoint is the beginning of a newer one.

    For whoever keeps checkpoints and not the rows: that nothing was changed or taken out between two of them. It comes
    as the request that a witness takes (C2SP tlog-witness, add-checkpoint) and countersigns: a line with the older
    size, the hashes, an empty line, the newer checkpoint. The script in docs/how-to/proofs.md checks it, without
    faxstore and without the database.

    Examples:
      faxstore consistency 120000 > grown.txt
      faxstore consistency 120000 | curl --data-binary @- https://witness.example.org/add-checkpoint
    """
    from faxstore.log import prove
    from faxstore.store.database import open_database

    with open_database(settings_of(context), "fax_reader") as connection:
        sealed, text = prove.checkpoint(connection, size)
        print(prove.consistency(connection, old, sealed, text), end="")
