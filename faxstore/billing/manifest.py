"""What stands beside a batch's file: what it holds, and by what it is proven."""

from __future__ import annotations

import json
from typing import Any

from faxstore.billing.formats import file_name
from faxstore.billing.ledger import Batch
from faxstore.billing.lines import plain

MANIFEST_VERSION = 1


def manifest(batch: Batch, sha256: bytes) -> bytes:
    """The manifest of a file with this SHA-256, in JSON: of one batch always the same bytes, until a line is erased."""
    told: dict[str, Any] = {
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
        "sha256": sha256.hex(),
        "sha256_as_made": batch.sha256.hex(),
        "erased_lines": batch.erased_lines,
        "lines_digest": batch.digest.hex(),
        "schema_version": batch.schema_version,
        "checkpoint": batch.checkpoint,
    }
    return f"{json.dumps(told, indent=2, default=plain)}\n".encode("ascii")


def manifest_name(batch: Batch) -> str:
    """``billing-default-000001.json``."""
    return f"billing-{batch.consumer}-{batch.batch:06}.json"
