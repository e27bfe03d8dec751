"""Whether the billing ledger is what it says: one line a fault, where it is and what it is."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore import sql
from faxstore.billing.delivery import sha256_of
from faxstore.billing.ledger import Ledger
from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection

QUERIES = (
    "queries/billing/check_batches",
    "queries/billing/check_sums",
    "queries/billing/check_lines",
    "queries/billing/check_digests",
    "queries/billing/check_revisions",
    "queries/billing/check_faxes",
)
"""Each gives lines of text: what is wrong."""


def findings(connection: Connection) -> Iterator[str]:
    """The faults of all consumers.  Asks once for each fax that was handed out: as long as the views take for all."""
    for query in QUERIES:
        for (told,) in connection.execute(sql.text(query)).fetchall():
            yield str(told)
    for (consumer,) in connection.execute("select distinct consumer from fax.export_batch order by 1").fetchall():
        yield from _other_bytes(Ledger(connection, str(consumer)))


def _other_bytes(ledger: Ledger) -> Iterator[str]:
    """Batches that no longer render to what was handed out; of those with erased lines the digests tell."""
    for batch in ledger.batches():
        where = f"batch {batch.batch} of {ledger.consumer}"
        try:
            if not batch.erased_lines and sha256_of(ledger, batch) != batch.sha256:
                yield f"{where}: its file would not have the sha256 that was handed out"
        except FaxstoreError as error:
            yield f"{where}: {error}"
