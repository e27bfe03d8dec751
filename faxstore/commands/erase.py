"""`faxstore erase`: erases personal values from the history."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from faxstore.commands.context import database_of
from faxstore.errors import UsageError
from faxstore.logs import print_message

if TYPE_CHECKING:
    from faxstore.store.database import Connection
    from faxstore.store.erasure import SessionToErase


def run(
    context: typer.Context,
    session: Annotated[UUID | None, typer.Option(metavar="ID", help="Erase the session with this id.")] = None,
    number: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Erase every session with this number in a personal value.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="The reason, stored in fax.erasure.")] = "asked for",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be erased, and erase nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Erase the personal values of sessions from the history. This cannot be undone.

    Numbers, names, station ids, file names and channels are erased. Pages, bad lines, times and results remain, and
    every proof stays valid: the log contains a salted digest of each value, and the salt is erased with the value.
    --number reads the whole history, and also empties rejected messages with that number. The sessions are listed on
    standard output. This command needs the role fax_owner. Recordings, the spool and exported files may contain
    personal values too: see docs/how-to/personal-data.md.

    Examples:
      faxstore erase --number +15550100 --dry-run
      faxstore erase --session 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --reason "request of 25 November"
    """
    from faxstore.store import erasure

    if (session is None) == (number is None):
        raise UsageError("erase: give either --session or --number")
    with database_of(context, "fax_owner") as connection:
        found = _sessions(connection, session, number)
        rejected = erasure.count_rejected(connection, number) if number else 0
        what = f"{len(found)} session{'s' * (len(found) != 1)}"
        what += f" and {rejected} rejected message{'s' * (rejected != 1)}" if number else ""
        if dry_run or not (found or rejected):
            print_message(f"{what} would be erased" if found or rejected else "nothing to erase")
            return
        if not yes:
            _confirm(what)
        rows = erasure.erase_sessions(connection, found, reason)
        if number and rejected:
            erasure.erase_rejected(connection, number, reason)
    print_message(f"erased: {what}, {rows} rows of the history")


def _sessions(connection: Connection, session: UUID | None, number: str | None) -> list[SessionToErase]:
    """Find and print the sessions to erase."""
    from faxstore.store import erasure

    found = [erasure.find_session(connection, session)] if session else erasure.find_by_number(connection, number or "")
    for one in found:
        print(f"{one.session_id} {one.server} {one.started_at.isoformat()}{' open' * one.is_open}")
    return found


def _confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("erase: this cannot be undone: confirm with --yes, or run it on a terminal")
    typer.confirm(f"Erase the personal values of {what}? This cannot be undone.", abort=True, err=True)
