"""`faxstore prove`: proofs that rows are in the transparency log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import database_of
from faxstore.commands.options import ArchiveFolder
from faxstore.errors import UsageError
from faxstore.json_values import json_text

if TYPE_CHECKING:
    from faxstore.archive.proofs import ArchivedRows
    from faxstore.store.database import Connection


Size = Annotated[
    int | None,
    typer.Option(metavar="ROWS", min=1, help="Prove against the checkpoint of this many rows. Default: the newest."),
]


def run(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="SESSION-OR-POSITION",
            help="A session_id, or an unambiguous prefix of it, for all its rows; or the position of one row.",
            show_default=False,
        ),
    ],
    size: Size = None,
    folder: ArchiveFolder = None,
) -> None:
    """Print proofs that rows are in the transparency log.

    Prints one JSON object per row, on one line: the canonical bytes of the row (hex), their columns, the index, the
    audit path and the checkpoint. The script in docs/how-to/proofs.md checks a proof against a published checkpoint,
    without faxstore and without the database. A proof contains personal values only as digests. Rows of a month that
    was dropped are read from its files.

    Digits alone are a position. A prefix of a session id that has only digits needs a hyphen at its end: 51234567-

    Examples:
      faxstore prove 4711 > proof.json
      faxstore prove 5f1c > proof.jsonl
      faxstore prove 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --size 120000
    """
    from faxstore.archive.proofs import ArchivedRows
    from faxstore.log import prove

    _require_position_or_id(what)
    with database_of(context, "fax_sealer") as connection:
        archived = ArchivedRows(connection, folder)
        positions = _positions(connection, what, archived)
        sealed, text = prove.checkpoint(connection, size)
        for position in positions:
            print(json_text(prove.inclusion(connection, position, sealed, text, archived.entries)))


def _is_position(what: str) -> bool:
    return what.isascii() and what.isdigit() and len(what) < 19


def _require_position_or_id(what: str) -> None:
    from faxstore.store.short_ids import is_short_id

    if not _is_position(what) and not is_short_id(what):
        raise UsageError(f"prove: {what!r} is neither a position nor a session id or the beginning of one")


def _positions(connection: Connection, what: str, archived: ArchivedRows) -> list[int]:
    from faxstore.log import prove
    from faxstore.store.short_ids import find_session

    if _is_position(what):
        return [int(what)]
    session, _ = find_session(connection, what, "prove")
    return sorted({*prove.positions_of(connection, session), *archived.positions_of(session)})
