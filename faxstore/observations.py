"""The frozen records that flow from the reader to the store, and their versioned form as bytes.

Times are integer microseconds since 1970-01-01 UTC by the observer's clock.  This module knows neither AMI, nor
the spool, nor the database.

The byte form is what the spool and fax.waiting_record store, so it outlives an upgrade.  It is a JSON array: the
name of the kind, the version of that kind, then the fields in the order in which the class declares them, with a
Life as an array of its own.  To change a kind, add fields at the end with a default and raise its version in
_KINDS; never reorder or remove fields.  Version 0 has the number of the kind in place of its name and version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

MICROSECONDS = 1_000_000
"""Microseconds per second."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Details = dict[str, str | list[str]]
"""Headers without a field of their own, as received; a list if a header repeats."""


def moment(microseconds: int) -> datetime:
    """Return the time of a record as a datetime in UTC, exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=microseconds)


def moment_text(at: int) -> str:
    """Return the time of a record in ISO 8601, in UTC, as the details of faxstore's own rows store it."""
    return moment(at).isoformat(timespec="microseconds")


def microseconds(at: datetime) -> int:
    """Return a datetime as microseconds since 1970-01-01 UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a server's fax registry, as far as one observer can know it.

    SessionNumber restarts at 0 whenever res_fax.so is loaded (res_fax.c, fax_session_new), so a number identifies
    a session only within one life.  The store decides which lives are the same epoch.
    """

    server: str
    first_seen: int
    continued: bool = False
    """The observer joined in the middle of a connection: an earlier piece may hold the start of this life."""
    started_at: int | None = None
    """When the server started, by its Uptime (FullyBooted); accurate to about a second."""
    startup_text: str | None = None
    """CoreStartupDate and CoreStartupTime of CoreStatus: the server's local time, without a zone."""
    reloaded_at: int | None = None
    """When res_fax.so was last reloaded since the server started; None if no reload was observed."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation of one fax session: it becomes a row of fax.session_history.

    The session is identified by its number or, for events without one, by channel and Uniqueid.  The fields mean
    what the columns of the same name mean; None means that a value was not reported or not understood.
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
    """The session numbers of a complete list, recorded at the start of a connection and then once a minute.

    Any other session of this life that is still open has ended, including one that an earlier observer left open.
    """

    life: Life
    observed_at: int
    session_numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Hangup:
    """A channel was hung up: fax events of this channel that have no session number yet will not get one."""

    life: Life
    observed_at: int
    channel: str
    uniqueid: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message, or a part of one, that could not be understood.

    The reason quotes nothing from the message, which may contain personal values.
    """

    server: str
    observed_at: int
    reason: str
    raw: str


Record = Observation | ServerObservation | Listing | Hangup | Rejected

_KINDS: dict[str, tuple[type[Record], int]] = {
    "Observation": (Observation, 1),
    "ServerObservation": (ServerObservation, 1),
    "Listing": (Listing, 1),
    "Hangup": (Hangup, 1),
    "Rejected": (Rejected, 1),
}
"""The class and the current version of each kind.  The position in this table is the number of version 0."""

_VERSION_0 = [kind for kind, _ in _KINDS.values()]
_HEADS = {kind: (name, version) for name, (kind, version) in _KINDS.items()}
_FIELDS = {kind: attrgetter(*(each.name for each in fields(kind))) for kind in _VERSION_0}
_LIFE_FIELDS = attrgetter(*(each.name for each in fields(Life)))
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class NewerRecordError(ValueError):
    """The bytes hold a record of a kind or version that only a newer faxstore can read."""


def encode(record: Record) -> bytes:
    """Return the record as bytes in the current version of its kind."""
    first, *rest = _FIELDS[type(record)](record)
    if isinstance(first, Life):
        first = _LIFE_FIELDS(first)
    return _to_json([*_HEADS[type(record)], first, *rest]).encode()


def decode(data: bytes) -> Record:
    """Return the record in these bytes, of the current or any earlier version.

    Raises NewerRecordError for a record of a newer faxstore, and ValueError for anything else that is no record.
    """
    try:
        kind, values = _kind_and_values(json.loads(data))
        return _record(kind, values)
    except NewerRecordError:
        raise
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError("not a record of faxstore") from error


def _kind_and_values(array: Any) -> tuple[type[Record], list[Any]]:
    head = array[0]
    if type(head) is int and head >= 0:
        return _VERSION_0[head], array[1:]
    version = array[1]
    if type(head) is not str or type(version) is not int or version < 1:
        raise TypeError
    kind, current = _KINDS.get(head, (None, 0))
    if kind is None or version > current:
        raise NewerRecordError(f"kind {head!a:.40}, version {version}"[:80])
    return kind, array[2:]


def _record(kind: Any, values: list[Any]) -> Record:
    first, observed_at, *rest = values
    of_server = kind in (ServerObservation, Rejected)
    if not isinstance(first, str if of_server else list) or not isinstance(observed_at, int):
        raise TypeError
    if kind is Listing:
        rest[-1] = tuple(rest[-1])
    record: Record = kind(first if of_server else Life(*first), observed_at, *rest)
    return record
