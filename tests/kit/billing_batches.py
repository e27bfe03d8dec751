"""Handing out into a folder, and what a consumer reads there."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from faxstore.billing.delivery import export_batches
from faxstore.billing.formats import BillingFormat
from faxstore.billing.ledger import Batch, ledger
from faxstore.billing.lines import COLUMNS

Told = dict[str, str]
"""A line of a CSV file as a consumer reads it: by the names of its header, all of it text."""


def hand(
    dsn: str,
    folder: Path,
    consumer: str = "default",
    format: BillingFormat | None = None,
    *,
    recheck: bool = False,
) -> list[Batch]:
    """One run of the exporter; what it put in place."""
    with ledger(dsn, consumer) as opened:
        assert opened.try_lock()
        return list(export_batches(opened, folder, format, lambda _: None, recheck=recheck))


def batches(dsn: str, consumer: str = "default") -> list[Batch]:
    """All batches of a consumer."""
    with ledger(dsn, consumer) as opened:
        return opened.batches()


def manifests(folder: Path, consumer: str = "default") -> list[dict[str, Any]]:
    """The manifests that a consumer finds, each of which must be of the file beside it."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob(f"billing-{consumer}-??????.json"))]
    for told in found:
        assert hashlib.sha256((folder / told["file"]).read_bytes()).hexdigest() == told["sha256"]
    return found


def lines(folder: Path, consumer: str = "default") -> list[Told]:
    """The lines of all its CSV files that have a manifest, in order."""
    told: list[Told] = []
    for one in manifests(folder, consumer):
        with (folder / one["file"]).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == list(COLUMNS)
            told += reader
    return told


def of(line: Told, *names: str) -> tuple[str, ...]:
    """Some columns of a line."""
    return tuple(line[name] for name in names)


def names(folder: Path) -> list[str]:
    """Every file of a folder, what begins with a dot too."""
    return sorted(path.name for path in folder.iterdir())
