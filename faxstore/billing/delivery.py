"""Handing out: a batch is fixed in the database, its file rendered from it, then both put in place.

The file is written under another name while the transaction is open, so that the batch can hold its SHA-256; it gets
its name after the commit.  Whatever dies between the two leaves a batch that is not delivered: the next run renders it
again, compares, and goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from faxstore.billing.formats import VERSION, BillingFormat, file_name, renderer
from faxstore.billing.ledger import Batch, Ledger, Line
from faxstore.billing.manifest import manifest, manifest_name
from faxstore.errors import FaxstoreError, UsageError
from faxstore.export.files import atomic_file

Progress = Callable[[int], None]
"""Told how many lines of the batch in hand are written."""


def hand_out(
    ledger: Ledger, folder: Path, wanted: BillingFormat | None, progress: Progress, *, everything: bool = False
) -> Iterator[Batch]:
    """Delivers what an earlier run could not, then makes the next batch, if anything is due; each as it is in place.

    For whoever holds the consumer's lock.  Raises FaxstoreError in one line; what was made is then not lost.
    """
    batches = ledger.batches()
    format = format_of(batches, wanted)
    for batch in batches:
        if batch.delivered_at is None:
            yield deliver(ledger, batch, folder, progress)
    number = batches[-1].batch + 1 if batches else 1
    if _make(ledger, number, folder / file_name(ledger.consumer, number, format), format, progress, everything):
        made = ledger.batch(number)
        _put_manifest(made, made.sha256, folder)
        ledger.delivered(number)
        yield made


def deliver(ledger: Ledger, batch: Batch, folder: Path, progress: Progress) -> Batch:
    """Puts the file and the manifest of a batch in place, and notes it."""
    render_again(ledger, batch, folder, progress)
    ledger.delivered(batch.batch)
    return batch


def render_again(ledger: Ledger, batch: Batch, folder: Path, progress: Progress) -> bytes:
    """The same file and manifest again, anywhere; gives the SHA-256 of the file.

    It is that of the batch, unless personal values of its lines were erased: anything else is an error, and nothing
    is written then.
    """
    path = folder / file_name(batch.consumer, batch.batch, batch.format)
    with atomic_file(path) as out:
        sha256 = _render(ledger.lines(batch.batch), batch.format, batch.format_version, out, progress)
        _compare(batch, sha256, path)
    _put_manifest(batch, sha256, folder)
    return sha256


def sha256_of(ledger: Ledger, batch: Batch) -> bytes:
    """The SHA-256 of what a batch renders to now."""
    digest = hashlib.sha256()
    for piece in renderer(batch.format, batch.format_version)(ledger.lines(batch.batch)):
        digest.update(piece)
    return digest.digest()


def _make(ledger: Ledger, number: int, path: Path, format: BillingFormat, progress: Progress, everything: bool) -> bool:
    """Fixes the next batch and puts its file in place; False: nothing was due."""
    try:
        with atomic_file(path) as out, ledger.one_moment():
            if not ledger.begin(everything=everything):
                raise _NothingDueError
            if path.exists():
                raise FaxstoreError(
                    f"{path} is there already, and no batch {number} of {ledger.consumer} was ever made:"
                    " move it away (was the database restored from a backup?)"
                )
            ledger.end(format, VERSION, _render(ledger.lines(number), format, VERSION, out, progress))
    except _NothingDueError:
        return False
    return True


class _NothingDueError(Exception):
    """Takes back the transaction and the file that was begun."""


def format_of(batches: list[Batch], wanted: BillingFormat | None) -> BillingFormat:
    """A consumer's format is that of its first batch."""
    if not batches:
        return wanted or BillingFormat.CSV
    kept = BillingFormat(batches[0].format)
    if wanted not in (None, kept):
        raise UsageError(
            f"--format {wanted}: consumer {batches[0].consumer} is handed out {kept} since its first batch;"
            " another format needs another consumer (--consumer)"
        )
    return kept


def _render(lines: Iterable[Line], format: str, version: int, out: BinaryIO, progress: Progress) -> bytes:
    digest, seen = hashlib.sha256(), _counted(lines, progress)
    for piece in renderer(format, version)(seen):
        out.write(piece)
        digest.update(piece)
    return digest.digest()


def _counted(lines: Iterable[Line], progress: Progress) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        yield line
        progress(number)


def _compare(batch: Batch, sha256: bytes, path: Path) -> None:
    if sha256 != batch.sha256 and not batch.erased_lines:
        raise FaxstoreError(
            f"batch {batch.batch} of {batch.consumer} is not what was handed out: its file would have the sha256"
            f" {sha256.hex()}, the ledger says {batch.sha256.hex()}; run faxstore verify"
        )
    if path.exists() and _sha256_of_file(path) not in (sha256, batch.sha256):
        raise FaxstoreError(f"{path} is there already and is another file than batch {batch.batch}: move it away")


def _sha256_of_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _put_manifest(batch: Batch, sha256: bytes, folder: Path) -> None:
    path = folder / manifest_name(batch)
    with atomic_file(path) as out:
        out.write(manifest(batch, sha256))
