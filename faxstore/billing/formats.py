"""The formats of a batch's file, by name and version.

A batch is always rendered with the version it was created with, so a released version stays here for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from faxstore.billing.lines import csv_lines, jsonl_lines
from faxstore.billing.usage_events import event_lines
from faxstore.errors import UsageError

Render = Callable[[Iterable[Mapping[str, Any]]], Iterator[bytes]]
"""Turns lines of the ledger into the bytes of a file, piece by piece."""


class BillingFormat(StrEnum):
    """The format of a batch's file; all batches of a consumer have the same one."""

    CSV = "csv"
    JSONL = "jsonl"
    CLOUDEVENTS = "cloudevents"


VERSION = 1
"""The version of new batches."""

_RENDERERS: dict[tuple[str, int], Render] = {
    (BillingFormat.CSV, 1): csv_lines,
    (BillingFormat.JSONL, 1): jsonl_lines,
    (BillingFormat.CLOUDEVENTS, 1): event_lines,
}

_SUFFIXES = {BillingFormat.CSV: "csv", BillingFormat.JSONL: "jsonl", BillingFormat.CLOUDEVENTS: "cloudevents.jsonl"}


def renderer(format: str, version: int = VERSION) -> Render:
    """The renderer of a version of a format.  Raises UsageError if only a newer faxstore has that version."""
    try:
        return _RENDERERS[format, version]
    except KeyError as error:
        raise UsageError(f"{format} version {version} is newer than this faxstore: upgrade faxstore") from error


def file_name(consumer: str, batch: int, format: str) -> str:
    """The name of a batch's file: ``billing-default-000001.csv``.  Names sort in the order of the batches."""
    return f"billing-{consumer}-{batch:06}.{_SUFFIXES[BillingFormat(format)]}"
