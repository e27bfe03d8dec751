"""`faxstore seal`: adds new rows to the transparency log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import database_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message

if TYPE_CHECKING:
    from faxstore.log.signing import Signing
    from faxstore.store.database import Connection


SigningKey = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Sign the checkpoint with the key in this file. A signed log requires it."),
]
OldKey = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Replace the key in this file: it signs once more, together with that of --key."),
]
StartSigning = Annotated[
    bool,
    typer.Option("--start-signing", help="Begin to sign a log that is not signed, or whose key is lost; needs --key."),
]
Publish = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also write the newest checkpoint to this file, for storage elsewhere."),
]
Origin = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The name of the log; the first seal fixes it. Default: the name of the key, or else a random one.",
    ),
]
NewKey = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Only generate a key in a new file, and print its public key. --origin names it. Needs no database.",
    ),
]


def run(
    context: typer.Context,
    key: SigningKey = None,
    old_key: OldKey = None,
    start_signing: StartSigning = False,
    publish: Publish = None,
    origin: Origin = None,
    new_key: NewKey = None,
) -> None:
    """Seal the rows that were appended since the last seal, and what has changed beside them.

    The rows of the history are the leaves of a Merkle tree (RFC 6962). A checkpoint contains the number of rows and
    the root over them. It is stored in fax.checkpoint and printed, as a C2SP tlog-checkpoint. A checkpoint that is
    stored elsewhere proves later that no byte of those rows has changed: see faxstore verify and faxstore prove. Run
    this command each minute or each hour; appends do not wait for it. If nothing is new it prints the newest checkpoint
    again. A signed log needs its key; docs/how-to/proofs.md describes how to begin to sign, and how to change the key.

    Examples:
      faxstore seal
      faxstore seal --new-key /etc/faxstore/log.key --origin example.org/faxes
      faxstore seal --key /etc/faxstore/log.key --publish /srv/www/checkpoint
      faxstore seal --key /etc/faxstore/new.key --old-key /etc/faxstore/log.key
    """
    from faxstore.log import keys, seal

    if origin is not None and not keys.is_name(origin):
        raise UsageError(f"--origin {origin!r}: use printable characters except white space and +")
    if new_key is not None:
        _check_alone(key, old_key, start_signing, publish)
        print(keys.new_key(new_key, origin or seal.new_origin()))
        return
    signing = _signing(key, old_key, start_signing)
    with database_of(context, "fax_sealer") as connection:
        name = _name(connection, origin)
        with counting("sealing", "rows") as count:
            sealed = seal.seal(connection, name, signing, count)
    if sealed is None:
        print_message("the history is empty: nothing to seal")
        return
    _print_checkpoint(*sealed, publish)


def _check_alone(*others: Path | bool | None) -> None:
    """Raises UsageError if --new-key is used together with other options."""
    if any(others):
        raise UsageError("--new-key only generates a key: use it alone, or with --origin")


def _signing(key: Path | None, old_key: Path | None, start: bool) -> Signing:
    from faxstore.log import keys
    from faxstore.log.signing import Signing

    new = keys.read_key(key) if key else None
    old = keys.read_key(old_key, "--old-key") if old_key else None
    return Signing(new, old, start)


def _print_checkpoint(rows: int, text: str, publish: Path | None) -> None:
    from faxstore.log import note
    from faxstore.system.files import PUBLIC, atomic_file

    print(text, end="")
    if publish is not None:
        with atomic_file(publish, PUBLIC) as out:
            out.write(text.encode())
    covered = note.parse(text)
    together = f"{counted(covered.size, 'rows')} and {counted(covered.records.number, 'records')}"
    print_message(f"sealed {counted(rows, 'new rows')}; sealed together: {together}")


def _name(connection: Connection, origin: str | None) -> str | None:
    """Return the name of the log: that of its checkpoints, or else the one of the option."""
    from faxstore.log import stored

    before = stored.checkpoint(connection)
    if before and origin not in (None, before[0].origin):
        raise UsageError(f"--origin {origin}: this log is named {before[0].origin}, which cannot change")
    return before[0].origin if before else origin
