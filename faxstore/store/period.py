"""Periods of a time zone, resolved by the database: it is the only authority for time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import psycopg

from faxstore.errors import UsageError
from faxstore.settings.period import Period, is_local
from faxstore.store.database import Connection


def resolve(connection: Connection, period: Period) -> Period:
    """Return the period with absolute moments in UTC and the same time zone.

    Raises UsageError if the database does not know the time zone, if a moment is outside of the years 1 to 9999, or if
    --from is not before --to.
    """
    require_time_zone(connection, period.time_zone)
    since = _absolute(connection, period.since, period.time_zone, "--from")
    until = _absolute(connection, period.until, period.time_zone, "--to")
    resolved = Period(since, until, period.time_zone)
    resolved.require_order()
    return resolved


def resolve_for_local_time(connection: Connection, period: Period) -> Period:
    """Resolve a period for a query that computes with local times, such as fax.usage().

    Raises UsageError as `resolve` does, and for a bound that local time cannot express: when clocks are set back, an
    hour occurs twice, and its local times stand for the second one.
    """
    resolved = resolve(connection, period)
    query = "select timezone(%(zone)s, timezone(%(zone)s, %(moment)s::timestamptz)) = %(moment)s::timestamptz"
    for option, moment in (("--from", resolved.since), ("--to", resolved.until)):
        parameters = {"zone": period.time_zone, "moment": moment}
        if moment is not None and connection.execute(query, parameters).fetchone() == (False,):
            ambiguous = f"{option} {moment.isoformat()} is in an hour that {period.time_zone} has twice"
            raise UsageError(f"{ambiguous}; use another moment")
    return resolved


def require_time_zone(connection: Connection, name: str) -> None:
    """Raises UsageError unless it is the name of a time zone of the database.

    Postgres also accepts offsets such as +02:00, but with the sign of POSIX (west of Greenwich): only names are safe.
    Every database knows UTC.  To find any other name, Postgres reads the files of all time zones.
    """
    if name == "UTC":
        return
    row = connection.execute("select exists (select from pg_timezone_names where name = %s)", [name]).fetchone()
    if row != (True,):
        allowed = "a name such as UTC or Europe/Berlin (select name from pg_timezone_names)"
        raise UsageError(f"--time-zone: the database has no time zone '{name}'; use {allowed}")


def _absolute(connection: Connection, moment: datetime | None, time_zone: str, option: str) -> datetime | None:
    if moment is None:
        return None
    try:
        if not is_local(moment):
            return moment.astimezone(UTC)
        row = connection.execute("select timezone(%s, %s::timestamp)", [time_zone, moment]).fetchone()
        return cast("datetime", row[0]).astimezone(UTC) if row else None
    except (OverflowError, psycopg.DataError) as error:
        raise UsageError(f"{option}: {moment.isoformat()} is outside of the years 1 to 9999") from error
