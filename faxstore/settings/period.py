"""The period of a query: `--from`, `--to` and `--time-zone`.

A moment without an offset is local time in the period's time zone.  Only the database knows time zones, because its
views compute with them: `faxstore.store.period.resolve` turns local moments into absolute ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from faxstore.errors import UsageError

_AGO = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ALLOWED = "2026-11-30, 2026-11-30T08:00, 2026-11-30T08:00+01:00, or 30m, 24h, 7d (ago)"


@dataclass(frozen=True)
class Period:
    """A half-open interval: `since` is included, `until` is not; None is unbounded.

    A naive datetime is local time in `time_zone`, a name from the database's pg_timezone_names.
    """

    since: datetime | None = None
    until: datetime | None = None
    time_zone: str = "UTC"

    @classmethod
    def parse(cls, since: str | None, until: str | None, time_zone: str = "UTC", now: datetime | None = None) -> Period:
        """Parse the values of --from, --to and --time-zone.  Raises UsageError."""
        first = None if since is None else parse_moment(since, "--from", now)
        last = None if until is None else parse_moment(until, "--to", now)
        period = cls(first, last, time_zone)
        if is_local(first) == is_local(last):  # otherwise only the database can compare them
            period.require_order()
        return period

    def require_order(self) -> None:
        """Raises UsageError unless `since` is before `until`."""
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise UsageError(f"--from {self.since.isoformat()} is not before --to {self.until.isoformat()}")


def is_local(moment: datetime | None) -> bool:
    """Whether a moment has no offset, so that its meaning depends on a time zone."""
    return moment is not None and moment.tzinfo is None


def parse_moment(text: str, option: str, now: datetime | None = None) -> datetime:
    """Parse an ISO 8601 date or time, or a time ago (30m, 24h, 7d); naive if the text has no offset.

    Raises UsageError, which names the option.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option}: '{text}' is not a date or time; use {_ALLOWED}") from error
