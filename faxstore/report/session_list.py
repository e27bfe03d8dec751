"""`faxstore sessions`: one row per fax session, or one per job with all attempts at it."""

from __future__ import annotations

from operator import itemgetter

from faxstore.api import listings
from faxstore.api.listings import Order
from faxstore.errors import UsageError
from faxstore.export import datasets
from faxstore.export.selection import Selection
from faxstore.logs import print_message
from faxstore.report.columns import Column, Long, cell_text
from faxstore.report.formats import Row, Style
from faxstore.report.listing import SHORT_ID, print_rows
from faxstore.report.screen import Screen
from faxstore.store.database import Connection
from faxstore.store.rights import reads_masked


def other_end(row: Row) -> str:
    """Return who sent a received fax, and who was called by any other."""
    if row["direction"] == "received":
        return f"from {row['caller_number'] or 'unknown'}"
    return f"to {row['called_number'] or 'unknown'}" if row["direction"] else "unknown"


def _first_try(row: Row) -> str:
    """To the minute, so that more columns fit."""
    return cell_text(row["first_attempt_at"]).rpartition(":")[0]


def _origin(row: Row) -> str:
    """The server, with the source of what faxstore did not observe."""
    server: str = row["server"]
    return server if row["source"] == "observed" else f"{server} ({row['source']})"


def _reason(row: Row) -> str | None:
    text: str | None = row["result_text"]
    return None if text == "OK" else text


_ENDS = ("direction", "caller_number", "called_number")
_LONGEST_RESULT = len("success")

SESSION_COLUMNS = (
    Column("session", lambda row: str(row["session_id"])[:SHORT_ID], ("session_id",), rank=1),
    Column("server", itemgetter("server"), ("server",), rank=6),
    Column("no", itemgetter("session_number"), ("session_number",), rank=10, least=6),
    Column("direction", itemgetter("direction"), ("direction",), rank=7),
    Column("other end", other_end, _ENDS, rank=4, least=len("from +493012345678")),
    Column("started (UTC)", itemgetter("started_at"), ("started_at",), rank=3),
    Column("seconds", itemgetter("duration_seconds"), ("duration_seconds",), rank=8, least=len("seconds")),
    Column("pages", itemgetter("pages"), ("pages",), rank=5),
    Column("bad lines", itemgetter("bad_lines"), ("bad_lines",), rank=9),
    Column("end seen by", itemgetter("end_observed_by"), ("end_observed_by",), rank=12, least=len("server_restart")),
    Column("result", itemgetter("result"), ("result",), rank=2, least=_LONGEST_RESULT),
    Column("reason", _reason, ("result_text",), rank=11, long=Long.CUT_END),
)

JOB_COLUMNS = (
    Column("job", lambda row: str(row["job_id"])[:SHORT_ID], ("job_id",), rank=1),
    Column("server", _origin, ("server", "source"), rank=6),
    Column("other end", other_end, _ENDS, rank=4, least=len("from +493012345678")),
    Column("first try (UTC)", _first_try, ("first_attempt_at",), rank=3, least=len("2026-11-02 08:00")),
    Column("tries", itemgetter("attempts"), ("attempts",), rank=7),
    Column("pages", itemgetter("pages"), ("pages",), rank=5),
    Column("result", itemgetter("result"), ("result",), rank=2, least=_LONGEST_RESULT),
    Column("reason", _reason, ("result_text",), rank=8, long=Long.CUT_END),
)


def sessions(connection: Connection, selection: Selection, style: Style, screen: Screen) -> None:
    """Print the selected sessions, with times in UTC; masked, if the user may not read them otherwise.

    Raises UsageError for an unknown value.
    """
    checked, order = selection.checked(connection), Order(style.newest_first, style.last)
    if _reads_masked(connection, selection):
        listing = listings.undivided(datasets.masked_sessions(checked), order)
    else:
        listing = listings.sessions(checked, order)
    print_rows(connection, listing, SESSION_COLUMNS, style, screen)


def jobs(connection: Connection, selection: Selection, style: Style, screen: Screen) -> None:
    """Print the selected jobs, by the start of their first attempts, as `sessions` does."""
    checked, order = selection.checked(connection), Order(style.newest_first, style.last)
    if _reads_masked(connection, selection):
        listing = listings.undivided(datasets.masked_jobs(checked), order)
    else:
        listing = listings.jobs(connection, checked, order)
    print_rows(connection, listing, JOB_COLUMNS, style, screen)


def _reads_masked(connection: Connection, selection: Selection) -> bool:
    """Whether the user reads masked views.  Raises UsageError for a filter that they do not have."""
    if not reads_masked(connection):
        return False
    if selection.file is not None:
        raise UsageError("--file: file names are masked for this user: grant fax_reader to it, or filter by --number")
    if selection.digits is not None:
        print_message("--number: this user reads masked numbers, so each row has a number that only may be this one")
    return True
