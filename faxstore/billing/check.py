"""The ledger compared with the delivered batches of a folder, and its repair after a restore from a backup.

A database that was restored to an earlier moment has lost its newest batches, but their consumers have them.  Without
them the ledger would export the same faxes again.  So the lines are read from the delivered files and inserted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from faxstore.billing.delivered import Delivered, check_file, delivered_batches
from faxstore.billing.delivery import sha256_of
from faxstore.billing.ledger import Batch, Ledger
from faxstore.billing.parsing import Row, file_rows
from faxstore.errors import FaxstoreError

ROWS = 1_000
"""Lines per statement."""


@dataclass
class Comparison:
    """What a folder and the ledger of a consumer have in common."""

    delivered: list[Delivered]
    """The batches of the folder, in order."""
    lost: list[Delivered] = field(default_factory=list)
    """Those after the ledger's last one, which can be restored."""
    faults: list[str] = field(default_factory=list)
    """What neither the ledger nor the folder can explain, one line each."""


def compare(ledger: Ledger, folder: Path) -> Comparison:
    """Compare the ledger of a consumer with the manifests and files of a folder.

    Raises UsageError for a manifest that cannot be read.
    """
    comparison = Comparison(delivered_batches(folder, ledger.consumer))
    known = {batch.batch: batch for batch in ledger.batches()}
    following = max(known, default=0) + 1
    for one in comparison.delivered:
        try:
            if one.batch in known:
                _compare_known(known[one.batch], one)
            else:
                _check_lost(one, following)
                comparison.lost.append(one)
                following += 1
        except FaxstoreError as error:
            comparison.faults.append(str(error))
    return comparison


def restore(ledger: Ledger, lost: Iterable[Delivered]) -> Iterator[Delivered]:
    """Insert lost batches into the ledger, each in a transaction of its own, and yield each one.

    The caller holds the consumer's lock and is a member of fax_owner.  Raises FaxstoreError, and inserts nothing of the
    batch, unless its lines render to the bytes of its file.
    """
    for one in lost:
        with ledger.owner_transaction():
            for rows in _chunks(one):
                ledger.restore_lines(rows)
            ledger.restore_batch(
                one.batch, made_at=one.made_at, format=one.format, format_version=one.format_version,
                sha256=one.sha256_as_made, schema_version=one.schema_version, checkpoint=one.checkpoint,
                manifest=one.manifest.read_text("ascii"),
            )  # fmt: skip
            if sha256_of(ledger, ledger.batch(one.batch)) != one.sha256:
                raise FaxstoreError(f"{one.file}: its lines do not render to the same bytes; nothing was restored")
            ledger.mark_delivered(one.batch)
        yield one


def _compare_known(batch: Batch, delivered: Delivered) -> None:
    """Raises FaxstoreError if the folder has another batch of the same number, or another file of it."""
    if batch.sha256 != delivered.sha256_as_made:
        made = f"one made at {batch.made_at.isoformat()}, and {delivered.manifest} of {delivered.made_at.isoformat()}"
        raise FaxstoreError(f"batch {batch.batch} of {batch.consumer} exists twice: {made}")
    if delivered.file.exists():
        check_file(delivered)


def _check_lost(delivered: Delivered, following: int) -> None:
    """Raises FaxstoreError if a batch cannot be restored after those before it."""
    if delivered.batch != following:
        raise FaxstoreError(
            f"batch {following} is neither in the database nor in {delivered.manifest.parent}, which has batch"
            f" {delivered.batch}: put its file and manifest there"
        )
    check_file(delivered)
    if delivered.sha256 != delivered.sha256_as_made:
        raise FaxstoreError(f"{delivered.file} lacks erased values: put the file there that was delivered first")


def _chunks(delivered: Delivered) -> Iterator[list[Row]]:
    rows = file_rows(delivered.file, delivered.format, delivered.format_version)
    while chunk := list(islice(rows, ROWS)):
        yield chunk
