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
    has_details = batch["details"].is_valid()
    texts: list[str] = batch["details"].drop_null().to_pylist()
    plain, digests = [], []
    for session, text, left in zip(
        sessions.filter(has_details).to_pylist(), texts, _plain_details(connection, texts), strict=True
    ):
        plain.append(_field(left.encode()))
        digests.append(_NULL if left == text else _digest(salts[session], b"details=" + text.encode()))
    files, details = _file_digests(batch["file_name"], sessions, salts), _placed(digests, has_details)
    if erased := _erased(connection, ids):
        keys = zip((ids[session] for session in sessions.to_pylist()), positions(batch), strict=True)
        files, details = _with_erased(files, details, [erased.get(key, (None, None)) for key in keys])
    return _placed(plain, has_details), files, details


def _with_erased(files: Any, details: Any, erased: Sequence[tuple[bytes | None, bytes | None]]) -> tuple[Any, Any]:
    """Return the digests, where there is none those that are stored of erased values."""
    found = zip(files.to_pylist(), details.to_pylist(), erased, strict=True)
    rows = [
        [own if own != _NULL else _field(stored) for own, stored in zip(digests, of_erased, strict=True)]
        for *digests, of_erased in found
    ]
    return _column(row[0] for row in rows), _column(row[1] for row in rows)


def _file_digests(names: Any, sessions: Any, salts: Sequence[bytes | None]) -> Any:
    """Return the fields of the digests of file names; most rows of a session have the same."""
    encoded = names.dictionary_encode()
    values = [name.encode() for name in encoded.dictionary.to_pylist()]
    both = compute.add(compute.multiply(sessions.cast(pyarrow.int64()), len(values)), encoded.indices)
    pairs = both.dictionary_encode()
    found = (divmod(pair, len(values)) for pair in pairs.dictionary.to_pylist())
    return _taken((_digest(salts[session], b"file_name=" + values[name]) for session, name in found), pairs.indices)


def _plain_details(connection: Connection, texts: Sequence[str]) -> Iterator[str]:
    """Yield what of each row's details is plain."""
    distinct = list(dict.fromkeys(texts))
    found = connection.execute(_PLAIN, [f"[{','.join(distinct)}]"])
    plain = dict(zip(distinct, (text for (text,) in found), strict=True))
    return (plain[text] for text in texts)


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


def _placed(values: Iterable[bytes], mask: Any) -> Any:
    """Return a column with the fields where the mask is true, and the field of NULL elsewhere."""
    return compute.replace_with_mask(pyarrow.repeat(_constant(_NULL), len(mask)), mask, _column(values))


def _column(values: Iterable[bytes]) -> Any:
    return pyarrow.array(list(values), _BINARY)


def _constant(value: bytes) -> Any:
    return pyarrow.scalar(value, _BINARY)


def _field(value: bytes | None) -> bytes:
    return _NULL if value is None else len(value).to_bytes(4, "big") + value
