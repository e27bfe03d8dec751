"""Erases and deletes the faxes of a month that other systems reported (fax.reported_fax).

They have no rows in the history, so nothing is restored, archived or proven.
"""

from __future__ import annotations

from faxstore.archive import layout, months
from faxstore.retention.due import Month
from faxstore.store.database import Connection

_ERASE = "select fax.empty_reported(%s, %s)"
_DELETE = "delete from fax.reported_fax where started_at >= %s and started_at < %s"


def erase(connection: Connection, month: Month, rule: str) -> int:
    """Erase the personal values of a month, and return the number of faxes that lost some."""
    with connection.transaction():
        ((faxes,),) = connection.execute(_ERASE, layout.bounds(month.month)).fetchall()
        months.note(connection, month.month, "reported erased", rule, 0, int(faxes))
    return int(faxes)


def delete(connection: Connection, month: Month, rule: str) -> int:
    """Delete the faxes of a month, and return their number."""
    with connection.transaction():
        faxes = connection.execute(_DELETE, layout.bounds(month.month)).rowcount
        months.note(connection, month.month, "reported deleted", rule, 0, faxes)
    return faxes
