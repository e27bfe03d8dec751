"""Reads the file of a batch as rows of fax.export_line: the inverse of faxstore.billing.lines and usage_events.

Values stay as the file has them, mostly text; the database converts them.  A file of usage events lacks the parties,
the station ids and the evidence, so these columns are missing from its rows.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from faxstore.billing.formats import BillingFormat
from faxstore.billing.lines import COLUMNS
from faxstore.errors import FaxstoreError, UsageError

Row = dict[str, Any]
"""Columns of fax.export_line by name."""

_FIGURES = ("account_code", "direction", "transport", "result", "ended_at", "pages", "bad_lines")


def file_rows(path: Path, format: str, version: int) -> Iterator[Row]:
    """Yield the rows of a batch's file in order.

    Raises UsageError for a version that this faxstore cannot read, FaxstoreError for a file that is not of its format.
    """
    try:
        parse = _PARSERS[format, version]
    except KeyError as error:
        raise UsageError(f"{path}: this faxstore does not read {format} version {version}: upgrade faxstore") from error
    with path.open(encoding="utf-8", newline="") as file:
        try:
            yield from parse(file)
        except (ValueError, KeyError, TypeError, csv.Error) as error:
            reason = f"{type(error).__name__}: {error}"
            raise FaxstoreError(f"{path} is not {format} of version {version}: {reason}") from error


def _csv_rows(file: Iterable[str]) -> Iterator[Row]:
    for line in csv.DictReader(file, strict=True):
        row: Row = {name: line[column] or None for column, name in COLUMNS.items()}
        yield row | {"changed": _names((line["changed"] or "").split())}


def _json_rows(file: Iterable[str]) -> Iterator[Row]:
    for text in file:
        line = json.loads(text)
        row: Row = {name: line[column] for column, name in COLUMNS.items()}
        yield row | {"changed": _names(line["changed"])}


def _names(columns: Iterable[str]) -> list[str]:
    """The names of fax.export_line, of columns of the file."""
    return [COLUMNS[column] for column in columns]


def _event_rows(file: Iterable[str]) -> Iterator[Row]:
    """One row per fax: of a correction, the reversal has the figures before.

    A correction without a second event withdraws the fax.
    """
    reversal: Row | None = None
    for event in map(json.loads, file):
        if event["id"].endswith("/reversal"):
            if reversal is not None:
                yield _withdrawal(reversal)
            reversal = event
        elif reversal is not None and reversal["id"] == f"{event['id']}/reversal":
            yield _corrected(_event_row(event), reversal)
            reversal = None
        else:
            if reversal is not None:
                yield _withdrawal(reversal)
                reversal = None
            yield _event_row(event)
    if reversal is not None:
        yield _withdrawal(reversal)


def _event_row(event: Row) -> Row:
    data = event["data"]
    row = {name: data[name] for name in (*_FIGURES, "session_id", "revision", "batch", "line")}
    return row | {
        "server": unquote(event["source"]),
        "started_at": event["time"],
        "duration_seconds": data["seconds"],
        "changed": [],
    }


def _corrected(row: Row, reversal: Row) -> Row:
    """The row of a correction.  What it corrects that is no figure, such as a number, is unknown."""
    before = _before(reversal)
    changed = [name for name in (*_FIGURES, "duration_seconds") if before[f"previous_{name}"] != row[name]]
    return row | before | {"changed": changed or ["unknown"]}


def _before(reversal: Row) -> Row:
    """The columns of the revision before, whose figures the reversal has with opposite signs."""
    data = reversal["data"]
    figures = {"pages": data["pages"], "bad_lines": data["bad_lines"], "duration_seconds": data["seconds"]}
    row = {f"previous_{name}": None if value is None else -value for name, value in figures.items()}
    kept = ("account_code", "direction", "transport", "result", "ended_at")
    return row | {f"previous_{name}": data[name] for name in kept}


def _withdrawal(reversal: Row) -> Row:
    return _corrected(_event_row(reversal) | {"direction": "detector"}, reversal)


_PARSERS: dict[tuple[str, int], Callable[[Iterable[str]], Iterator[Row]]] = {
    (BillingFormat.CSV, 1): _csv_rows,
    (BillingFormat.JSONL, 1): _json_rows,
    (BillingFormat.CLOUDEVENTS, 1): _event_rows,
}
