"""The integrity check of the billing ledger, run by `faxstore verify`.

It compares every line and batch with its digests and sums, every file's SHA-256 with a new rendering, and every fax
with the views.  The comparisons are SQL (CHECKS); only the renderings are made here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from faxstore import logs, sql
from faxstore.billing.delivery import sha256_of
from faxstore.billing.ledger import Ledger
from faxstore.errors import FaxstoreError
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

CHECKS = (
    "queries/billing/check_batches",
    "queries/billing/check_sums",
    "queries/billing/check_lines",
    "queries/billing/check_digests",
    "queries/billing/check_revisions",
    "queries/billing/check_faxes",
)
"""Each query returns one line of text per fault."""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """The faults of the ledger.  Checks nothing if only a part of the history is verified."""
    if not scope.whole:
        return
    if not _may_read(connection):
        warning = "the billing ledger was not verified: this user needs the role fax_reader too"
        logs.print_message(warning, logging.WARNING)
        return
    for fault in ledger_faults(connection):
        where, _, what = fault.partition(": ")
        yield Finding("exports", where, what or fault)


def ledger_faults(connection: Connection) -> Iterator[str]:
    """The faults of the ledgers of all consumers, one line each: where, and what is wrong; those of a check sorted.

    Asks the views for every exported fax, so it takes as long as they take for the whole history.
    """
    for name in CHECKS:
        for (fault,) in sorted(connection.execute(sql.text(name)).fetchall()):
            yield str(fault)
    for (consumer,) in connection.execute("select distinct consumer from fax.export_batch order by 1").fetchall():
        yield from _changed_files(Ledger(connection, str(consumer)))


def _changed_files(ledger: Ledger) -> Iterator[str]:
    """The batches that no longer render to the exported bytes.

    Batches with erased lines render to other bytes; their digests prove them instead.
    """
    for batch in ledger.batches():
        where = f"batch {batch.batch} of {ledger.consumer}"
        try:
            if not batch.erased_lines and sha256_of(ledger, batch) != batch.sha256:
                yield f"{where}: its file would not have the SHA-256 of the exported file"
        except FaxstoreError as error:
            yield f"{where}: {error}"


def _may_read(connection: Connection) -> bool:
    query = "select has_table_privilege('fax.export_line', 'select') and has_table_privilege('fax.sessions', 'select')"
    return connection.execute(query).fetchone() == (True,)
