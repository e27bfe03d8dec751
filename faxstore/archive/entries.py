"""Computes the log's entries (faxstore/log/canonical.py) of rows that were read from a file.

The columns of a batch become columns of fields, by value where values repeat, and pyarrow joins the fields of each row.
The database contributes what is not in a file: identities of sessions, salts, digests of erased values, and which
details are plain (fax.plain_details).
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

import pyarrow
from pyarrow import compute

from faxstore import sql
from faxstore.log.canonical import VERSION
from faxstore.store.database import Connection

_BINARY = pyarrow.binary()
_NULL = b"\xff\xff\xff\xff"
_EPOCH = 946_684_800_000_000
"""The beginning of 2000, from which PostgreSQL counts, in microseconds since 1970."""

_IDENTITIES = sql.text("queries/archive/identities")
_ERASED = """
select session_id::text, position, file_name, details from fax.erased_digest where session_id = any(%s::uuid[])
"""
_PLAIN = sql.text("queries/archive/plain_details")
_TEXTS = ("collector_id", "event", "operation", "state", "session_type")
_INTS = (
    "data_rate_bits_per_second", "x_resolution_pixels_per_metre", "y_resolution_pixels_per_metre", "page_number",
    "pages_transmitted", "pages_received", "total_bad_lines",
)  # fmt: skip


def leaf_hashes(connection: Connection, batch: Any) -> list[bytes]:
    """Return the leaf hash of each row of a batch."""
    return [sha256(entry).digest() for entry in _joined(b"\0", _fields(connection, batch))]


def entries(connection: Connection, batch: Any) -> list[bytes]:
    """Return the entry of each row of a batch."""
    return [bytes(entry) for entry in _joined(b"", _fields(connection, batch))]


def positions(batch: Any) -> list[int]:
    """Return the position of each row of a batch."""
    return _numbers(batch["position"]).tolist()


def _joined(before: bytes, fields: Sequence[Any]) -> Iterator[memoryview]:
    """Yield the fields of each row as one value, after a version byte."""
    rows = compute.binary_join_element_wise(_constant(before + VERSION), *fields, _constant(b""))
    _, offsets, data = rows.buffers()
    places, values = memoryview(offsets).cast("i")[: len(rows) + 1], memoryview(data)
    return (values[begin:end] for begin, end in pairwise(places))


def _fields(connection: Connection, batch: Any) -> list[Any]:
    """Return a column of fields (length and value) for each column of an entry, in its order."""
    sessions = batch["session_id"].dictionary_encode()
    ids: list[str] = sessions.dictionary.to_pylist()
    identities = _identities(connection, ids)
    return [
        *_wide(_numbers(batch["position"])),
        _taken((identities[one][0] for one in ids), sessions.indices),
        *_wide(_moments(batch["started_at"])),
        *_wide(_moments(batch["observed_at"])),
        *(_by_value(batch[name], str.encode) for name in _TEXTS),
        _by_value(batch["error_correction_mode"], struct.Struct(">?").pack),
        *(_by_value(batch[name], struct.Struct(">i").pack) for name in _INTS),
        *_personal(connection, batch, sessions.indices, ids, [identities[one][1] for one in ids]),
    ]


def _identities(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[bytes, bytes | None]]:
    """Return the fields from session_id to session_number, and the salt, of each session."""
    found = {}
    for session, server, epoch, number, salt in connection.execute(_IDENTITIES, [ids]):
        own_number = None if number is None else struct.pack(">q", number)
        values = (UUID(session).bytes, server.encode(), epoch.bytes, own_number)
        found[session] = (b"".join(map(_field, values)), None if salt is None else bytes(salt))
    # a session that is not in fax.session has no entry that was sealed
    return dict.fromkeys(ids, (b"", None)) | found


def _personal(
    connection: Connection, batch: Any, sessions: Any, ids: Sequence[str], salts: Sequence[bytes | None]
) -> tuple[Any, Any, Any]:
    """Return the fields of the plain details, and of the digests of file name and details."""
    plain, details = [_NULL] * batch.num_rows, [_NULL] * batch.num_rows
    files = _file_digests(batch["file_name"], sessions, salts)
    of_session = _indices(sessions)
    for row, text, left in _plain_details(connection, batch["details"]):
        plain[row] = _field(left.encode())
        if left != text:
            details[row] = _digest(salts[of_session[row]], b"details=" + text.encode())
    erased = _erased(connection, ids)
    if erased:
        for row, (session, position) in enumerate(zip(of_session, positions(batch), strict=True)):
            for digests, stored in zip((files, details), erased.get((ids[session], position), ()), strict=False):
                if digests[row] == _NULL and stored is not None:
                    digests[row] = _field(bytes(stored))
    return _column(plain), _column(files), _column(details)


def _file_digests(names: Any, sessions: Any, salts: Sequence[bytes | None]) -> list[bytes]:
    """Return the field of the digest of each file name; most rows of a session have the same."""
    encoded = names.dictionary_encode()
    values = [name.encode() for name in encoded.dictionary.to_pylist()]
    known: dict[tuple[int, int], bytes] = {}
    found = []
    for key in zip(_indices(sessions), _indices(encoded.indices), strict=True):
        digest = known.get(key)
        if digest is None:
            session, name = key
            digest = _NULL if name < 0 else _digest(salts[session], b"file_name=" + values[name])
            known[key] = digest
        found.append(digest)
    return found


def _plain_details(connection: Connection, column: Any) -> Iterator[tuple[int, str, str]]:
    """Yield each row with details, with its details and what of them is plain."""
    rows = compute.indices_nonzero(column.is_valid()).to_pylist()
    texts: list[str] = column.drop_null().to_pylist()
    distinct = list(dict.fromkeys(texts))
    found = connection.execute(_PLAIN, [f"[{','.join(distinct)}]"])
    plain = dict(zip(distinct, (text for (text,) in found), strict=True))
    for row, text in zip(rows, texts, strict=True):
        yield row, text, plain[text]


def _erased(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, int], tuple[bytes | None, bytes | None]]:
    """Return the digests of erased values by session and position."""
    found = connection.execute(_ERASED, [ids])
    return {(session, position): (file_name, details) for session, position, file_name, details in found}


def _digest(salt: bytes | None, value: bytes) -> bytes:
    """Return the field of a digest, as fax.personal_digest() computes it: empty if the salt is erased."""
    return _field(b"" if salt is None else sha256(salt + value).digest())


def _by_value(column: Any, encode: Callable[[Any], bytes]) -> Any:
    """Return the fields of a column whose values repeat."""
    encoded = column.dictionary_encode()
    return _taken((_field(encode(value)) for value in encoded.dictionary.to_pylist()), encoded.indices)


def _taken(values: Iterable[bytes], indices: Any) -> Any:
    """Return the value at each index, the field of NULL at each NULL."""
    return _column(values).take(indices).fill_null(_NULL)


def _wide(numbers: array[int]) -> tuple[Any, Any]:
    """Return the fields of a column of 8 bytes without NULL: their length, and their values."""
    values = array("q", numbers)
    if sys.byteorder == "little":
        values.byteswap()
    fixed = pyarrow.FixedSizeBinaryArray.from_buffers(
        pyarrow.binary(8), len(values), [None, pyarrow.py_buffer(values.tobytes())]
    )
    return _constant((8).to_bytes(4, "big")), fixed.cast(_BINARY)


def _moments(column: Any) -> array[int]:
    """Return times as PostgreSQL counts them."""
    return _numbers(compute.subtract(column.cast(pyarrow.int64()), _EPOCH))


def _numbers(column: Any) -> array[int]:
    """Return the values of a column of 8 bytes without NULL."""
    found = array("q")
    found.frombytes(memoryview(column.buffers()[1])[8 * column.offset : 8 * (column.offset + len(column))])
    return found


def _indices(indices: Any) -> list[int]:
    """Return the indices of a dictionary; that of NULL is -1."""
    found = indices.fill_null(-1)
    return memoryview(found.buffers()[1]).cast("i")[found.offset : found.offset + len(found)].tolist()


def _column(values: Iterable[bytes]) -> Any:
    return pyarrow.array(list(values), _BINARY)


def _constant(value: bytes) -> Any:
    return pyarrow.scalar(value, _BINARY)


def _field(value: bytes | None) -> bytes:
    return _NULL if value is None else len(value).to_bytes(4, "big") + value
