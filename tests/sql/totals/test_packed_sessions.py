"""Packed rows have the same totals, and a late row or an erasure of a packed session removes its total."""

from __future__ import annotations

import psycopg

from tests.kit.given import append, completed, gone, of, receiving, the_id, the_session
from tests.kit.packing import pack
from tests.kit.totals import totalled, untotalled, write_totals, wrong

FAX = [*receiving((1, 1, 0), (2, 1, 40), (3, 1, 2), (4, 2, 5)), completed(5, 2, CallerIDNum="5550001")]


def test_a_session_may_be_packed_before_or_after_its_total(database: psycopg.Connection) -> None:
    append(database, FAX)
    before = the_session(database)
    assert pack(database) == len(FAX)
    assert write_totals(database) == 1
    assert the_session(database) == before
    append(database, gone(6))
    assert untotalled(database) == {before["session_id"]}
    assert write_totals(database) == 1
    pack(database)
    assert wrong(database) == []
    assert totalled(database) == {before["session_id"]}


def test_an_erasure_of_a_packed_session_removes_its_total(database: psycopg.Connection) -> None:
    append(database, FAX)
    write_totals(database)
    pack(database)
    session = the_id(database)
    database.execute("select fax.erase_session(%s, 'asked for')", [session])
    assert untotalled(database) == {session}
    assert of(the_session(database), "caller_number", "file_names") == (None, None)
