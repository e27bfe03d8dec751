"""`faxstore prove` and `faxstore consistency`: proofs about the rows and the checkpoints of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from faxstore.commands.context import database_of
from faxstore.errors import UsageError
from faxstore.json_values import json_text

if TYPE_CHECKING:
    from faxstore.store.database import Connection


def run(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="SESSION-OR-POSITION",
            help="A session id for all its rows, or the position of one row.",
            show_default=False,
        ),
    ],
    size: Annotated[
        int | None,
        typer.Option(
            metavar="ROWS", min=1, help="Prove against the checkpoint of this many rows. Default: the newest."
        ),
    ] = None,
) -> None:
    """Print proofs that rows are in the transparency log.

    Prints one JSON object per row, on one line: the canonical bytes of the row (hex), their columns, the index, the
    audit path and the checkpoint. The script in docs/how-to/proofs.md checks a proof against a published checkpoint,
    without faxstore and without the database. A proof contains personal values only as digests.

    Examples:
      faxstore prove 4711 > proof.json
      faxstore prove 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --size 120000
    """
    from faxstore.log import prove

    with database_of(context, "fax_sealer") as connection:
        positions = _positions(connection, what)
        sealed, text = prove.checkpoint(connection, size)
        for position in positions:
            print(json_text(prove.inclusion(connection, position, sealed, text)))


def consistency(
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
    from faxstore.log import prove

    with database_of(context, "fax_reader") as connection:
        sealed, text = prove.checkpoint(connection, size)
        print(prove.consistency(connection, old, sealed, text), end="")


def _positions(connection: Connection, what: str) -> list[int]:
    from faxstore.log import prove

    if what.isascii() and what.isdigit() and len(what) < 19:
        return [int(what)]
    try:
        session = UUID(what)
    except ValueError as error:
        raise UsageError(f"prove: {what!r} is neither a position nor a session id") from error
    found = prove.positions_of(connection, session)
    if not found:
        raise UsageError(f"prove: no such session: {session}")
    return found
