"""fax.changed_appends(): given appends and packs that a superuser changed, expect the appends concerned."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest

from tests.kit.given import append, snapshot
from tests.kit.packing import pack
from tests.kit.plans import explained

Line = tuple[int | None, ...]
Change = Callable[[psycopg.Connection], None]

APPENDS = 6


@pytest.fixture
def history(database: psycopg.Connection) -> psycopg.Connection:
    """Six appends of two rows: positions 1 and 2, 3 and 4, ... The second row is of the session of the next append."""
    for number in range(APPENDS):
        append(database, [snapshot(number * 10, of, channel=f"X{of}") for of in (number, number + 1)])
    return database


def appended_at(database: psycopg.Connection) -> list[datetime | None]:
    """The moments of the appends, then none: the period of the n-th append is from the n-th to the next."""
    found = database.execute("select appended_at from fax.append_batch order by last_position").fetchall()
    return [moment for (moment,) in found] + [None]


def changed(database: psycopg.Connection, since: Any = None, until: Any = None) -> list[tuple[Any, ...]]:
    return database.execute("select * from fax.changed_appends(%s, %s)", [since, until]).fetchall()


def bypass(database: psycopg.Connection, *statements: str) -> None:
    """Execute statements without the triggers, as only a superuser can."""
    tables = "select oid::regclass::text from pg_class where relname ~ '^(observation|session_pack|append_batch)'"
    for (table,) in database.execute(f"{tables} and relkind in ('r', 'p')".encode()).fetchall():
        database.execute(f"alter table {table} disable trigger all".encode())
    for statement in statements:
        assert database.execute(statement.encode()).rowcount > 0


def without(position: int) -> str:
    rows = f"array(select r from unnest(rows) r where r.position <> {position})"
    return f"update fax.session_pack set rows = {rows} where {has(position)}"


def has(position: int) -> str:
    return f"exists (select from unnest(rows) r where r.position = {position})"


def copied(position: int, to: int) -> str:
    copy = f"row((jsonb_populate_record(r, '{{\"position\": {to}}}')).*)::fax.observation"
    return (
        f"update fax.session_pack set rows = rows || (select {copy} from unnest(rows) r where r.position = {position})"
        f" where {has(position)}"
    )


def test_an_unchanged_history_has_none_in_any_period(history: psycopg.Connection) -> None:
    """Packs cross the ends of most periods."""
    moments = appended_at(history)
    periods = [(since, until) for n, since in enumerate(moments) for until in moments[n:]]

    def found() -> list[Any]:
        return [line for since, until in periods for line in changed(history, since, until)]

    assert found() == []
    assert pack(history) == 2 * APPENDS
    assert found() == []
    append(history, [snapshot(number * 10 + 5, number, channel=f"X{number}") for number in range(APPENDS)])
    assert found() == []


@pytest.mark.parametrize(
    ("statements", "lines"),
    [
        ([without(4)], [(3, 4, 2, 1, None)]),
        (["delete from fax.session_pack where first_position = 4"], [(3, 4, 2, 1, None), (5, 6, 2, 1, None)]),
        (["delete from fax.session_pack"], [(n, n + 1, 2, 0, None) for n in range(1, 12, 2)]),
        ([copied(4, 5)], [(5, 6, 2, 3, None)]),
        ([copied(4, 13)], [(13, 13, 0, 1, [13])]),
        ([copied(4, 20)], [(20, 20, 0, 1, [20])]),
        ([copied(4, -7)], [(-7, -7, 0, 1, [-7])]),
        ([without(1)], [(1, 2, 2, 1, None)]),
        ([without(12)], [(11, 12, 2, 1, None)]),
        (["delete from fax.append_batch where last_position = 4"], [(3, 4, None, 0, None)]),
    ],
)
def test_a_changed_pack_is_found(history: psycopg.Connection, statements: list[str], lines: list[Line]) -> None:
    """Removed: a row, a pack, all packs, an append's record. Added: a row, where one exists or none was appended."""
    pack(history)
    bypass(history, *statements)
    assert changed(history) == lines


def test_it_is_found_in_the_period_of_its_append_only(history: psycopg.Connection) -> None:
    pack(history)
    moments = appended_at(history)
    bypass(history, without(4))
    found = [changed(history, *moments[number : number + 2]) for number in range(APPENDS)]
    assert found == [[], [(3, 4, 2, 1, None)], [], [], [], []]


def test_positions_after_the_last_append_are_in_its_period(history: psycopg.Connection) -> None:
    pack(history)
    moments = appended_at(history)
    bypass(history, copied(12, 30))
    assert changed(history, moments[-2]) == [(30, 30, 0, 1, [30])]
    assert changed(history, None, moments[-2]) == []


def test_a_late_row_that_is_not_packed_shows_who_wrote_it(history: psycopg.Connection) -> None:
    pack(history)
    append(history, snapshot(15, 1, channel="X1"), snapshot(25, 2, channel="X2"))
    bypass(history, "update fax.observation set page_number = 9 where position = 14")
    assert changed(history) == [(13, 14, 2, 2, [14])]


def test_other_values_and_as_many_other_rows_in_packs_are_not_seen(history: psycopg.Connection) -> None:
    """faxstore verify finds both (tests/log/test_packed_rows.py)."""
    pack(history)
    value = (
        "array(select row((jsonb_populate_record(r, '{\"page_number\": 9}')).*)::fax.observation from unnest(rows) r)"
    )
    bypass(history, f"update fax.session_pack set rows = {value} where first_position = 4", without(4), copied(5, 5))
    assert changed(history) == []


@pytest.mark.parametrize("seed", range(12))
def test_one_row_less_or_more_is_found_wherever_it_is(database: psycopg.Connection, seed: int) -> None:
    """In random appends of which some sessions are packed and some rows are late."""
    rng = random.Random(seed)
    second = 0
    for stage in range(2):
        for _ in range(rng.randint(1, 6)):
            second += 1
            sessions = rng.sample(range(8), rng.randint(1, 5))
            append(database, [snapshot(second, number, channel=f"X{number}") for number in sessions])
        if stage == 0:
            pack(database)
    appends = database.execute(
        "select first_position, last_position, rows from fax.append_batches order by 1"
    ).fetchall()
    position, to = rng.randint(1, appends[-1][1]), rng.randint(-2, appends[-1][1] + 3)
    packed = database.execute(
        "select 1 from fax.session_pack p, unnest(p.rows) r where r.position = %s", [position]
    ).fetchone()
    delete = f"delete from fax.observation where position = {position}"
    insert = (
        "insert into fax.observation (session_id, started_at, observed_at, position, event, collector)"
        f" select session_id, started_at, observed_at + interval '1 day', {to}, event, collector"
        f" from fax.observation where position = {position}"
    )
    remove = rng.random() < 0.5
    bypass(
        database, (without(position) if remove else copied(position, to)) if packed else (delete if remove else insert)
    )
    at, change = (position, -1) if remove else (to, 1)
    of_append = [(first, last, rows, rows + change) for first, last, rows in appends if first <= at <= last]
    assert [line[:4] for line in changed(database)] in (of_append, [(at, at, 0, 1)])


def test_it_opens_the_packs_at_the_ends_of_its_period(history: psycopg.Connection) -> None:
    pack(history)
    moments = appended_at(history)
    assert packs_opened(history, None, None) == 0
    assert packs_opened(history, moments[1], moments[4]) == 2


def packs_opened(database: psycopg.Connection, *period: datetime | None) -> int:
    nodes = explained(database, "select * from fax.changed_appends(%s, %s)", *period)
    return sum(int(node["Actual Loops"]) for node in nodes if node.get("Function Name") == "unnest")
