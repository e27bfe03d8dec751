"""`faxstore partitions list`: the months of the history, and where their rows are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from faxstore.archive.layout import month_name
from faxstore.archive.months import Month
from faxstore.report.formats import write_json

_LINE = (
    "{month:8}{place:10}{rows:>14}{sessions:>12}{bytes_in_database:>18}{bytes_in_files:>16}{checkpoint:>14}  {folder}"
)
_TITLES = {
    "month": "month",
    "place": "rows are",
    "rows": "rows",
    "sessions": "sessions",
    "bytes_in_database": "bytes in database",
    "bytes_in_files": "bytes in files",
    "checkpoint": "checkpoint",
    "folder": "folder",
}


def print_months(months: Iterable[Month], out: TextIO, *, as_json: bool) -> None:
    """Print a line per month, or all of them as one JSON array."""
    rows = [_row(month) for month in months]
    if as_json:
        write_json(rows, out)
        return
    print(_LINE.format(**_TITLES), file=out)
    for row in rows:
        print(_LINE.format(**{name: _cell(row[name]) for name in _TITLES}), file=out)


def _row(month: Month) -> dict[str, Any]:
    here = month.packed_rows + month.unpacked_rows
    return {
        "month": month_name(month.month),
        "place": month.place,
        "rows": month.file_rows + here if month.is_dropped else here,
        "late_rows": here if month.is_dropped else 0,
        "sessions": month.sessions,
        "bytes_in_database": month.bytes_here,
        "files": month.files,
        "bytes_in_files": month.file_bytes,
        "checkpoint": month.size,
        "folder": month.folder,
    }


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
