"""How commands that give rows take moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from faxstore.errors import UsageError

_AGO = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str | None, option: str, now: datetime | None = None) -> datetime | None:
    """A moment in UTC where it says no zone; see local_moment.  Raises UsageError."""
    if text is None:
        return None
    told = local_moment(text, option, now)
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def local_moment(text: str, option: str, now: datetime | None = None) -> datetime:
    """A date or time in ISO 8601, without a zone where it says none, or 30m, 24h, 7d before now.  Raises UsageError."""
    try:
        if ago := _AGO.fullmatch(text):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        allowed = "2026-11-30, 2026-11-30T08:00+01:00, or 30m, 24h, 7d ago"
        raise UsageError(f"{option}: '{text}' is not a date or time; allowed: {allowed}") from error
