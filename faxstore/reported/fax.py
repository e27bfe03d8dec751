"""What the readers yield."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True)
class ReportedFax:
    """One fax as another system reported it.  None means that it was not reported."""

    key: tuple[str, ...]
    """What identifies the record among those of its source and server.  Equal records are counted."""
    raw: str
    """The record: the line of a log, or a JSON object of the columns with a value."""
    result: str
    """success, failed or unknown, as in fax.sessions."""
    started_at: str | None = None
    """The start with an offset, as ISO 8601."""
    started_local: str | None = None
    """The start as local time of the other system, as ISO 8601, if it has no offset."""
    direction: str | None = None
    """sent or received."""
    job: str | None = None
    account_code: str | None = None
    caller_number: str | None = None
    called_number: str | None = None
    local_station_id: str | None = None
    remote_station_id: str | None = None
    pages: int | None = None
    duration_seconds: Decimal | None = None
    result_text: str | None = None
    session: UUID | None = None
    """The session of which faxstore itself exported this record."""


@dataclass(frozen=True)
class Other:
    """A record of something else than a fax."""

    kind: str


@dataclass(frozen=True)
class Rejected:
    """A line that is no record of this format."""

    line: int
    reason: str


Item = ReportedFax | Other | Rejected


class WrongFormatError(Exception):
    """The file has another format; str() says what it lacks."""
