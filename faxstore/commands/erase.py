"""`faxstore erase`: erases personal values from the history."""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from faxstore.commands.context import settings_of
from faxstore.errors import UsageError
from faxstore.logs import print_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from faxstore.store.database import Connection
    from faxstore.store.erasure import Elsewhere, SessionToErase


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

    --number reads the whole history and finds the number in any spelling: +49 151 ..., 0049151..., 49151...; with
    hyphens or no-break spaces, in URIs, in names of channels. A number without its country code (0151...) is another
    number: search for both. It also erases the number in rejected messages and wherever else it is in the database.
    What contains it is listed on standard output, with the columns and headers.

    This command needs the role fax_owner. The spool, recordings, exported files and backups may contain personal values
    too: see docs/how-to/personal-data.md.

    Examples:
      faxstore erase --number +15550100 --dry-run
      faxstore erase --session 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --reason "request of 25 November"
    """
    from faxstore.store.database import open_database

    digits = _checked(session, number, reason)
    settings = settings_of(context)
    with open_database(settings, "fax_owner") as connection:
        found, elsewhere = _find(connection, session, digits)
        to_erase = [one for one in found if one.places or session]
        others = [one for one in elsewhere if one.is_erased]
        what = _what(to_erase, others, digits)
        if dry_run or not (to_erase or others):
            print_message(f"{what} would be erased" if to_erase or others else "nothing to erase")
        else:
            if not yes:
                _confirm(what)
            _erase(connection, to_erase, digits if others else "", reason, what)
    _report_rest(found, elsewhere, settings.data_dir)


def _checked(session: UUID | None, number: str | None, reason: str) -> str:
    """Return the digits of the number, empty for a session.  Raises UsageError before anything connects."""
    from faxstore.store.erasure import digits_of

    if (session is None) == (number is None):
        raise UsageError("erase: give either --session or --number")
    if number is None:
        return ""
    digits = digits_of(number)
    if digits in re.sub(r"\D", "", reason):
        raise UsageError("--reason contains the number, and reasons are stored: give another reason")
    return digits


def _find(connection: Connection, session: UUID | None, digits: str) -> tuple[list[SessionToErase], list[Elsewhere]]:
    """Find and print what is to be erased: sessions, and for a number the columns outside of sessions."""
    from faxstore.store import erasure

    found = [erasure.find_session(connection, session)] if session else erasure.find_by_number(connection, digits)
    elsewhere = erasure.find_elsewhere(connection, digits) if digits else []
    _list(connection, found, elsewhere, digits)
    return found, elsewhere


def _erase(connection: Connection, sessions: Sequence[SessionToErase], digits: str, reason: str, what: str) -> None:
    """Erase the sessions, and the number outside of sessions if `digits` is not empty."""
    from faxstore.store import erasure

    rows = erasure.erase_sessions(connection, sessions, reason)
    if digits:
        erasure.erase_elsewhere(connection, digits, reason)
    print_message(f"erased: {what}, {rows} rows of the history")


def _list(connection: Connection, found: Sequence[SessionToErase], elsewhere: Sequence[Elsewhere], digits: str) -> None:
    """Print each session and rejected message with the number, and each other column, with its places."""
    from faxstore.store import erasure

    for one in found:
        line = f"{one.session_id} {one.server} {one.started_at.isoformat()}{' open' * one.is_open}"
        print(line + f": {', '.join(one.places)}" * bool(one.places) + _remains(one.remaining))
    if any(one.place.startswith("fax.rejected_message.") for one in elsewhere):
        for server, observed_at in erasure.find_rejected(connection, digits):
            print(f"rejected message {server} {observed_at.isoformat()}")
    for other in elsewhere:
        if not other.place.startswith("fax.rejected_message."):
            print(f"{other.place}: {_counted(other.rows, 'row')}{'' if other.is_erased else ' (remains)'}")


def _remains(places: Sequence[str]) -> str:
    return f" (remains in {', '.join(places)})" if places else ""


def _what(sessions: Sequence[SessionToErase], others: Sequence[Elsewhere], digits: str) -> str:
    if not digits:
        return _counted(len(sessions), "session")
    rejected = sum(one.rows for one in others if one.place == "fax.rejected_message.raw")
    rest = sum(one.rows for one in others if not one.place.startswith("fax.rejected_message."))
    counts = (_counted(len(sessions), "session"), _counted(rejected, "rejected message"), _counted(rest, "other row"))
    return f"{counts[0]}, {counts[1]} and {counts[2]}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _confirm(what: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("erase: this cannot be undone: confirm with --yes, or run it on a terminal")
    typer.confirm(f"Erase the personal values of {what}? This cannot be undone.", abort=True, err=True)


def _report_rest(found: Sequence[SessionToErase], elsewhere: Sequence[Elsewhere], data_dir: Path) -> None:
    """Print where the values remain: what is not personal by definition, and what is outside of the database."""
    places = {place for one in found for place in one.remaining} | {
        one.place.removeprefix("fax.") for one in elsewhere if not one.is_erased
    }
    if places:
        left = f"not erased, because these values are not personal: {', '.join(sorted(places))}"
        print_message(f"{left}; see docs/how-to/personal-data.md", logging.WARNING)
    print_message(
        f"not reached: the spool in {data_dir / 'spool'} (also on other ingestors), recordings and their pieces,"
        " exported and billing files, logs, backups; delete the values there (docs/how-to/personal-data.md)"
    )
