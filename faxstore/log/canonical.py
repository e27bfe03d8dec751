"""The canonical bytes of a row of the history: the leaf of the log.  fax.log_entry() computes them in SQL.

An entry is a version byte, then each column as its length (4 bytes, -1 for NULL) and its value as Postgres sends it in
binary.  A row of ``copy ... (format binary)`` has the same form, so faxstore/log/leaves.py only adds the digests.

Personal values (file name, details) are in an entry as salted digests, so that they can be erased without changing it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

VERSION = b"\1"


def _number(form: str) -> Callable[[bytes], Any]:
    return lambda data: struct.unpack(form, data)[0]


def _uuid(data: bytes) -> UUID:
    return UUID(bytes=data)


def _moment(data: bytes) -> datetime:
    """Converts Postgres's microseconds since 2000."""
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=struct.unpack(">q", data)[0])


_INT4, _INT8, _BOOLEAN, _TEXT = _number(">i"), _number(">q"), _number(">?"), bytes.decode

COLUMNS: dict[str, Callable[[bytes], Any]] = {
    "position": _INT8,
    "session_id": _uuid,
    "server": _TEXT,
    "epoch_id": _uuid,
    "session_number": _INT8,
    "started_at": _moment,
    "observed_at": _moment,
    **dict.fromkeys(("collector_id", "event", "operation", "state", "session_type"), _TEXT),
    "error_correction_mode": _BOOLEAN,
    **dict.fromkeys(("data_rate", "x_resolution", "y_resolution", "page_number"), _INT4),
    **dict.fromkeys(("pages_transmitted", "pages_received", "total_bad_lines"), _INT4),
    "plain_details": _TEXT,
    **dict.fromkeys(("file_name_digest", "details_digest"), bytes),
}
"""The columns of an entry in their order, each with the function that decodes its value."""


def decode_entry(data: bytes) -> dict[str, Any]:
    """Return the columns of an entry by name.  Raises ValueError for other bytes."""
    found: dict[str, Any] = {}
    place = len(VERSION)
    try:
        for name, decode in COLUMNS.items():
            (length,) = struct.unpack_from(">i", data, place)
            place += 4
            if length > len(data) - place:
                raise ValueError(f"{name} is cut off")
            found[name] = None if length == -1 else decode(data[place : place + length])
            place += max(length, 0)
    except struct.error as error:
        raise ValueError(f"not an entry of the log: {error}") from error
    if not data.startswith(VERSION) or place != len(data):
        raise ValueError("not an entry of the log")
    return found
