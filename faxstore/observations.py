"""The frozen records that flow from the reader to the store, and their versioned form as bytes.

Times are integer microseconds since 1970-01-01 UTC by the observer's clock.  This module knows neither AMI, nor
the spool, nor the database.

The records are structures of msgspec, which makes one and encodes one in about a microsecond.

The byte form is what the spool and fax.waiting_record store, so it outlives an upgrade.  It is a JSON array: the
name of the kind, the version of that kind, then the fields in the order in which the class declares them, with a
Life as an array of its own.  To change a kind, add fields at the end with a default and raise its version in
_KINDS; never reorder or remove fields.  Version 0 has the number of the kind in place of its name and version.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct, field

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


class Life(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
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

    @property
    def has_known_start(self) -> bool:
        """Whether the start of the server is known, by its Uptime or its start-up text."""
        return self.started_at is not None or self.startup_text is not None


class Observation(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
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


class ServerObservation(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One observation of a server rather than of a session: FAXStats, a start, a lost connection."""

    server: str
    observed_at: int
    event: str
    details: Details = field(default_factory=dict)


class Listing(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The session numbers of a complete list: the first of a connection or life, and then one per minute.

    Any other session of this life that is still open has ended, including one that an earlier observer left open.
    """

    life: Life
    observed_at: int
    session_numbers: tuple[int, ...]


class Hangup(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A channel was hung up: fax events of this channel that have no session number yet will not get one."""

    life: Life
    observed_at: int
    channel: str
    uniqueid: str


class Rejected(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
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
_HEADS = {kind: f'["{name}",{version},'.encode() for name, (kind, version) in _KINDS.items()}
_encoder = msgspec.json.Encoder()
_decoders = {head: msgspec.json.Decoder(kind) for kind, head in _HEADS.items()}


def server_of(record: Record) -> str:
    """Return the name of the server that a record is about."""
    return record.server if isinstance(record, ServerObservation | Rejected) else record.life.server


class InvalidRecordError(ValueError):
    """The bytes hold no record of faxstore.  str() does not quote them."""


class NewerRecordError(ValueError):
    """The bytes hold a record of a kind or version that only a newer faxstore can read."""


def encode(record: Record) -> bytes:
    """Return the record as bytes in the current version of its kind."""
    return _HEADS[type(record)] + _encoder.encode(record)[1:]


def decode(data: bytes) -> Record:
    """Return the record in these bytes, of the current or any earlier version.

    Raises NewerRecordError for a record of a newer faxstore, and InvalidRecordError for anything else.
    """
    head = data[: data.find(b",", data.find(b",") + 1) + 1]
    decoder = _decoders.get(head)
    try:
        if decoder is not None:
            record: Record = decoder.decode(b"[" + data[len(head) :])
            return record
        return _decode_any(data)
    except NewerRecordError:
        raise
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InvalidRecordError("not a record of faxstore") from error


def _decode_any(data: bytes) -> Record:
    """Return a record of an earlier version, or in another spelling of JSON."""
    kind, values = _kind_and_values(msgspec.json.decode(data))
    record: Record = msgspec.convert(values, kind)
    return record


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
