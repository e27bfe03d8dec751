"""Arrays of composite values as parameters, in Postgres's binary form.

A batch of rows travels as one parameter of fax.append(): no table in between, whose statistics could change a plan, and
one round trip.  psycopg encodes such arrays value by value; a Composite does it about ten times as fast, because most
values repeat from row to row and their bytes are remembered.

The form is that of array_recv (arrayfuncs.c) and record_recv (rowtypes.c) in Postgres: each column of a value is its
type's OID, its length (-1 for NULL) and its bytes.  All lengths are big-endian 32-bit integers.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Sequence
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


def _moment(microseconds: int) -> bytes:
    if not _YEAR_1 <= microseconds < _YEAR_10000:
        raise struct.error
    return struct.pack("!q", microseconds - _BEFORE_2000)


TYPES: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "boolean": (16, _boolean),
    "bigint": (20, struct.Struct("!q").pack),
    "integer": (23, struct.Struct("!i").pack),
    "text": (25, _text),
    "timestamptz": (1184, _moment),  # from microseconds since 1970
    "uuid": (2950, _uuid),
    "jsonb": (3802, _json),
}
"""OID and binary form by name of the type."""

_NEVER_REPEAT = frozenset({"jsonb", "timestamptz"})
"""Types whose values are not remembered: no two rows share a time, and JSON values are no keys of a dictionary."""

_HEAD = struct.Struct("!Ii").pack
_LENGTH = struct.Struct("!i").pack
_EMPTY = struct.Struct("!iiI").pack
_FILLED = struct.Struct("!iiIii").pack


class _Column(dict[Any, bytes]):
    """The columns of one type, as bytes by value; most values repeat.  Raises struct.error for an integer too large."""

    def __init__(self, oid: int, encode: Callable[[Any], bytes]) -> None:
        self._oid = oid
        self._encode = encode
        self._null = struct.pack("!Ii", oid, -1)

    def encode(self, value: Any) -> bytes:
        """Return a column without remembering it."""
        if value is None:
            return self._null
        encoded = self._encode(value)
        return _HEAD(self._oid, len(encoded)) + encoded

    def __missing__(self, value: Any) -> bytes:
        column = self.encode(value)
        if len(column) <= LONGEST_REMEMBERED:
            if len(self) > MOST_REMEMBERED:
                self.clear()
            self[value] = column
        return column


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
        types = {kind: _Column(*TYPES[kind]) for kind in TYPES}
        self._columns: list[Callable[[Any], bytes]] = [
            types[kind].encode if kind in _NEVER_REPEAT else types[kind].__getitem__ for kind in columns.values()
        ]
        self._count = struct.pack("!i", len(columns))
        connection.adapters.register_dumper(CompositeArray, _Dumper)

    def array(self, values: Iterable[Sequence[Any]]) -> CompositeArray:
        """Return an array of values, each a sequence of its columns.

        Raises UnstorableError for a number or time that its column cannot hold, ValueError for text that is not UTF-8.
        """
        encoded = [self._encode(value) for value in values]
        if not encoded:
            return CompositeArray(_EMPTY(0, 0, self._oid))
        pieces = [_FILLED(1, 0, self._oid, len(encoded), 1)]
        for value in encoded:
            pieces += (_LENGTH(len(value)), value)
        return CompositeArray(b"".join(pieces))

    def _encode(self, value: Sequence[Any]) -> bytes:
        try:
            columns = [column(each) for column, each in zip(self._columns, value, strict=True)]
            return self._count + b"".join(columns)
        except struct.error:
            raise UnstorableError(f"{self._too_large(value)} is out of range") from None

    def _too_large(self, value: Sequence[Any]) -> str:
        """Return the name of the first column that cannot be encoded."""
        for name, column, each in zip(self._names, self._columns, value, strict=True):
            try:
                column(each)
            except struct.error:
                return name
        raise AssertionError("every column can be encoded")
