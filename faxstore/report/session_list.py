"""`faxstore sessions`: one row per fax session, or one per job with all attempts at it."""

from __future__ import annotations

from faxstore.export import datasets
from faxstore.export.selection import Selection
from faxstore.report.formats import Format, Row
from faxstore.report.listing import SHORT_ID, print_rows, result_cell
from faxstore.report.tables import Column, cell_text, fields
from faxstore.store.database import Connection

SESSION_COLUMNS = (
    Column("session", lambda row: str(row["session_id"])[:SHORT_ID]),
    *fields(
        "server", ("no", "session_number"), "direction", ("started (UTC)", "started_at"),
        ("seconds", "duration_seconds"), "pages", ("bad\nlines", "bad_lines"), ("end seen by", "end_observed_by"),
    ),
    Column("result", result_cell),
)  # fmt: skip


def _first_try(row: Row) -> str:
    """To the minute, so that the table fits 80 columns."""
    return cell_text(row["first_attempt_at"]).rpartition(":")[0]


def _other_end(row: Row) -> str:
    if row["direction"] == "received":
        return f"from {row['caller_number'] or 'unknown'}"
    return f"to {row['called_number'] or 'unknown'}" if row["direction"] else "unknown"


JOB_COLUMNS = (
    Column("job", lambda row: str(row["job_id"])[:SHORT_ID]),
    *fields("server"),
    Column("other end", _other_end),
    Column("first try (UTC)", _first_try),
    *fields(("tries", "attempts"), "pages"),
    Column("result", result_cell),
)


def sessions(connection: Connection, selection: Selection, format: Format = Format.TABLE) -> None:
    """Print the selected sessions, oldest first, with times in UTC."""
    print_rows(connection, datasets.sessions(selection), SESSION_COLUMNS, format)


def jobs(connection: Connection, selection: Selection, format: Format = Format.TABLE) -> None:
    """Print the selected jobs, in the order of their first attempts, with times in UTC."""
    print_rows(connection, datasets.jobs(selection), JOB_COLUMNS, format)
