"""fax.line_of() finds lines by their digests, 4 bytes each."""

from __future__ import annotations

import psycopg
import pytest


@pytest.mark.parametrize(
    ("digests", "wanted", "line"),
    [
        ("00000001 00000002 00000003", "00000001", 0),
        ("00000001 00000002 00000003", "00000002 00000003", 1),
        ("00000001 00000002 00000003", "00000003 00000004", None),
        ("00aaaa00 00000000 aaaa0000", "aaaa0000", 2),  # the bytes also occur within the first digest
        ("00aaaa00 00000000 00aaaa00", "aaaa0000", None),
        ("", "00000001", None),
    ],
)
def test_lines_are_found_where_a_digest_begins(
    database: psycopg.Connection, digests: str, wanted: str, line: int | None
) -> None:
    given = [bytes.fromhex(digests), bytes.fromhex(wanted)]
    assert database.execute("select fax.line_of(%s, %s)", given).fetchone() == (line,)
