"""`faxstore billing list`: the batches of a consumer."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import asdict

from faxstore.billing.formats import file_name
from faxstore.billing.ledger import Batch
from faxstore.json_values import json_text, json_value
from faxstore.report.columns import fields
from faxstore.report.formats import BatchListFormat, write_json
from faxstore.report.screen import Screen

COLUMNS = (
    "batch", "made_at", "delivered_at", "first_position", "last_position", "lines", "corrections", "pages", "bad_lines",
    "seconds", "first_started_at", "last_started_at", "erased_lines", "sha256", "file",
)  # fmt: skip
TABLE_COLUMNS = fields(
    "batch", ("made (UTC)", "made_at"), ("delivered (UTC)", "delivered_at"), ("last position", "last_position"),
    "lines", "corrections", "pages", "file",
)  # fmt: skip


def print_batches(batches: Iterable[Batch], format: BatchListFormat, screen: Screen) -> None:
    """Print batches in their order."""
    rows = (asdict(batch) | {"file": file_name(batch.consumer, batch.batch, batch.format)} for batch in batches)
    if format is BatchListFormat.TABLE:
        screen.table(rows, TABLE_COLUMNS)
        return
    selected = ({name: row[name] for name in COLUMNS} for row in rows)
    if format is BatchListFormat.CSV:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows({name: json_value(value) for name, value in row.items()} for row in selected)
    elif format is BatchListFormat.JSONL:
        sys.stdout.writelines(f"{json_text(row)}\n" for row in selected)
    else:
        write_json(list(selected), sys.stdout)
