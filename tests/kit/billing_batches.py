"""Exports batches into a folder, and reads there what a consumer reads."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from faxstore.billing.delivery import export_batches
from faxstore.billing.formats import BillingFormat
from faxstore.billing.ledger import Batch
from faxstore.billing.lines import COLUMNS
from tests.kit.databases import ledger

Line = dict[str, str]
"""A line of a CSV file as a consumer reads it: text by column name."""


def export(
    dsn: str,
    folder: Path,
    consumer: str = "default",
    format: BillingFormat | None = None,
    *,
    recheck: bool = False,
) -> list[Batch]:
    """Runs one export; returns the batches that it delivered."""
    with ledger(dsn, consumer) as opened:
        assert opened.try_lock()
        return list(export_batches(opened, folder, format, lambda _: None, recheck=recheck))


def batches(dsn: str, consumer: str = "default") -> list[Batch]:
    """All batches of a consumer."""
    with ledger(dsn, consumer) as opened:
        return opened.batches()


def manifests(folder: Path, consumer: str = "default") -> list[dict[str, Any]]:
    """The manifests in a folder, after a check that each has the SHA-256 of the file beside it."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob(f"billing-{consumer}-??????.json"))]
    for manifest in found:
        assert hashlib.sha256((folder / manifest["file"]).read_bytes()).hexdigest() == manifest["sha256"]
    return found


def lines(folder: Path, consumer: str = "default") -> list[Line]:
    """The lines of all CSV files with a manifest, in order."""
    lines: list[Line] = []
    for one in manifests(folder, consumer):
        with (folder / one["file"]).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == list(COLUMNS)
            lines += reader
    return lines


def of(line: Line, *names: str) -> tuple[str, ...]:
    """Some columns of a line."""
    return tuple(line[name] for name in names)


def names(folder: Path) -> list[str]:
    """The names of all files of a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())
