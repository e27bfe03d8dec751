"""The lines of a batch as bytes: CSV or JSON Lines.

A batch records the version of its format, and a released version always renders to the same bytes.  So the columns
are listed here instead of being read from the database, and a new column is a new version.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from faxstore.json_values import json_ascii, json_value

FIELDS = (
    "batch", "line", "session_id", "revision", "supersedes", "supersedes_batch", "supersedes_line", "changed",
    "server", "session_number", "direction", "account_code", "caller_number", "called_number", "local_station_id",
    "remote_station_id", "uniqueid", "linkedid", "started_at", "ended_at", "end_observed_by", "duration_seconds",
    "pages", "bad_lines", "transport", "last_data_rate", "result", "result_class", "bad_lines_lower_bound",
    "overlaps_gap", "snapshots", "first_position", "last_position", "previous_direction", "previous_account_code",
    "previous_ended_at", "previous_duration_seconds", "previous_pages", "previous_bad_lines", "previous_transport",
    "previous_result",
)  # fmt: skip
"""The columns of fax.export_line in a file of version 1, in order."""

_WITH_UNIT = {"last_data_rate": "last_data_rate_bits_per_second"}

COLUMNS = {_WITH_UNIT.get(name, name): name for name in FIELDS}
"""The column names of a file of version 1, which include the unit, with those of fax.export_line."""


def csv_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """CSV by RFC 4180 in UTF-8: a header, CR LF line ends, NULL as an empty field, `changed` as names with spaces."""
    writer = csv.writer(_Encoder(), dialect="excel")
    yield writer.writerow(COLUMNS)
    for line in lines:
        yield writer.writerow([to(value) if (to := _CELLS.get(type(value))) else value for value in _values(line)])


def jsonl_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """JSON Lines in ASCII: one object per line, NULL as null."""
    for line in lines:
        yield json_ascii(dict(zip(COLUMNS, _values(line), strict=True)))


def _values(line: Mapping[str, Any]) -> list[Any]:
    """The values of a line in the order of the file; `changed` names columns as the file does."""
    values = list(_in_order(line))
    values[_CHANGED] = [_WITH_UNIT.get(name, name) for name in line["changed"]]
    return values


_in_order = itemgetter(*FIELDS)
_CHANGED = FIELDS.index("changed")

_CELLS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    list: " ".join,
    datetime: json_value,
}
"""The text of a value in CSV by its type; that of other types is str()."""


class _Encoder:
    """The stream of a csv.writer whose writerow() returns the bytes of the row."""

    def write(self, text: str) -> bytes:
        return text.encode("utf-8")
