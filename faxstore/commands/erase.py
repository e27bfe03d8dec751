"""`faxstore erase`: erases personal values from the history."""

from __future__ import annotations

import logging
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from faxstore.settings.values import Settings
    from faxstore.store.database import Connection
    from faxstore.store.erasure import Elsewhere, SessionToErase

REJECTED = "fax.rejected_message.raw"


@dataclass(frozen=True)
class Plan:
    """What is to be erased; str() counts it."""

    sessions: Sequence[SessionToErase]
    others: Sequence[Elsewhere]
    """Columns outside of sessions."""
    digits: str
    """The number; empty to erase a session by its id."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to erase."""
        return not (self.sessions or self.others)

    def __str__(self) -> str:
        sessions = counted(len(self.sessions), "sessions")
        if not self.digits:
            return sessions
        rejected = sum(one.rows for one in self.others if one.place == REJECTED)
        rest = sum(one.rows for one in self.others if one.place != REJECTED)
        return f"{sessions}, {counted(rejected, 'rejected messages')} and {counted(rest, 'other rows')}"


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
    every proof stays valid: the log contains a salted digest of each value, and the salt is erased with the value. Each
    session is a transaction; an interrupted run counts what it erased, and the next one erases the rest.

    --number reads the whole history and finds the number in any spelling: with + or 00, blanks or hyphens, in URIs,
    channels, rejected messages and other tables. Without its country code (0151...) it is another number: search for
    both. Standard output lists what contains it, with the columns and headers.

    This command needs the role fax_owner. It does not reach the spool, recordings and other files, which it names: see
    docs/how-to/personal-data.md.

    Examples:
      faxstore erase --number +15550100 --dry-run
      faxstore erase --session 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --reason "request of 25 November"
    """
    digits = _checked(session, number, reason)
    settings = settings_of(context)
    with _owner(settings) as connection:
        found, elsewhere = _find(connection, session, digits)
        to_erase = [one for one in found if one.places or session]
        plan = Plan(to_erase, [one for one in elsewhere if one.is_erased], digits)
        if not dry_run and not plan.is_empty:
            _confirm(plan, yes)
            _erase(connection, plan, reason)
        else:
            print_message("nothing to erase" if plan.is_empty else f"{plan} would be erased")
        _report_archive(connection, digits)
    _report_rest(found, elsewhere, settings.data_dir)


def _report_archive(connection: Connection, digits: str) -> None:
    """Print which months have files that still contain erased values, and which were not searched."""
    from faxstore.archive.months import dropped_between, outdated

    for month, folder in outdated(connection):
        where = f"files of {month} in {visible(folder)} contain values that were erased"
        print_message(f"{where}: run faxstore partitions archive --until {month}", logging.WARNING)
    if digits and (dropped := dropped_between(connection, None, None)):
        what = "only the totals were searched of months whose rows are in files only"
        print_message(f"{what}: {', '.join(dropped)}; restore them to search their rows", logging.WARNING)


def _owner(settings: Settings) -> AbstractContextManager[Connection]:
    from faxstore.store.database import open_database

    return open_database(settings, "fax_owner")


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


def _erase(connection: Connection, plan: Plan, reason: str) -> None:
    from faxstore.store import erasure

    rows = _erase_sessions(connection, plan, reason)
    counts = erasure.erase_elsewhere(connection, plan.digits, reason) if plan.others else {}
    print_message(f"erased: {plan}, {counted(rows, 'rows')} of the history")
    _report_pending(counts)


def _erase_sessions(connection: Connection, plan: Plan, reason: str) -> int:
    """Erase the sessions one by one; return how many rows lost values.  If it ends early, print how far it came."""
    from faxstore.store import session_erasure

    ids = [one.session_id for one in plan.sessions]
    session_erasure.check(connection, ids, reason)
    sessions = rows = 0
    try:
        with counting("erasing", "sessions") as progress:
            for lost in session_erasure.erase(connection, ids, reason):
                sessions, rows = sessions + 1, rows + lost
                progress(sessions, len(ids))
    except BaseException:
        print_message(
            f"erased: {sessions:,} of {counted(len(ids), 'sessions')}, {counted(rows, 'rows')} of the history"
        )
        raise
    return rows


def _report_pending(counts: Mapping[str, int]) -> None:
    """Print what an erasure means for recordings of which a piece is still to be imported."""
    parts, waiting = (counts.get(f"fax.{table}", 0) for table in ("recording_part", "waiting_record"))
    if parts or waiting:
        print_message("a pending import continues without the number; import the next pieces, then erase again")
    if deleted := counts.get("fax.waiting_record (deleted)", 0):
        print_message(f"deleted {counted(deleted, 'events')} that waited for a session; import the recording again")
    if deleted := counts.get("fax.recording_part (deleted)", 0):
        was = f"deleted the state of {counted(deleted, 'imports')} by another version"
        print_message(f"{was}; import the recording again from its beginning")


def _list(connection: Connection, found: Sequence[SessionToErase], elsewhere: Sequence[Elsewhere], digits: str) -> None:
    """Print each session and rejected message with the number, and each other column, with its places."""
    from faxstore.store import erasure

    for one in found:
        line = f"{one.session_id} {one.server} {one.started_at.isoformat()}{' open' * one.is_open}"
        print(line + f": {', '.join(one.places)}" * bool(one.places) + _remains(one.remaining))
    if any(one.place == REJECTED for one in elsewhere):
        for server, observed_at in erasure.find_rejected(connection, digits):
            print(f"rejected message {server} {observed_at.isoformat()}")
    for other in elsewhere:
        if other.place != REJECTED:
            print(f"{other.place}: {counted(other.rows, 'rows')}{'' if other.is_erased else ' (remains)'}")


def _remains(places: Sequence[str]) -> str:
    return f" (remains in {', '.join(places)})" if places else ""


def _confirm(plan: Plan, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("erase: this cannot be undone: confirm with --yes, or run it on a terminal")
    typer.confirm(f"Erase the personal values of {plan}? This cannot be undone.", abort=True, err=True)


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
        " exported and billing files, logs, backups, and dead rows until VACUUM; see docs/how-to/personal-data.md"
    )
