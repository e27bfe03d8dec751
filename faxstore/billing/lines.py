"""The lines of a batch as bytes: CSV or JSON Lines.

A batch records the version of its format, and a released version always renders to the same bytes.  So the columns
are listed here instead of being read from the database, and a new column is a new version.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
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
        yield writer.writerow([_cell(value) for value in _named(line).values()])


def jsonl_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """JSON Lines in ASCII: one object per line, NULL as null."""
    for line in lines:
        yield json_ascii(_named(line))


def _named(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line by the column names of the file; `changed` lists these names too."""
    named = {column: line[name] for column, name in COLUMNS.items()}
    return named | {"changed": [_WITH_UNIT.get(name, name) for name in line["changed"]]}


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    return json_value(value) if isinstance(value, datetime) else value


class _Encoder:
    """The stream of a csv.writer whose writerow() returns the bytes of the row."""

    def write(self, text: str) -> bytes:
        return text.encode("utf-8")
