"""Roll-ups are the sum of the totals at every moment, and usage and failures are what the sessions give."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from faxstore.observations import Record
from tests.kit.given import append, completed, entry, gone, hangup, life, of, read, receiving, result, sending, snapshot
from tests.kit.rollups import failures_of_sessions, merge, usage, usage_of_sessions, wrong_rollups
from tests.kit.totals import totalled, untotalled, write_totals

FAX = [
    *receiving((0, 1, 0), (9, 1, 4), (10, 2, 4)),
    *result(11, "FAILED", "HANGUP", "The call dropped prematurely"),
    completed(12, 1, AccountCode="a"),
]
OTHER = [*sending((100, 1), (110, 3), number=1), gone(111, 1)]
COUNTS = ("sessions", "pages", "page_reports", "bad_lines", "measurements", "seconds", "durations", "after_a_page")


def rolled_up(database: psycopg.Connection) -> list[tuple[object, ...]]:
    """Hours, server, account, direction, result, class and sessions of the rows, in their order."""
    return database.execute(
        "select hours, server, account_code, direction, result, result_class, sessions from fax.usage_rollup"
        " order by hours, sessions desc, server, account_code, direction, merged"
    ).fetchall()


def check(database: psycopg.Connection) -> None:
    """Compares roll-ups with totals, and usage and failures with the sessions."""
    assert wrong_rollups(database) == []
    for zone, bucket in (("Asia/Kathmandu", "hour"), ("Europe/Berlin", "day")):
        period = ("-infinity", "infinity", zone, bucket)
        assert usage(database, *period) == usage_of_sessions(database, *period)
    assert read(database, "select * from fax.failures f order by f::text") == failures_of_sessions(database)


def test_a_total_counts_in_its_hour_its_quarter_of_a_day_and_its_day(rolled_back: psycopg.Connection) -> None:
    append(rolled_back, FAX)
    assert rolled_up(rolled_back) == []
    write_totals(rolled_back)
    rows = read(rolled_back, "select * from fax.usage_rollup order by hours")
    assert [of(row, "hours", "span_start") for row in rows] == [
        (1, datetime(2026, 11, 2, 8, tzinfo=UTC)),
        (6, datetime(2026, 11, 2, 6, tzinfo=UTC)),
        (24, datetime(2026, 11, 2, tzinfo=UTC)),
    ]
    for row in rows:
        assert of(row, "server", "account_code", "direction") == ("pbx", "a", "received")
        assert of(row, "result", "result_class") == ("failed", "call_dropped")
        assert of(row, *COUNTS) == (1, 1, 1, 4, 1, 12, 1, 1)
    check(rolled_back)


def test_rows_are_added_up(rolled_back: psycopg.Connection) -> None:
    for number in range(5):
        append(rolled_back, *receiving((number, 1, 0), number=number), gone(50, number))
        write_totals(rolled_back)
    assert len(rolled_up(rolled_back)) == 15
    assert merge(rolled_back) == 15
    one = ("pbx", None, "received", "unknown", None, 5)
    assert rolled_up(rolled_back) == [(1, *one), (6, *one), (24, *one)]
    assert merge(rolled_back) == 0
    check(rolled_back)


def test_a_few_rows_at_a_time(rolled_back: psycopg.Connection) -> None:
    append(rolled_back, FAX, OTHER)
    write_totals(rolled_back)
    for _ in range(6):
        assert merge(rolled_back, most=1) == 1
        check(rolled_back)
    assert merge(rolled_back, most=1) == 0


@pytest.mark.parametrize("merged", [True, False])
def test_a_removed_total_leaves_nothing(rolled_back: psycopg.Connection, merged: bool) -> None:
    append(rolled_back, FAX)
    write_totals(rolled_back)
    if merged:
        merge(rolled_back)
    append(rolled_back, gone(13))
    check(rolled_back)
    merge(rolled_back)
    assert rolled_up(rolled_back) == []
    check(rolled_back)


def test_a_session_without_an_end_of_its_own_does_not_count(rolled_back: psycopg.Connection) -> None:
    """It is counted from its total: the next start of its server ends it, without a row of its own."""
    append(rolled_back, receiving((0, 1, 0), (9, 2, 4)))
    write_totals(rolled_back)
    assert rolled_up(rolled_back) == []
    check(rolled_back)
    append(rolled_back, snapshot(90, of=life(started=50)))
    (first, *_) = usage(rolled_back, "2026-11-02 08:00", "2026-11-02 08:01", "UTC", "day")
    assert of(first, "sessions", "unknown_durations") == (1, 0)
    assert len(totalled(rolled_back)) == 1
    check(rolled_back)


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([entry(0, operation="V.21", session_type="none"), gone(3)], id="a detector"),
        pytest.param([*result(0, "SUCCESS", "", "OK"), completed(1, 3, "SendFAX"), hangup(2)], id="only events"),
        pytest.param([*result(0, "SUCCESS", "", "OK"), hangup(2)], id="no completion event"),
        pytest.param([snapshot(0, page_number=None), gone(3)], id="no pages"),
        pytest.param([snapshot(0, operation=None, file_name=None), gone(3)], id="no operation"),
        pytest.param([snapshot(0, page_number=-(2**31)), gone(1)], id="an absurd page number"),
        pytest.param([gone(5)], id="only its absence"),
        pytest.param([gone(5), snapshot(7)], id="seen after it was gone"),
    ],
)
def test_a_session_of_any_kind_counts_as_in_the_views(rolled_back: psycopg.Connection, records: list[Record]) -> None:
    append(rolled_back, records)
    check(rolled_back)
    write_totals(rolled_back)
    assert untotalled(rolled_back) == set()
    check(rolled_back)
    merge(rolled_back)
    check(rolled_back)


@pytest.mark.parametrize(
    "statement",
    [
        "select fax.erase_session(session_id, 'asked for') from fax.session where session_number = 0",
        "update fax.technology set bad_lines_counted_by = 'session'",
        "update fax.session set operation = 'send', is_fax = false where session_number = 0",
        "select fax.forget_totals(array(select session_id from fax.session_total))",
        "update fax.session_total set pages = 7, account_code = 'b'",
        "delete from fax.session_total where session_number = 0",
    ],
)
@pytest.mark.parametrize("merged", [True, False])
def test_whatever_changes_a_total_changes_the_counts(
    rolled_back: psycopg.Connection, statement: str, merged: bool
) -> None:
    append(rolled_back, FAX, OTHER)
    write_totals(rolled_back)
    if merged:
        merge(rolled_back)
    rolled_back.execute(statement.encode())
    check(rolled_back)
    write_totals(rolled_back)
    merge(rolled_back)
    check(rolled_back)


def test_an_account_of_any_length_counts(rolled_back: psycopg.Connection) -> None:
    """Index entries have a limit of 2,700 bytes; names from the wire have none."""
    long = "".join(chr(65 + n * n % 26) for n in range(20_000))
    append(rolled_back, receiving((0, 1, 0)), completed(1, 1, AccountCode=long))
    write_totals(rolled_back)
    merge(rolled_back)
    check(rolled_back)
