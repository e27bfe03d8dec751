"""The manifest of a batch: a JSON file beside the batch's file, with its contents, sums and digests.

The manifest is written last, so a consumer reads a batch only if its manifest exists.
"""

from __future__ import annotations

import json
from typing import Any

from faxstore.billing.formats import file_name
from faxstore.billing.ledger import Batch
from faxstore.json_values import json_ascii

MANIFEST_VERSION = 1


def manifest(batch: Batch, sha256: bytes) -> bytes:
    """The manifest of a batch whose file has this SHA-256.  Its bytes change only if a line of the batch is erased."""
    document = json.loads(batch.manifest) if batch.manifest is not None else _document(batch)
    return json_ascii(document | {"sha256": sha256.hex(), "erased_lines": batch.erased_lines}, indent=2)


def _document(batch: Batch) -> dict[str, Any]:
    """The manifest of a batch as it was made."""
    return {
        "manifest_version": MANIFEST_VERSION,
        "consumer": batch.consumer,
        "batch": batch.batch,
        "file": file_name(batch.consumer, batch.batch, batch.format),
        "format": batch.format,
        "format_version": batch.format_version,
        "made_at": batch.made_at,
        "first_position": batch.first_position,
        "last_position": batch.last_position,
        "period": {
            "started_from": batch.first_started_at,
            "started_to": batch.last_started_at,
            "ended_from": batch.first_ended_at,
            "ended_to": batch.last_ended_at,
        },
        "lines": batch.lines,
        "faxes": batch.lines - batch.corrections,
        "corrections": batch.corrections,
        "pages": batch.pages,
        "bad_lines": batch.bad_lines,
        "seconds": batch.seconds,
        "superseded": {
            "pages": batch.previous_pages,
            "bad_lines": batch.previous_bad_lines,
            "seconds": batch.previous_seconds,
        },
        "sha256": batch.sha256.hex(),
        "sha256_as_made": batch.sha256.hex(),
        "erased_lines": 0,
        "lines_digest": batch.digest.hex(),
        "schema_version": batch.schema_version,
        "checkpoint": batch.checkpoint,
    }


def manifest_name(batch: Batch) -> str:
    """The manifest's file name: ``billing-default-000001.json``."""
    return f"billing-{batch.consumer}-{batch.batch:06}.json"
