"""JSON as every command writes it: one rule for the types that JSON lacks.

A Decimal is an integer if it is integral and a float otherwise.  A time is ISO 8601 text in UTC with its offset, a UUID
is text, bytes are hexadecimal digits.  Rows that Postgres itself turns into JSON do not pass through here
(faxstore/export/jsonl.py).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from faxstore.visible import visible_json


def json_value(value: Any) -> Any:
    """The JSON form of one value of a database row; a value that JSON has is returned unchanged."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    return value


def json_text(value: Any, indent: int | None = None) -> str:
    r"""A JSON document for people and programs.  Control characters are escaped (``\u009b``), other text is UTF-8."""
    return visible_json(json.dumps(value, default=_converted, ensure_ascii=False, indent=indent))


def json_ascii(value: Any, indent: int | None = None) -> bytes:
    """A JSON document in ASCII, with a line end.

    Its bytes depend on no table of control characters, so files whose SHA-256 is recorded can be written again by a
    later version.
    """
    return f"{json.dumps(value, default=_converted, indent=indent)}\n".encode("ascii")


def _converted(value: Any) -> Any:
    converted = json_value(value)
    if converted is value:
        raise TypeError(f"no JSON form for {type(value).__name__}")
    return converted
