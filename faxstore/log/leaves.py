"""Reads the leaves of the log from the history as it is now, by binary COPY.

A caller reads a window of positions at a time and holds only its hashes: the history is larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from faxstore import sql
from faxstore.log import tree
from faxstore.log.canonical import COLUMNS, VERSION
from faxstore.store.copy_out import copy_messages
from faxstore.store.database import Connection

WINDOW = 65_536
"""Positions to read at a time: the server opens the packs that overlap them, and the caller holds their hashes."""

_ROWS = sql.text("queries/log/rows")
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER = len(_SIGNATURE) + 8
_END = b"\xff\xff"
_SECRETS = 4
"""Columns before those of the entry: salt, file_name, details if they are personal, digests of erased values."""

_ROW = (_SECRETS + len(COLUMNS) - 2).to_bytes(2, "big")
"""The first bytes of each row: its number of fields.  The two digests are not among them; `_entry` adds them."""

_LEAF = b"\0" + VERSION
_NULL = b"\xff\xff\xff\xff"
_DIGEST = (32).to_bytes(4, "big")
_NO_SALT = (0).to_bytes(4, "big")

_NAME = 2 + 4 + 32
_NAMED = _NAME + 4
"""Where the length of the file name begins and ends in a row with a salt, whose length is the same in all rows."""

_NULLS = 2 * len(_NULL)
"""Bytes of the other secrets if both are NULL."""

MOST_KNOWN = 10_000

_known: dict[bytes, bytes] = {}
"""The digests by the bytes before the entry, which all snapshots of a fax share.

Each value begins with its length, so equal bytes are equal values.
"""


def leaf_hashes(connection: Connection, first: int, last: int) -> list[bytes]:
    """Return the leaf hashes of the rows between two positions (both included), in order; a missing row has none.

    Of rows that are in files only, these are the hashes that the database retains (fax.dropped_leaf).
    """
    size, rows = last - first + 1, 0
    leaves: list[bytes | None] = [None] * size
    for row in _rows(connection, first, last):
        entry = _entry(row)
        leaves[_position(entry) - first] = sha256(_LEAF + entry).digest()
        rows += 1
    complete = [leaf for leaf in leaves if leaf is not None]
    if rows == len(complete) == size:
        return complete
    found = [(position, tree.leaf_hash(entry)) for position, entry in entries(connection, first, last)]
    found += retained_leaves(connection, first, last).items()
    return [leaf for _, leaf in sorted(found)]


def leaf_hashes_by_position(connection: Connection, first: int, last: int) -> dict[int, bytes]:
    """Return what `leaf_hashes` does, by position."""
    found = retained_leaves(connection, first, last)
    return found | {position: tree.leaf_hash(entry) for position, entry in entries(connection, first, last)}


def retained_leaves(connection: Connection, first: int, last: int) -> dict[int, bytes]:
    """Return the retained leaf hashes of rows that are in files only, by position."""
    query = "select position, leaf from fax.dropped_leaf where position between %s and %s"
    return {position: bytes(leaf) for position, leaf in connection.execute(query, [first, last])}


def entries(connection: Connection, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    """Yield position and canonical bytes of each row between two positions (both included), in no order."""
    for row in _rows(connection, first, last):
        data = _entry(row)
        yield _position(data), VERSION + data


def _entry(row: bytes) -> bytes:
    """Converts the bytes of a COPY row to those of its entry, without the version byte."""
    begin = _NAMED + int.from_bytes(row[_NAME:_NAMED], "big") + _NULLS
    digests = _known.get(row[:begin])
    if digests is not None:
        return row[begin:] + digests
    begin, digests = _digests(row)
    if row[begin - _NULLS : begin] == _NULL + _NULL:
        if len(_known) > MOST_KNOWN:
            _known.clear()
        _known[row[:begin]] = digests
    return row[begin:] + digests


def _position(entry: bytes) -> int:
    """Return the position of an entry without its version byte: the first value, after its length."""
    return int.from_bytes(entry[4:12], "big")


def _digests(row: bytes) -> tuple[int, bytes]:
    """Return where the entry begins in the bytes of a COPY row, and the digests that end it."""
    secrets: list[bytes | None] = []
    place = 2
    for _ in range(_SECRETS):
        length = row[place : place + 4]
        place += 4
        if length == _NULL:
            secrets.append(None)
        else:
            end = place + int.from_bytes(length, "big")
            secrets.append(row[place:end])
            place = end
    salt, file_name, details, erased = secrets
    digests = _erased(erased) if erased is not None else [_NULL, _NULL]
    if file_name is not None:
        digests[0] = _digest(salt, b"file_name=" + file_name)
    if details is not None:
        digests[1] = _digest(salt, b"details=" + details)
    return place, digests[0] + digests[1]


def _digest(salt: bytes | None, value: bytes) -> bytes:
    """Return length and digest, as fax.personal_digest() computes it; an empty value if the salt is erased."""
    return _NO_SALT if salt is None else _DIGEST + sha256(salt + value).digest()


def _erased(stored: bytes) -> list[bytes]:
    """Split the two stored digests of an erased row; each is a byte, 1 if there is one, and the digest."""
    first = 33 if stored[:1] == b"\1" else 1
    return [_DIGEST + part[1:] if part[:1] == b"\1" else _NULL for part in (stored[:first], stored[first:])]


def _rows(connection: Connection, first: int, last: int) -> Iterator[bytes]:
    """Yield the rows of the COPY, one per message."""
    rows = _ROWS.replace("{first}", str(int(first))).replace("{last}", str(int(last)))
    begun = False
    for message in copy_messages(connection, f"copy ({rows}) to stdout (format binary)".encode()):
        row = message
        if not begun:
            if not row.startswith(_SIGNATURE):
                raise ValueError("the server's COPY does not begin with the signature of COPY")
            begun, row = True, row[_HEADER:]
        if row.startswith(_ROW):
            yield row
        elif row not in (b"", _END):
            raise ValueError("the server does not send one row of COPY per message")
