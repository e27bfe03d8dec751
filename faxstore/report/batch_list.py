"""The batches of a consumer as rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TextIO

from faxstore.billing.formats import file_name
from faxstore.billing.ledger import Batch
from faxstore.json_values import json_value
from faxstore.report.formats import Format, Row
from faxstore.report.tables import console, named, table
from faxstore.visible import visible_json

COLUMNS = (
    "batch", "made_at", "delivered_at", "first_position", "last_position", "lines", "corrections", "pages", "bad_lines",
    "seconds", "first_started_at", "last_started_at", "erased_lines", "sha256", "file",
)  # fmt: skip
_SHOWN = {
    "batch": "batch", "made_at": "made (UTC)", "delivered_at": "delivered (UTC)", "last_position": "last\nposition",
    "lines": "lines", "corrections": "corrections", "pages": "pages", "file": "file",
}  # fmt: skip
"""What a table for people shows."""


def print_batches(batches: Iterable[Batch], form: Format, out: TextIO) -> None:
    """Prints them, the oldest first."""
    rows = [_row(batch) for batch in batches]
    if form is Format.TABLE:
        console(out).print(table(rows, [named(title, name) for name, title in _SHOWN.items()]))
        return
    plain = [{name: json_value(row[name]) for name in COLUMNS} for row in rows]
    if form is Format.CSV:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(plain)
    elif form is Format.JSONL:
        out.writelines(visible_json(json.dumps(row, ensure_ascii=False)) + "\n" for row in plain)
    else:
        out.write(visible_json(json.dumps(plain, ensure_ascii=False, indent=1)) + "\n")


def _row(batch: Batch) -> Row:
    return asdict(batch) | {
        "sha256": batch.sha256.hex(),
        "file": file_name(batch.consumer, batch.batch, batch.format),
    }
