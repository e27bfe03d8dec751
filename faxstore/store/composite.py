"""Arrays of composite values as parameters, in Postgres's binary form.

Rows travel as one parameter of fax.append(): no table in between, whose statistics could change a plan, and one round
trip.  psycopg encodes such arrays value by value; a Composite does it more than ten times as fast, because it
encodes column by column, with most of the work in C, and remembers the bytes of values that repeat from row to row.

The form is that of array_recv (arrayfuncs.c) and record_recv (rowtypes.c) in Postgres: each column of a value is its
type's OID, its length (-1 for NULL) and its bytes.  All lengths are big-endian 32-bit integers.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, repeat
from typing import Any
from uuid import UUID

from psycopg import adapt, pq

from faxstore.store.database import Connection

MOST_REMEMBERED = 10_000
"""Values per type whose bytes are remembered."""

LONGEST_REMEMBERED = 100
"""Bytes of the longest column that is remembered."""

_BEFORE_2000 = 946_684_800_000_000
"""Microseconds from 1970, where the times of records start, to 2000, where those of Postgres start."""

_YEAR_1, _YEAR_10000 = -62_135_596_800_000_000, 253_402_300_800_000_000
"""Microseconds from 1970: Postgres can store other years, but no Python client can read them."""


class UnstorableError(ValueError):
    """A value does not fit its column; str() names the column and does not quote the value."""


def _text(value: str) -> bytes:
    return value.encode()


def _json(value: Any) -> bytes:
    return b"\x01" + json.dumps(value).encode()  # the version of jsonb's binary form


def _uuid(value: UUID) -> bytes:
    return value.bytes


def _boolean(value: bool) -> bytes:
    return b"\x01" if value else b"\x00"


TYPES: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "boolean": (16, _boolean),
    "bigint": (20, struct.Struct("!q").pack),
    "integer": (23, struct.Struct("!i").pack),
    "text": (25, _text),
    "uuid": (2950, _uuid),
    "jsonb": (3802, _json),
}
"""OID and binary form by name of the type, except those of timestamptz."""

_LENGTH = struct.Struct("!i").pack
_COLUMN = struct.Struct("!Ii").pack
_MOMENT = struct.Struct("!Iiq").pack
_EMPTY = struct.Struct("!iiI").pack
_FILLED = struct.Struct("!iiIii").pack
_TIMESTAMPTZ = 1184
_NULL_MOMENT = _COLUMN(_TIMESTAMPTZ, -1)

Encoder = Callable[[Iterable[Any]], Iterable[bytes]]
"""Turns values into columns.  Raises struct.error for a number or time that is out of range."""


def _moments(values: Iterable[int | None]) -> list[bytes]:
    """Return times, in microseconds since 1970, as columns of type timestamptz."""
    return [_NULL_MOMENT if value is None else _moment(value) for value in values]


def _moment(microseconds: int) -> bytes:
    if not _YEAR_1 <= microseconds < _YEAR_10000:
        raise struct.error
    return _MOMENT(_TIMESTAMPTZ, 8, microseconds - _BEFORE_2000)


class _Columns(dict[Any, bytes]):
    """The columns of one type by value.  A value that is missing is encoded and remembered."""

    def __init__(self, oid: int, encode: Callable[[Any], bytes]) -> None:
        self._oid = oid
        self._encode = encode

    def encode(self, value: Any) -> bytes:
        """Return a column without remembering it."""
        if value is None:
            return _COLUMN(self._oid, -1)
        encoded = self._encode(value)
        return _COLUMN(self._oid, len(encoded)) + encoded

    def encode_all(self, values: Iterable[Any]) -> Iterable[bytes]:
        """Return a column for each value."""
        return map(self.__getitem__, values)

    def __missing__(self, value: Any) -> bytes:
        column = self.encode(value)
        if len(column) <= LONGEST_REMEMBERED:
            if len(self) > MOST_REMEMBERED:
                self.clear()
            self[value] = column
        return column


def _encoders() -> dict[str, Encoder]:
    """Return an encoder by name of the type.  Times are not remembered, because no two rows share one."""
    of_type = {name: _Columns(*form) for name, form in TYPES.items()}
    json_columns = of_type.pop("jsonb")  # JSON values are no keys of a dictionary
    encoders: dict[str, Encoder] = {name: columns.encode_all for name, columns in of_type.items()}
    return encoders | {"timestamptz": _moments, "jsonb": lambda values: map(json_columns.encode, values)}


class CompositeArray:
    """An array of composite values of one type, ready to be sent."""

    def __init__(self, data: bytes) -> None:
        self.data = data


class _Dumper(adapt.Dumper):
    """Sends a CompositeArray as it is; the function that receives it determines its type."""

    format = pq.Format.BINARY
    oid = 0

    def dump(self, obj: CompositeArray) -> bytes:
        """Return the bytes."""
        return obj.data


class Composite:
    """A composite type of one database: its name, and its columns with their types."""

    def __init__(self, connection: Connection, name: str, columns: dict[str, str]) -> None:
        """Look up the type's OID, which differs from database to database."""
        row = connection.execute("select %s::regtype::oid", [name]).fetchone()
        self._oid = row[0] if row else 0
        self._names = tuple(columns)
        encoders = _encoders()
        self._encoders = [encoders[kind] for kind in columns.values()]
        self._count = struct.pack("!i", len(columns))
        connection.adapters.register_dumper(CompositeArray, _Dumper)

    def array(self, values: Iterable[Sequence[Any]]) -> CompositeArray:
        """Return an array of values, each a sequence of its columns.

        Raises UnstorableError for a number or time that its column cannot hold, ValueError for text that is not UTF-8.
        """
        by_column = list(zip(*values, strict=True))
        if not by_column:
            return CompositeArray(_EMPTY(0, 0, self._oid))
        encoded = self._encode(by_column)
        pieces = chain.from_iterable(zip(map(_LENGTH, map(len, encoded)), encoded, strict=True))
        return CompositeArray(_FILLED(1, 0, self._oid, len(encoded), 1) + b"".join(pieces))

    def _encode(self, by_column: list[tuple[Any, ...]]) -> list[bytes]:
        try:
            encoded = [encode(values) for encode, values in zip(self._encoders, by_column, strict=True)]
            return list(map(b"".join, zip(repeat(self._count, len(by_column[0])), *encoded, strict=True)))
        except struct.error:
            raise UnstorableError(f"{self._too_large(by_column)} is out of range") from None

    def _too_large(self, by_column: list[tuple[Any, ...]]) -> str:
        """Return the name of the first column with a value that cannot be encoded."""
        for name, encode, values in zip(self._names, self._encoders, by_column, strict=True):
            try:
                list(encode(values))
            except struct.error:
                return name
        raise AssertionError("every column can be encoded")
