"""A reader that continues after any of its lines gets exactly the rest, whatever happened to the database meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest

from faxstore.follow import versions
from faxstore.follow.position import Position
from faxstore.follow.versions import SAID, Line
from faxstore.store.compaction import write_all_totals
from tests.kit.databases import fresh
from tests.kit.fax_traffic import Traffic
from tests.kit.followed import in_full, lines_after
from tests.kit.given import append, read
from tests.kit.packing import pack

BATCHES = 120
Followed = tuple[psycopg.Connection, list[Line]]


@pytest.fixture(scope="module")
def followed(server: str, template: str) -> Iterator[Followed]:
    """A database with random traffic of two observers, and the lines that a reader got append by append."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    traffic, draw = Traffic(seed, at_once=8), random.Random(seed)
    lines: list[Line] = []
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        for batch in (*(traffic.batch() for _ in range(BATCHES)), *traffic.rest()):
            append(database, batch, collector=draw.choice(("one", "two")))
            lines += lines_after(database, lines[-1].position if lines else "0")
        yield database, lines


def test_there_are_lines_of_every_kind(followed: Followed) -> None:
    _, lines = followed
    assert len(lines) > 60
    assert sum(line.revision > 1 for line in lines) > 5
    assert sum(line.position.ordinal > 0 for line in lines) > 1
    assert [line.position for line in lines] == sorted({line.position for line in lines})


def test_the_last_line_of_each_fax_says_what_the_view_says(followed: Followed) -> None:
    database, lines = followed
    last = {line.fax["session_id"]: line.fax for line in lines}
    query = "select * from fax.sessions where direction is distinct from 'detector' and end_observed_by <> 'open'"
    rows = {row["session_id"]: row for row in read(database, query)}
    assert last.keys() == rows.keys()
    for session, said in last.items():
        assert [(name, said[name]) for name in SAID] == [(name, rows[session][name]) for name in SAID]


def test_a_reader_that_continues_gets_the_rest(followed: Followed) -> None:
    database, lines = followed
    for number in random.sample(range(len(lines)), 12):
        assert in_full(lines_after(database, lines[number].position)) == in_full(lines[number + 1 :])


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_lines_do_not_depend_on_how_much_is_read_at_once(
    followed: Followed, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, lines = followed
    monkeypatch.setattr(versions, "MOST_ROWS", rows)
    begin = len(lines) * 2 // 3 if rows == 1 else 0
    after = lines[begin - 1].position if begin else Position(0)
    assert in_full(lines_after(database, after)) == in_full(lines[begin:])


def test_compaction_changes_no_line(followed: Followed) -> None:
    database, lines = followed
    write_all_totals(database, 0, lambda _: None)
    assert pack(database) > 0
    assert in_full(lines_after(database)) == in_full(lines)
