"""Encodes rows of the history as entries of the log, independently of the SQL and of the COPY that faxstore hashes."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from faxstore.log.canonical import COLUMNS, VERSION
from faxstore.observations import Details

PLAIN_HEADERS = frozenset({
    "AccountCode", "ActionID", "Application", "ChannelState", "ChannelStateDesc", "Context", "Language", "Linkedid",
    "Operation", "Priority", "Privilege", "SessionType", "State", "Status", "SystemName", "Technology", "Timestamp",
    "Uniqueid", "Variable",
})  # fmt: skip
"""Headers that hold no personal values; an unknown header counts as personal.  In SQL: fax.plain_headers()."""

PLAIN_VARIABLES = frozenset({
    "FAXBITRATE", "FAXERROR", "FAXMODE", "FAXPAGES", "FAXRESOLUTION", "FAXSTATUS", "FAXSTATUSSTRING",
})  # fmt: skip
"""Channel variables that hold no personal values.  In SQL: fax.plain_variables()."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NULL = b"\xff\xff\xff\xff"
_VARIABLE = re.compile(r"([^=]*)=")


def _number(form: str) -> Callable[[Any], bytes]:
    return lambda value: struct.pack(form, value)


def _moment(value: datetime) -> bytes:
    return struct.pack(">q", (value - _EPOCH) // timedelta(microseconds=1))


_BIGINTS = ("position", "session_number")
_UUIDS = ("session_id", "epoch_id")
_MOMENTS = ("started_at", "observed_at")
_DIGESTS = ("file_name_digest", "details_digest")
_TEXTS = ("server", "collector_id", "event", "operation", "state", "session_type", "plain_details")
_ENCODERS: dict[str, Callable[[Any], bytes]] = {
    **dict.fromkeys(COLUMNS, _number(">i")),
    **dict.fromkeys(_BIGINTS, _number(">q")),
    **dict.fromkeys(_UUIDS, lambda value: value.bytes),
    **dict.fromkeys(_MOMENTS, _moment),
    **dict.fromkeys(_DIGESTS, bytes),
    **dict.fromkeys(_TEXTS, str.encode),
    "error_correction_mode": _number(">?"),
}
"""By column; those named nowhere above are integers."""


def encode_entry(row: Mapping[str, Any], salt: bytes) -> bytes:
    """Returns the canonical bytes of a row: the columns of fax.session_history, and the identity from fax.session."""
    details: Details | None = row["details"]
    plain = None if details is None else plain_details(details)
    personal = jsonb_text(details) if details and plain != details else None
    values = dict(row) | {
        "file_name_digest": _personal_digest(salt, "file_name", row["file_name"]),
        "plain_details": None if plain is None else jsonb_text(plain),
        "details_digest": _personal_digest(salt, "details", personal),
    }
    return VERSION + b"".join(_field(_ENCODERS[name], values[name]) for name in COLUMNS)


def _personal_digest(salt: bytes, name: str, value: str | None) -> bytes | None:
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
    keys = sorted(details, key=lambda key: (len(key.encode()), key.encode()))
    return json.dumps({key: details[key] for key in keys}, ensure_ascii=False)


def _field(encode: Callable[[Any], bytes], value: Any) -> bytes:
    if value is None:
        return _NULL
    data = encode(value)
    return struct.pack(">i", len(data)) + data
