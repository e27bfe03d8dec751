r"""fax.peer_id(): ids of one peer differ only in padding; the padding may be stored as an escape."""

from __future__ import annotations

import psycopg
import pytest

from tests.kit.given import append, of, read, sessions
from tests.sql.folds.test_quality_by_peer import peers, received

PADDING = [" ", "  ", "\t", "\r\n", "\x01\x7f", "\x85", "\xa0", "\u2007", "\u200b", "\u202f", "\u3000", "\ufeff"]
ESCAPED = [r"\x00", r"\x00\x00", r"\x1b", r"\xa0", r"\t", r"\n", r"\r \x00"]


def peer_id(database: psycopg.Connection, name: str | None) -> str | None:
    ((found,),) = database.execute("select fax.peer_id(%s)", [name]).fetchall()
    return found if found is None else str(found)


@pytest.mark.parametrize("padding", [*PADDING, *ESCAPED], ids=ascii)
def test_padding_is_left_out_at_both_ends(database: psycopg.Connection, padding: str) -> None:
    for name in ("+49 30 5550100", "Büro Süd", "Факс №1", "Ω", "=1+2", "x"):
        for padded in (padding + name, name + padding, padding * 3 + name + " " + padding):
            assert peer_id(database, padded) == name
    assert peer_id(database, padding) is None


@pytest.mark.parametrize(
    "name", ["+49  30", "a\tb", "a\xa0b", r"a\x00b", r"x\xe4", r"C:\new", r"\\", "ALICE", "alice", "+1 555", "1 555"]
)
def test_everything_else_stays(database: psycopg.Connection, name: str) -> None:
    assert peer_id(database, name) == name


def test_no_id_is_no_peer(database: psycopg.Connection) -> None:
    assert peer_id(database, None) is None
    assert peer_id(database, "") is None


@pytest.mark.parametrize("name", ["5550107", " 5550107", r"5550107\x00", "15550107", "555010", "", None])
def test_a_peer_is_known_by_its_id(database: psycopg.Connection, name: str | None) -> None:
    ((known, by_id),) = database.execute(
        "select coalesce(fax.is_peer(n, '5550107'), false), coalesce(fax.peer_id(n) = '5550107', false)"
        " from (select %s::text) as names (n)",
        [name],
    ).fetchall()
    assert known == by_id


def test_long_padding_takes_no_long_time(database: psycopg.Connection) -> None:
    """The other side chooses the text."""
    with database.transaction():
        database.execute("set local statement_timeout = '5s'")
        name = "a" + " " * 100_000 + "b"
        assert peer_id(database, name + " " * 100_000) == name


def test_ids_that_differ_only_in_padding_are_one_peer(database: psycopg.Connection) -> None:
    ids = ["+49 30 5550107", "   +49 30 5550107", "+49 30 5550107\xa0", r"+49 30 5550107\x00", "+49 30 555 0107"]
    for number, name in enumerate(ids):
        append(database, received(100 * number, number, (0, 1, 0), (9, 2, 0), end={"RemoteStationID": name}))
    assert [of(row, "peer", "sessions", "pages") for row in peers(database)] == [
        ("+49 30 555 0107", 1, 1), ("+49 30 5550107", 4, 4),
    ]  # fmt: skip
    assert [row["remote_station_id"] for row in sessions(database)] == ids


def test_an_id_of_blanks_leaves_the_number(database: psycopg.Connection) -> None:
    append(database, received(0, 0, (0, 1, 0), (9, 2, 0), end={"RemoteStationID": r" \x00", "CallerIDNum": " 5550001"}))
    (row,) = read(database, "select peer from fax.quality_by_peer")
    assert row["peer"] == "5550001"
