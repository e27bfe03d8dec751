"""Packed rows are the leaves that were sealed, erasures leave proofs intact, and verification finds changed packs."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from faxstore.log import prove
from faxstore.store.database import connect
from tests.kit.given import read
from tests.kit.log_faxes import SECRETS, as_lines, verified, verified_rows
from tests.kit.packing import pack

PACKED = "select position from fax.session_pack p, unnest(p.rows) r order by position"
SESSION = "select session_id from fax.session_pack order by started_at limit 1"


@pytest.fixture
def owner(log: str) -> Iterator[psycopg.Connection]:
    """A connection to the sealed history, of which the sessions of November are packed."""
    with psycopg.connect(log, autocommit=True) as connection:
        assert pack(connection) > 256  # more than a block of the log
        yield connection


def test_packs_are_as_sealed(log: str, owner: psycopg.Connection) -> None:
    assert verified(log) == []


def test_a_packed_row_can_be_proven(log: str, owner: psycopg.Connection) -> None:
    position = read(owner, PACKED)[7]["position"]
    with connect(log) as connection:
        sealed, text = prove.checkpoint(connection, None)
        assert prove.inclusion(connection, position, sealed, text)["row"]["position"] == position


def test_an_erasure_of_a_packed_session_leaves_no_value_and_every_proof(log: str, owner: psycopg.Connection) -> None:
    session = read(owner, SESSION)[0]["session_id"]
    assert read(owner, "select fax.erase_session(%s, 'asked for') as rows", session)[0]["rows"] > 0
    rows = read(owner, "select h::text as row from fax.session_history h where session_id = %s", session)
    assert len(rows) == 16
    assert [row for row in rows if any(secret in row["row"] for secret in SECRETS)] == []
    assert verified(log) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("rows = array(select row((jsonb_populate_record(r, '{\"state\": \"another\"}')).*)::fax.observation"
         " from unnest(rows) r)", "16 rows are not as sealed"),
        ("rows = rows[2:]", "1 row is missing"),
        ("last_position = last_position + 1", "what it states of its rows is not what they contain"),
        ("hung_up_at = now()", "what it states of its rows is not what they contain"),
    ],
)  # fmt: skip
def test_a_changed_pack_is_found(log: str, owner: psycopg.Connection, change: str, found: str) -> None:
    owner.execute("alter table fax.session_pack disable trigger all")
    owner.execute("alter table fax.session_pack_2026_11 disable trigger all")
    owner.execute(f"update fax.session_pack set {change} where session_id = ({SESSION})".encode())
    assert any(found in line for line in as_lines(verified_rows(log))), as_lines(verified_rows(log))


def test_a_detached_month_is_found(log: str, owner: psycopg.Connection) -> None:
    (count,) = read(
        owner,
        "select sum(cardinality(rows)) as n, min(first_position) as f, max(last_position) as l from fax.session_pack",
    )
    owner.execute("alter table fax.session_pack detach partition fax.session_pack_2026_11")
    what = f"detached from fax.session_pack; it holds {count['n']} rows, positions {count['f']} to {count['l']}"
    assert f"partitions: fax.session_pack_2026_11: {what}" in as_lines(verified(log))


def test_a_reader_of_the_log_may_read_packs(log: str, owner: psycopg.Connection) -> None:
    with psycopg.connect(make_conninfo(log, options="-c role=fax_sealer")) as sealer:
        assert sealer.execute("select count(*) from fax.rows_between(1, 100)").fetchone() == (100,)
