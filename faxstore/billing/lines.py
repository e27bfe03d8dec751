"""The lines of a batch as bytes: CSV or JSON Lines.

A batch says by which version of its format it was rendered: what a version gives never changes, whatever becomes of
the ledger's columns or of the other writers of this package.  A new column is a new version.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

COLUMNS = {
    "batch": "batch",
    "line": "line",
    "session_id": "session_id",
    "revision": "revision",
    "supersedes": "supersedes",
    "supersedes_batch": "supersedes_batch",
    "supersedes_line": "supersedes_line",
    "changed": "changed",
    "server": "server",
    "session_number": "session_number",
    "direction": "direction",
    "account_code": "account_code",
    "caller_number": "caller_number",
    "called_number": "called_number",
    "local_station_id": "local_station_id",
    "remote_station_id": "remote_station_id",
    "uniqueid": "uniqueid",
    "linkedid": "linkedid",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "end_observed_by": "end_observed_by",
    "duration_seconds": "duration_seconds",
    "pages": "pages",
    "bad_lines": "bad_lines",
    "transport": "transport",
    "last_data_rate_bit_per_second": "last_data_rate",
    "result": "result",
    "result_class": "result_class",
    "bad_lines_lower_bound": "bad_lines_lower_bound",
    "overlaps_gap": "overlaps_gap",
    "snapshots": "snapshots",
    "first_position": "first_position",
    "last_position": "last_position",
    "previous_direction": "previous_direction",
    "previous_account_code": "previous_account_code",
    "previous_ended_at": "previous_ended_at",
    "previous_duration_seconds": "previous_duration_seconds",
    "previous_pages": "previous_pages",
    "previous_bad_lines": "previous_bad_lines",
    "previous_transport": "previous_transport",
    "previous_result": "previous_result",
}
"""The columns of a file (version 1), and of fax.export_line."""


def csv_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8: a header, lines that end in CR LF, what is not known empty, names in `changed` by blanks."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, dialect="excel")
    writer.writerow(COLUMNS)
    yield _taken(text)
    for line in lines:
        writer.writerow([_cell(line[name]) for name in COLUMNS.values()])
        yield _taken(text)


def jsonl_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One object a line, what is not known null."""
    for line in lines:
        yield as_json({column: line[name] for column, name in COLUMNS.items()})


def as_json(value: Mapping[str, Any]) -> bytes:
    """A line of JSON in ASCII: nothing in it steers a terminal, and no table of characters can ever change it."""
    return f"{json.dumps(value, default=plain)}\n".encode("ascii")


def plain(value: Any) -> Any:
    """What JSON has no word for: moments in ISO 8601 with their offset (UTC), seconds as a number."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON of {type(value).__name__}")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    return plain(value) if isinstance(value, datetime) else value


def _taken(text: io.StringIO) -> bytes:
    """What was written since, which the stream then holds no more."""
    taken = text.getvalue().encode("utf-8")
    text.seek(0)
    text.truncate()
    return taken
