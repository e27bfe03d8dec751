"""The formats of a batch's file, by their names and versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from faxstore.billing.lines import csv_lines, jsonl_lines
from faxstore.billing.usage_events import event_lines
from faxstore.errors import UsageError

Render = Callable[[Iterable[Mapping[str, Any]]], Iterator[bytes]]
"""Lines of the ledger become bytes, a piece at a time."""


class BillingFormat(StrEnum):
    """How a batch is handed out."""

    CSV = "csv"
    JSONL = "jsonl"
    CLOUDEVENTS = "cloudevents"


VERSION = 1
"""The version by which new batches are rendered."""

_RENDER: dict[tuple[str, int], Render] = {
    (BillingFormat.CSV, 1): csv_lines,
    (BillingFormat.JSONL, 1): jsonl_lines,
    (BillingFormat.CLOUDEVENTS, 1): event_lines,
}
"""All that were ever used: a batch is rendered by the version of its day."""

_SUFFIXES = {BillingFormat.CSV: "csv", BillingFormat.JSONL: "jsonl", BillingFormat.CLOUDEVENTS: "cloudevents.jsonl"}


def renderer(format: str, version: int = VERSION) -> Render:
    """How that version of a format is rendered.  Raises UsageError for one that a later faxstore has made."""
    try:
        return _RENDER[format, version]
    except KeyError as error:
        raise UsageError(f"{format} version {version} is newer than this faxstore: upgrade faxstore") from error


def file_name(consumer: str, batch: int, format: str) -> str:
    """``billing-default-000001.csv``: names sort in the order of the batches."""
    return f"billing-{consumer}-{batch:06}.{_SUFFIXES[BillingFormat(format)]}"
