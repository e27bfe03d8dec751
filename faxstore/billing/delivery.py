"""The export of a batch: commit it to the database, then give its file and manifest their names.

The file is rendered under a temporary name while the transaction is open, because the batch stores its SHA-256, and it
is renamed after the commit.  A crash between the two leaves a batch that is not delivered: the next run renders it
again, compares the SHA-256, and delivers it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from faxstore.billing.formats import VERSION, BillingFormat, file_name, renderer
from faxstore.billing.ledger import Batch, Ledger, Line
from faxstore.billing.manifest import manifest, manifest_name
from faxstore.errors import FaxstoreError, UsageError
from faxstore.export.rows import Progress, counted
from faxstore.system.files import atomic_file


def export_batches(
    ledger: Ledger, folder: Path, wanted: BillingFormat | None, progress: Progress, *, recheck: bool = False
) -> Iterator[Batch]:
    """Deliver the batches that an earlier run committed, then the next batch if any fax is due; yield each one.

    The caller holds the consumer's lock.  Raises FaxstoreError; a committed batch stays for the next run.
    """
    batches = ledger.batches()
    format = format_of(batches, wanted)
    for batch in batches:
        if batch.delivered_at is None:
            _refuse_another_file(ledger, batch, folder)
            render_batch(ledger, batch, folder, progress)
            ledger.mark_delivered(batch.batch)
            yield batch
    number = batches[-1].batch + 1 if batches else 1
    if _commit_batch(ledger, number, folder / file_name(ledger.consumer, number, format), format, progress, recheck):
        batch = ledger.batch(number)
        _write_manifest(batch, batch.sha256, folder)
        ledger.mark_delivered(number)
        yield batch


def render_batch(ledger: Ledger, batch: Batch, folder: Path, progress: Progress) -> bytes:
    """Write the file and the manifest of a committed batch into any folder; return the SHA-256 of the file.

    Files of these names are replaced.  Raises FaxstoreError, and writes nothing, if the SHA-256 is not that of the
    batch, unless lines were erased.
    """
    with atomic_file(folder / file_name(batch.consumer, batch.batch, batch.format)) as out:
        sha256 = _render(ledger.lines(batch.batch), batch.format, batch.format_version, out, progress)
        if sha256 != batch.sha256 and not batch.erased_lines:
            raise FaxstoreError(
                f"batch {batch.batch} of {batch.consumer} was changed since its export: its file would have the"
                f" SHA-256 {sha256.hex()} instead of {batch.sha256.hex()}; run faxstore verify"
            )
    _write_manifest(batch, sha256, folder)
    return sha256


def sha256_of(ledger: Ledger, batch: Batch) -> bytes:
    """The SHA-256 of the file that a batch renders to now."""
    digest = hashlib.sha256()
    for piece in renderer(batch.format, batch.format_version)(ledger.lines(batch.batch)):
        digest.update(piece)
    return digest.digest()


def _commit_batch(
    ledger: Ledger, number: int, path: Path, format: BillingFormat, progress: Progress, recheck: bool
) -> bool:
    """Commit the next batch and name its file; return False if nothing was due."""
    try:
        with atomic_file(path) as out, ledger.repeatable_read():
            if not ledger.begin_batch(recheck=recheck):
                raise _NothingDueError
            if path.exists():
                raise FaxstoreError(
                    f"{path} exists already, but {ledger.consumer} has no batch {number} in the database: run faxstore"
                    " billing check if the database was restored from a backup, or move the file away"
                )
            ledger.end_batch(format, VERSION, _render(ledger.lines(number), format, VERSION, out, progress))
    except _NothingDueError:
        return False
    return True


class _NothingDueError(Exception):
    """Rolls back the transaction and removes the temporary file."""


def format_of(batches: list[Batch], wanted: BillingFormat | None) -> BillingFormat:
    """The format of a consumer's next batch: that of its first one, else the wanted one, else CSV."""
    if not batches:
        return wanted or BillingFormat.CSV
    format = BillingFormat(batches[0].format)
    if wanted not in (None, format):
        fixed = f"--format {wanted}: consumer {batches[0].consumer} gets {format} since its first batch"
        raise UsageError(f"{fixed}; use another consumer (--consumer) for another format")
    return format


def _render(lines: Iterable[Line], format: str, version: int, out: BinaryIO, progress: Progress) -> bytes:
    digest = hashlib.sha256()
    for piece in renderer(format, version)(counted(lines, progress)):
        out.write(piece)
        digest.update(piece)
    return digest.digest()


def _refuse_another_file(ledger: Ledger, batch: Batch, folder: Path) -> None:
    """Raises FaxstoreError if the file of that name is not the one that an interrupted run wrote for the batch."""
    path = folder / file_name(batch.consumer, batch.batch, batch.format)
    if not path.exists():
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").digest()
    if found != batch.sha256 and not (batch.erased_lines and found == sha256_of(ledger, batch)):
        raise FaxstoreError(f"{path} exists already and is not the file of batch {batch.batch}: move it away")


def _write_manifest(batch: Batch, sha256: bytes, folder: Path) -> None:
    path = folder / manifest_name(batch)
    with atomic_file(path) as out:
        out.write(manifest(batch, sha256))
