"""On given appends: what was known earlier (19), reading by position (20), and changes by a superuser (21)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import psycopg
import pytest

from tests.cookbook.given_faxes import BEGAN, completion, fax
from tests.cookbook.statements import Row, ask, lines
from tests.kit.given import FILE, append, sending

PARTITION = "fax.observation_past"

# -- 19: what was known at an earlier moment ----------------------------------------------------------------


def test_19_late_rows_change_today_and_not_what_was_known(database: psycopg.Connection) -> None:
    """Two pages were observed; then a late poll, the completion event with a third page, and a new fax arrive."""
    on = {"channel": "PJSIP/trunk-00000001", "uniqueid": "1793000000.1", "of": BEGAN}
    counted = {"number": 1, "channel": on["channel"], "uniqueid": on["uniqueid"], "of": BEGAN}
    append(database, sending((0, 1), (10, 2), (20, 3), **counted))
    then = last_position(database)
    assert as_of(database, then) == (1, 2, 1, 2)
    append(database, sending((15, 2), **counted))
    append(database, completion(30, 3, operation="send", file_name=FILE, on=on))
    append(database, fax(100, 2, 5))
    assert as_of(database, then) == (1, 2, 2, 8)
    assert as_of(database, last_position(database)) == (2, 8, 2, 8)


def last_position(database: psycopg.Connection) -> int:
    (last,) = database.execute("select max(last_position) from fax.append_batch").fetchall()[0]
    return int(last)


def as_of(database: psycopg.Connection, position: int) -> tuple[Any, ...]:
    """Sessions and pages as known when that position was assigned, and as known now."""
    put = {"21000": str(position), "('ten-pages-22', 'twenty-16', 'twenty-22')": "('pbx')"}
    (line,) = lines(ask(database, 19, put), "sessions_then", "pages_then", "sessions_now", "pages_now")
    return line


# -- 20: new rows ------------------------------------------------------------------------------------------


def test_20_a_reader_misses_nothing_while_four_write(dsn: str, database: psycopg.Connection) -> None:
    """Each position once and in order, and the same rows for the same window."""
    writers = [Thread(target=write, args=(dsn, writer)) for writer in range(4)]
    for writer in writers:
        writer.start()
    windows: list[tuple[int, list[Row]]] = []
    cursor, written = 0, False
    while not written:
        written = not any(writer.is_alive() for writer in writers)
        rows = since(database, cursor)
        if rows:
            windows.append((cursor, rows))
            cursor = rows[-1]["position"]
    seen = [row["position"] for _, rows in windows for row in rows]
    assert seen == list(range(1, last_position(database) + 1))
    assert len(seen) > 4 * 20
    for cursor, rows in windows:
        assert since(database, cursor, rows[-1]["position"]) == rows


def write(dsn: str, writer: int) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(20):
            append(connection, fax(number * 60, writer * 100 + number), collector=f"writer {writer}")


def since(database: psycopg.Connection, cursor: int, until: int = 1_000_000) -> list[Row]:
    return ask(database, 20, {"position > 20 and position <= 24": f"position > {cursor} and position <= {until}"})


# -- 21: changes by other means ----------------------------------------------------------------------------


@pytest.fixture
def history(database: psycopg.Connection) -> psycopg.Connection:
    """Three appends of three rows each."""
    for number in range(3):
        append(database, sending((number * 60, 1), (number * 60 + 5, 1), (number * 60 + 10, 2), number=number))
    return database


@contextmanager
def without_its_trigger(database: psycopg.Connection, table: str = PARTITION) -> Iterator[None]:
    """Permit changes inside the block, as only a superuser can."""
    query = "select tgname from pg_trigger where tgrelid = %s::regclass and not tgisinternal"
    triggers = [name for (name,) in database.execute(query, [table]).fetchall()]
    for name in triggers:
        database.execute(f"alter table {table} disable trigger {name}".encode())
    yield
    for name in triggers:
        database.execute(f"alter table {table} enable always trigger {name}".encode())


def change(database: psycopg.Connection, statement: str, rows: int = 1) -> None:
    """Execute a statement that bypasses the trigger."""
    with without_its_trigger(database):
        assert database.execute(statement.encode()).rowcount == rows


def test_21_an_unchanged_history_gives_no_row(history: psycopg.Connection) -> None:
    """Nothing is reported, even after a repeat and after old rows were frozen."""
    append(history, sending((0, 1), (5, 1), (10, 2), number=0))
    history.execute("vacuum (freeze) fax.observation, fax.append_batch")
    assert ask(history, 21) == []


def test_21_the_trigger_refuses_a_change(history: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="append-only"):
        history.execute(f"update {PARTITION} set page_number = 9".encode())


def test_21_a_changed_row_is_named(history: psycopg.Connection) -> None:
    change(history, f"update {PARTITION} set page_number = 9 where position = 5")
    assert lines(ask(history, 21)) == [(4, 6, 3, 3, [5])]


def test_21_a_deleted_row_is_missing_from_its_append(history: psycopg.Connection) -> None:
    change(history, f"delete from {PARTITION} where position = 5")
    assert lines(ask(history, 21)) == [(4, 6, 3, 2, None)]


@pytest.mark.parametrize(
    ("position", "line"), [(10, (10, 10, 0, 1, [10])), (5, (4, 6, 3, 4, [5])), (0, (0, 0, 0, 1, [0]))]
)
def test_21_an_inserted_row_is_named(history: psycopg.Connection, position: int, line: tuple[Any, ...]) -> None:
    """After the last append, within one, before the first."""
    columns = "session_id, started_at, observed_at, position, event, collector"
    copied = f"session_id, started_at, observed_at + interval '1 second', {position}, event, collector"
    change(history, f"insert into {PARTITION} ({columns}) select {copied} from {PARTITION} where position = 5")
    assert lines(ask(history, 21)) == [line]


@pytest.mark.parametrize(
    ("other", "expected"), [(6, [(4, 6, 3, 3, [5, 6])]), (8, [(4, 6, 3, 3, [5]), (7, 9, 3, 3, [8])])]
)
def test_21_swapped_positions_are_named(history: psycopg.Connection, other: int, expected: list[Any]) -> None:
    """Within an append, and between two."""
    swap = f"set position = case position when 5 then {other} else 5 end where position in (5, {other})"
    change(history, f"update {PARTITION} {swap}", rows=2)
    assert lines(ask(history, 21)) == expected


def test_21_a_changed_record_of_an_append_is_found(history: psycopg.Connection) -> None:
    with without_its_trigger(history, "fax.append_batch"):
        history.execute("update fax.append_batch set appended_at = now() - interval '1 year' where last_position = 6")
    assert lines(ask(history, 21)) == [(4, 6, 3, 3, [4, 5, 6])]


def test_21_an_append_removed_with_its_record_leaves_a_hole(history: psycopg.Connection) -> None:
    change(history, f"delete from {PARTITION} where position between 4 and 6", rows=3)
    with without_its_trigger(history, "fax.append_batch"):
        history.execute("delete from fax.append_batch where last_position = 6")
    assert ask(history, 21) != []
