"""How commands take a period of a time zone: --from, --to and --time-zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from faxstore.commands.rows import local_moment
from faxstore.errors import UsageError


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name.  Raises UsageError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(
            f"--time-zone: there is no time zone '{name}'; allowed: UTC, Europe/Berlin and the like"
        ) from error


def moment_in(text: str, option: str, zone: ZoneInfo) -> datetime:
    """A date or time as local_moment() takes it, in that zone where it says none.  Raises UsageError."""
    told = local_moment(text, option)
    try:
        return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise UsageError(f"{option}: '{text}' is no moment of this calendar") from error


def bounds(since: str, until: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the period and the one after its last.  Raises UsageError."""
    first, last = moment_in(since, "--from", zone), moment_in(until, "--to", zone)
    if first >= last:
        raise UsageError(f"--to {until} is not after --from {since}: --to is the first moment that is not included")
    return first, last
