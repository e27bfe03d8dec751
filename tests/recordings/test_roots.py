"""All recordings in one database yield the same session ids, rows and log root, whatever the code that imports them.

The constants were measured before the code moved into rooms (docs/decisions: rooms by stage).  A change of what
faxstore records changes them: then the decision record of that change names the new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from faxstore.log.leaves import leaf_hashes
from faxstore.log.tree import Frontier
from tests.kit import truth
from tests.kit.databases import fresh

SESSION_IDS = (248, "a1ec22ba4d54248bbb9f87f34ca70365fd101651c2ca1e4de0a3fea9ec0a80d9")
ROWS = (27_473, "df83d246499a0ca2156e954bf446269de201b14da997e43a5088a9dd7b1f5ceb")
LOG_ROOT = "5dc60a6459552bec325eb3857e99c2f8a7d82e9cfdf2b1e82c8d31c2d94d9789"


@pytest.fixture(scope="module")
def everything(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A database into which every recording was imported, in the order of their file names."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for path in sorted(truth.CAPTURES.glob("*.jsonl.gz")):
            import_file(connection, str(path), None, lambda _: None)
        connection.execute("set timezone = 'UTC'")
        yield connection


def digest(connection: psycopg.Connection, query: LiteralString) -> tuple[int, str]:
    """The number of rows of one text column, and the SHA-256 of those texts, each with a line end."""
    total, rows = hashlib.sha256(), 0
    for (text,) in connection.execute(query):
        total.update(text.encode() + b"\n")
        rows += 1
    return rows, total.hexdigest()


def test_session_ids_are_the_same(everything: psycopg.Connection) -> None:
    assert digest(everything, "select session_id::text from fax.session order by session_id") == SESSION_IDS


def test_rows_are_the_same(everything: psycopg.Connection) -> None:
    assert digest(everything, "select h::text from fax.session_history h order by position") == ROWS


def test_the_log_root_is_the_same(everything: psycopg.Connection) -> None:
    """Salts are random in a real log, so the test sets each to SHA-256 of its session id."""
    everything.execute(
        "insert into fax.session_salt select session_id, sha256(session_id::text::bytea) from fax.session"
    )
    everything.execute("set client_encoding = 'UTF8'")
    frontier = Frontier()
    frontier.extend(leaf_hashes(everything, 1, ROWS[0]))
    assert frontier.root().hex() == LOG_ROOT
