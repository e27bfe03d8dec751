"""The servers and accounts on record: a filter by any other value is a typo, which must not look like an empty result.

The queries read a few index entries per value and never fold the history.
"""

from __future__ import annotations

from collections.abc import Sequence

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.store.database import Connection
from faxstore.store.rights import reads_masked
from faxstore.visible import visible

SHOWN = 5
"""The number of known values in a message."""

_SERVERS = sql.text("queries/store/known_servers")
_ACCOUNTS = "select * from fax.known_accounts()"
_UNKNOWN_ACCOUNTS = "select account from unnest(%(accounts)s::text[]) account where not fax.has_account(account)"


def known_servers(connection: Connection) -> list[str]:
    """The servers with any record, sorted: sessions, observations of the server, or rejected messages."""
    return [server for (server,) in connection.execute(_SERVERS)]


def require_servers(connection: Connection, servers: Sequence[str]) -> None:
    """Raises UsageError, with the known servers, for a value of --server that is not on record."""
    if not servers:
        return
    known = known_servers(connection)
    for name in servers:
        if name not in known:
            raise UsageError(f"--server {visible(name)}: {_missing('server', known)}")


def require_accounts(connection: Connection, accounts: Sequence[str]) -> None:
    """Raises UsageError for a value of --account that is not on record, with the known ones if the user may read them.

    An account is on record if a row of the history reports it, even if a session is under another account in the end.
    """
    if not accounts:
        return
    masked = reads_masked(connection)
    for (code,) in connection.execute(_UNKNOWN_ACCOUNTS, {"accounts": list(accounts)}).fetchall():
        without = "--no-account selects sessions without an account"
        if masked:
            raise UsageError(f"--account {visible(code)}: the history has no such account; {without}")
        known = [account for (account,) in connection.execute(_ACCOUNTS)]
        raise UsageError(f"--account {visible(code)}: {_missing('account', known)}; {without}")


def _missing(kind: str, known: Sequence[str]) -> str:
    if not known:
        return f"no {kind} is known yet"
    shown = ", ".join(visible(value) for value in known[:SHOWN])
    more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
    return f"the history has no such {kind}; known: {shown}{more}"
