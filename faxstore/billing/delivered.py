"""The delivered batches of a consumer: the manifests in a folder, and the files beside them.

A manifest is the newest evidence of a batch after the database was restored from a backup: the batch was delivered, and
the ledger does not know it any more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from faxstore.billing.manifest import MANIFEST_VERSION
from faxstore.errors import FaxstoreError, UsageError


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered batch, as its manifest describes it."""

    batch: int
    manifest: Path
    file: Path
    format: str
    format_version: int
    made_at: datetime
    lines: int
    sha256: bytes
    """Of the file beside the manifest."""
    sha256_as_made: bytes
    """Of the file as it was exported; differs if the file was rendered again after an erasure."""
    schema_version: str
    checkpoint: str | None


def delivered_batches(folder: Path, consumer: str) -> list[Delivered]:
    """Return the batches of a consumer whose manifests are in the folder, in order.

    Raises UsageError if one of them is no manifest that this version reads.
    """
    name = re.compile(rf"billing-{re.escape(consumer)}-\d{{6,}}\.json")
    found = [_read(path) for path in folder.iterdir() if name.fullmatch(path.name)]
    return sorted(found, key=lambda one: one.batch)


def check_file(delivered: Delivered) -> None:
    """Raises FaxstoreError unless the file beside the manifest is the one that the manifest describes."""
    try:
        with delivered.file.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").digest()
    except FileNotFoundError as error:
        raise FaxstoreError(f"{delivered.file} is missing, the file of {delivered.manifest.name}") from error
    if found != delivered.sha256:
        raise FaxstoreError(f"{delivered.file} is not the file of {delivered.manifest.name}: its SHA-256 differs")


def _read(path: Path) -> Delivered:
    try:
        document = json.loads(path.read_bytes())
        version = document["manifest_version"]
        if version == MANIFEST_VERSION:
            return _delivered(path, document)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no manifest of faxstore: {type(error).__name__}: {error}") from error
    raise UsageError(f"{path}: manifest version {version} is newer than this faxstore: upgrade faxstore")


def _delivered(path: Path, document: Mapping[str, Any]) -> Delivered:
    return Delivered(
        int(document["batch"]),
        path,
        path.with_name(Path(document["file"]).name),
        str(document["format"]),
        int(document["format_version"]),
        datetime.fromisoformat(document["made_at"]),
        int(document["lines"]),
        bytes.fromhex(document["sha256"]),
        bytes.fromhex(document["sha256_as_made"]),
        str(document["schema_version"]),
        document["checkpoint"],
    )
