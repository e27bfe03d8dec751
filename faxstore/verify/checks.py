"""The integrity checks of the store, the quick ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faxstore.store.database import Connection
from faxstore.verify import batches, checkpoints, functions, history, partitions, sessions
from faxstore.verify.findings import Check, Finding, Scope

CHECKS: tuple[Check, ...] = (
    functions.check,
    partitions.check,
    batches.check,
    checkpoints.check,
    sessions.check,
    history.check,
)


def findings(connection: Connection, scope: Scope, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """Yield the findings of all checks."""
    for check in checks:
        yield from check(connection, scope)
