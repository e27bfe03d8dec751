"""The canonical bytes of a row of the history: the leaf of the log.  fax.log_entry() makes the same bytes in SQL.

An entry is a version byte, then each column as its length (4 bytes, -1 for NULL) and its value as Postgres sends it in
binary.  A row of ``copy ... (format binary)`` has the same form, so faxstore/log/leaves.py only adds the digests.

Personal values (file name, details) are in an entry as salted digests, so that they can be erased without changing it.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from faxstore.observations import Details

VERSION = b"\1"

PLAIN_HEADERS = frozenset({
    "AccountCode", "ActionID", "Application", "ChannelState", "ChannelStateDesc", "Context", "DataRate",
    "ErrorCorrectionMode", "ImageResolution", "Language", "Linkedid", "Operation", "PageNumber", "PagesReceived",
    "PagesTransferred", "PagesTransmitted", "Priority", "Privilege", "Resolution", "SessionNumber", "SessionType",
    "State", "Status", "SystemName", "Technology", "Timestamp", "TotalBadLines", "TransferRate", "Uniqueid",
    "Variable",
})  # fmt: skip
"""Headers that hold no personal values; an unknown header counts as personal.  In SQL: fax.plain_headers()."""

PLAIN_VARIABLES = frozenset({
    "FAXBITRATE", "FAXERROR", "FAXMODE", "FAXPAGES", "FAXRESOLUTION", "FAXSTATUS", "FAXSTATUSSTRING",
})  # fmt: skip
"""Channel variables that hold no personal values.  In SQL: fax.plain_variables()."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_VARIABLE = re.compile(r"([^=]*)=")


@dataclass(frozen=True)
class Codec:
    """Converts values of a column type to the bytes of Postgres, and back."""

    pack: Callable[[Any], bytes]
    unpack: Callable[[bytes], Any]


def _number(form: str) -> Codec:
    return Codec(lambda value: struct.pack(form, value), lambda data: struct.unpack(form, data)[0])


_INT4, _INT8, _BOOLEAN = _number(">i"), _number(">q"), _number(">?")
_UUID = Codec(lambda value: value.bytes, lambda data: UUID(bytes=data))
_TEXT = Codec(lambda value: value.encode(), lambda data: data.decode())
_BYTES = Codec(bytes, bytes)
_MOMENT = Codec(
    lambda value: struct.pack(">q", (value - _EPOCH) // _MICROSECOND),
    lambda data: _EPOCH + struct.unpack(">q", data)[0] * _MICROSECOND,
)

COLUMNS: dict[str, Codec] = {
    "position": _INT8,
    "session_id": _UUID,
    "server": _TEXT,
    "epoch_id": _UUID,
    "session_number": _INT8,
    "started_at": _MOMENT,
    "observed_at": _MOMENT,
    "collector_id": _TEXT,
    "event": _TEXT,
    "operation": _TEXT,
    "state": _TEXT,
    "session_type": _TEXT,
    "error_correction_mode": _BOOLEAN,
    "data_rate": _INT4,
    "x_resolution": _INT4,
    "y_resolution": _INT4,
    "page_number": _INT4,
    "pages_transmitted": _INT4,
    "pages_received": _INT4,
    "total_bad_lines": _INT4,
    "plain_details": _TEXT,
    "file_name_digest": _BYTES,
    "details_digest": _BYTES,
}
"""The codecs of the columns of an entry, by column, in their order."""


def encode_entry(row: Mapping[str, Any], salt: bytes) -> bytes:
    """Returns the canonical bytes of a row: the columns of fax.session_history, and the identity from fax.session."""
    details: Details | None = row["details"]
    plain = None if details is None else plain_details(details)
    values = dict(row) | {
        "file_name_digest": personal_digest(salt, "file_name", row["file_name"]),
        "plain_details": None if plain is None else jsonb_text(plain),
        "details_digest": personal_digest(
            salt, "details", jsonb_text(details) if details and plain != details else None
        ),
    }
    return VERSION + b"".join(_field(codec, values[name]) for name, codec in COLUMNS.items())


def decode_entry(data: bytes) -> dict[str, Any]:
    """Returns the columns of an entry by name.  Raises ValueError for other bytes."""
    found: dict[str, Any] = {}
    place = len(VERSION)
    try:
        for name, codec in COLUMNS.items():
            (length,) = struct.unpack_from(">i", data, place)
            place += 4
            if length > len(data) - place:
                raise ValueError(f"{name} is cut off")
            found[name] = None if length == -1 else codec.unpack(data[place : place + length])
            place += max(length, 0)
    except struct.error as error:
        raise ValueError(f"not an entry of the log: {error}") from error
    if not data.startswith(VERSION) or place != len(data):
        raise ValueError("not an entry of the log")
    return found


def personal_digest(salt: bytes, name: str, value: str | None) -> bytes | None:
    """Returns the salted digest that represents a personal value in an entry; None for None."""
    return None if value is None else sha256(salt + f"{name}={value}".encode()).digest()


def plain_details(details: Details) -> Details:
    """Returns the details without their personal values; plain variables in ChanVariable remain."""
    plain = {name: value for name, value in details.items() if name in PLAIN_HEADERS}
    variable = details.get("Variable")
    if isinstance(variable, str) and variable in PLAIN_VARIABLES and "Value" in details:
        plain["Value"] = details["Value"]
    assignments = details.get("ChanVariable")
    if isinstance(assignments, str) and _is_plain(assignments):
        plain["ChanVariable"] = assignments
    elif isinstance(assignments, list) and (plain_ones := [one for one in assignments if _is_plain(one)]):
        plain["ChanVariable"] = plain_ones
    return plain


def _is_plain(assignment: str) -> bool:
    name = _VARIABLE.match(assignment)
    return name is not None and name[1] in PLAIN_VARIABLES


def jsonb_text(details: Details) -> str:
    """Returns details as Postgres prints jsonb: keys sorted by length, then by bytes."""
    keys: Sequence[str] = sorted(details, key=lambda key: (len(key.encode()), key.encode()))
    return json.dumps({key: details[key] for key in keys}, ensure_ascii=False)


def _field(codec: Codec, value: Any) -> bytes:
    if value is None:
        return _NULL
    data = codec.pack(value)
    return struct.pack(">i", len(data)) + data
