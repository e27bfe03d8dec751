"""`faxstore seal`: what was appended goes into the transparency log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.progress import counting
from faxstore.errors import UsageError
from faxstore.logs import say

if TYPE_CHECKING:
    from faxstore.store.database import Connection


def run(
    context: typer.Context,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sign the checkpoint with the key in that file.")
    ] = None,
    publish: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the newest checkpoint to that file too, to be kept elsewhere."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The name of the log, fixed by the first seal. Default: the name of the key, else one by chance.",
        ),
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only make a key in a new file, and print its public key.")
    ] = None,
) -> None:
    """Seal what was appended since the last time.

    The rows of the history are the leaves of a Merkle tree (RFC 6962). A checkpoint says how many rows there are and
    what their root is; it goes into fax.checkpoint and to standard output, as a C2SP tlog-checkpoint. Whoever keeps one
    elsewhere can show later that not a byte of those rows was changed: faxstore verify, faxstore prove. Run it
    each minute, or each hour; appending does not wait for it. Without new rows the newest checkpoint is
    printed again.

    Examples:
      faxstore seal
      faxstore seal --new-key /etc/faxstore/log.key
      faxstore seal --key /etc/faxstore/log.key --publish /srv/www/checkpoint
    """
    from faxstore.export.files import atomic_file
    from faxstore.log import keys, seal
    from faxstore.store.database import open_database

    if origin is not None and not keys.is_name(origin):
        raise UsageError(f"--origin {origin!r}: allowed are characters but blanks and +")
    signer = keys.read_key(key) if key else None
    with open_database(settings_of(context), "fax_sealer") as connection:
        name = _name(connection, origin)
        if new_key is not None:
            print(keys.new_key(new_key, name or seal.new_origin()))
            return
        with counting("sealing", "rows") as count:
            sealed = seal.seal(connection, name, signer, count)
    if sealed is None:
        say("nothing was appended yet: there is nothing to seal")
        return
    rows, text = sealed
    print(text, end="")
    if publish is not None:
        with atomic_file(publish) as out:
            out.write(text.encode())
    say(f"{rows:,} new rows are sealed")


def _name(connection: Connection, origin: str | None) -> str | None:
    """The name that the log has, else the one that was asked for."""
    from faxstore.log import stored

    before = stored.newest(connection)
    if before and origin not in (None, before[0].origin):
        raise UsageError(f"--origin {origin}: this log is {before[0].origin}, and keeps its name")
    return before[0].origin if before else origin
