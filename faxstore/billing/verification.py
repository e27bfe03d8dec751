"""The billing ledger: what was handed out is what the views say, and no line of it was changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from faxstore import logs
from faxstore.billing import check as ledger_check
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Of the whole ledger, and so only where everything is verified."""
    if not scope.whole:
        return
    if not _may(connection):
        logs.say("the billing ledger was not verified: this user needs the role fax_reader too", logging.WARNING)
        return
    for found in ledger_check.findings(connection):
        where, _, what = found.partition(": ")
        yield Finding("exports", where, what or found)


def _may(connection: Connection) -> bool:
    query = "select has_table_privilege('fax.export_line', 'select') and has_table_privilege('fax.sessions', 'select')"
    return connection.execute(query).fetchone() == (True,)
