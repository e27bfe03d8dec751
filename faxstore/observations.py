"""What flows from the collector to the store: frozen records, and their form as bytes.

Times are integer microseconds since 1970-01-01 UTC by the observer's clock.  Nothing here knows AMI, the
spool or the database.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MICROSECONDS = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Details = dict[str, str | list[str]]
"""Headers without a field of their own, as sent; a list where a header repeats."""


def moment(microseconds: int) -> datetime:
    """The time of a record as Python and Postgres have it, in UTC, exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=microseconds)


def moment_text(at: int) -> str:
    """The same as text, as the details of our own rows hold it."""
    return moment(at).isoformat(timespec="microseconds")


def microseconds(at: datetime) -> int:
    """The other way round."""
    return (at - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a server's fax registry, as far as one observer can tell.

    SessionNumber starts at 0 with every load of res_fax.so (res_fax.c, fax_session_new), so a number names
    a session only within one life.  The store decides which lives are the same epoch.
    """

    server: str
    first_seen: int
    continued: bool = False
    """The observer came in the middle of a connection: an earlier piece may have told the start."""
    started_at: int | None = None
    """When the server started, by its Uptime (FullyBooted): right to about a second."""
    startup_text: str | None = None
    """CoreStartupDate and CoreStartupTime of CoreStatus: the server's own local time, without a zone."""
    reloaded_at: int | None = None
    """When res_fax.so was last loaded anew within this start of the server; None: not seen."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation of one fax session: a row of fax.session_history to be.

    The session is named by its number, or (events that carry none) by channel and Uniqueid.
    Fields mean what the columns of the same name mean; None is "not said" or "not understood".
    """

    life: Life
    observed_at: int
    event: str
    session_number: int | None = None
    channel: str | None = None
    uniqueid: str | None = None
    technology: str | None = None
    operation: str | None = None
    state: str | None = None
    session_type: str | None = None
    error_correction_mode: bool | None = None
    data_rate: int | None = None
    x_resolution: int | None = None
    y_resolution: int | None = None
    page_number: int | None = None
    pages_transmitted: int | None = None
    pages_received: int | None = None
    total_bad_lines: int | None = None
    file_name: str | None = None
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerObservation:
    """One observation of a server rather than of a session: FAXStats, a start, a lost connection."""

    server: str
    observed_at: int
    event: str
    details: Details = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A complete list, told at the start of a connection and then each minute.

    Whatever else was open in this life before it is gone, also what an earlier observer left open.
    """

    life: Life
    observed_at: int
    session_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hangup:
    """A channel is gone: what it said of a fax will get no session number any more."""

    life: Life
    observed_at: int
    channel: str
    uniqueid: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message, or part of one, that could not be understood: why, and the message itself."""

    server: str
    observed_at: int
    reason: str
    raw: str


Record = Observation | ServerObservation | Listing | Hangup | Rejected

_KINDS: tuple[type[Record], ...] = (Observation, ServerObservation, Listing, Hangup, Rejected)


def encode(record: Record) -> bytes:
    """The record as bytes for a queue: a JSON array, its kind first."""
    fields = astuple_shallow(record)
    return json.dumps([_KINDS.index(type(record)), *fields], ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Record:
    """The record that these bytes hold.  Raises ValueError for bytes that encode() never made."""
    try:
        kind, first, *rest = json.loads(data)
        cls: Any = dict(enumerate(_KINDS))[kind]
        of_server = cls in (ServerObservation, Rejected)
        if not isinstance(first, str if of_server else list) or not isinstance(rest[0], int):
            raise TypeError
        if cls is Listing:
            rest[-1] = tuple(rest[-1])
        record: Record = cls(first if of_server else Life(*first), *rest)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"not a record of faxstore: {data[:60]!r}") from error
    return record


def astuple_shallow(record: Record) -> list[object]:
    """The fields in order; a Life as its own list."""
    values = [getattr(record, name) for name in record.__slots__]
    if isinstance(values[0], Life):
        values[0] = astuple(values[0])
    return values
