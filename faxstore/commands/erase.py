"""`faxstore erase`: personal values leave the history for good."""

from __future__ import annotations

import sys
from typing import Annotated
from uuid import UUID

import typer

from faxstore.commands.context import settings_of
from faxstore.errors import UsageError
from faxstore.logs import say


def run(
    context: typer.Context,
    session: Annotated[UUID | None, typer.Option(metavar="ID", help="The session of this session_id.")] = None,
    number: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Every session that holds this number in a personal value.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it stays in fax.erasure.")] = "asked for",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take the personal values of sessions out of the history for good.

    Numbers, names, station ids, file names and channels go; pages, bad lines, times and results stay, and so does
    every proof: the log holds a salted digest of each value, and the salt goes too. It cannot be undone. With
    --number the whole history is read, and rejected messages that hold the number are emptied too. The sessions are
    listed on standard output. It needs the rights of fax_owner. docs/how-to/personal-data.md tells what else may
    hold such values: recordings, the spool, files that were exported.

    Examples:
      faxstore erase --number +15550100 --dry-run
      faxstore erase --session 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --reason "request of 25 November"
    """
    from faxstore.store import erasure as erase
    from faxstore.store.database import open_database

    if (session is None) == (number is None):
        raise UsageError("erase: give either --session or --number")
    with open_database(settings_of(context), "fax_owner") as connection:
        found = [erase.session(connection, session)] if session else erase.with_number(connection, number or "")
        rejected = erase.rejected_with_number(connection, number) if number else 0
        for one in found:
            print(f"{one.session_id} {one.server} {one.started_at.isoformat()}{' open' * one.is_open}")
        what = f"{len(found)} session{'s' * (len(found) != 1)}"
        what += f" and {rejected} rejected message{'s' * (rejected != 1)}" if number else ""
        if dry_run or not (found or rejected):
            say(f"{what} would be erased" if found or rejected else "nothing holds it")
            return
        _confirm(what, yes)
        rows = erase.erase(connection, found, reason)
        if number and rejected:
            erase.erase_rejected(connection, number, reason)
    say(f"erased: {what}, {rows} rows of the history")


def _confirm(what: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("erase: it cannot be undone: say --yes, or run it on a terminal")
    typer.confirm(f"Erase the personal values of {what} for good?", abort=True, err=True)
