"""The integrity checks of the store, the quick ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faxstore.errors import UsageError
from faxstore.log import stored
from faxstore.store.database import Connection
from faxstore.store.pooler import require_session
from faxstore.verify import (
    archives,
    batches,
    catalog,
    checkpoints,
    coverage,
    history,
    packs,
    partitions,
    reconciliation,
    records,
    rollups,
    sessions,
    totals,
)
from faxstore.verify.findings import Check, Finding, Scope

CHECKS: tuple[Check, ...] = (
    catalog.check,
    partitions.check,
    batches.check,
    checkpoints.check,
    sessions.check,
    coverage.check,
    totals.check,
    rollups.check,
    reconciliation.check,
    packs.check,
    records.check,
    history.check,
    archives.check,
)


def findings(connection: Connection, scope: Scope, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """Yield the findings of all checks.  Raises UsageError if the scope begins beyond the end of the history.

    The checks call no function of another schema in place of PostgreSQL's own, whatever the settings of the user are.
    """
    require_session(connection, "faxstore verify")
    connection.execute("set search_path = pg_catalog, pg_temp")
    _require_rows(connection, scope)
    for check in checks:
        yield from check(connection, scope)


def _require_rows(connection: Connection, scope: Scope) -> None:
    """Raises UsageError for a first position beyond the end, which would find nothing wrong in no rows at all."""
    end = max(stored.last_position(connection), stored.newest_size(connection))
    if scope.first > max(end, 1):
        has = f"the history ends at position {end}" if end else "the history is empty"
        raise UsageError(f"--from-position {scope.first}: {has}")
