"""`faxstore prove`: proofs that rows are in the transparency log."""

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
