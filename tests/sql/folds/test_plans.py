"""A query costs what its answer contains: which partitions of the history it opens, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from faxstore.observations import Observation
from tests.kit.databases import fresh
from tests.kit.given import append, completed, gone, life, receiving, result
from tests.kit.partitions import created_on
from tests.kit.plans import explained

DAY = 86_400
DAYS = ("2026_07_01", "2026_08_01", "2026_09_01", "2026_10_02", "2026_11_02")
FAXES_PER_DAY = 40


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A history of a day in each of five months, with a partition for each, and with planner statistics."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        created_on(connection, "2026-06-01")
        begun = life(started=-200 * DAY)
        for place, day in enumerate(DAYS):
            connection.execute("select fax.make_partition(to_date(%s, 'YYYY_MM_DD'))", [day])
            rows: list[Observation] = []
            for fax in range(FAXES_PER_DAY):
                rows += a_fax(place * FAXES_PER_DAY + fax, (place - 4) * 31 * DAY + fax * 600, of=begun)
            append(connection, rows)
        connection.execute("vacuum analyze")
        yield connection


def a_fax(number: int, second: float, **other: Any) -> list[Observation]:
    channel = f"PJSIP/trunk-{number:08x}"
    pages = receiving(*((second + n, 1 + n // 4, n % 4) for n in range(12)), number=number, channel=channel, **other)
    on = {"channel": channel, "uniqueid": f"1.{number}", **other}
    end = completed(second + 13, 2)
    end = Observation(other["of"], end.observed_at, end.event, number, **fields(end, channel))
    return [*pages, *result(second + 12, "SUCCESS", "", "OK", **on), end, gone(second + 14, number, of=other["of"])]


def fields(event: Observation, channel: str) -> dict[str, Any]:
    names = ("operation", "data_rate", "x_resolution", "y_resolution", "pages_received", "file_name")
    return {name: getattr(event, name) for name in names} | {"channel": channel}


def one_session(connection: psycopg.Connection) -> tuple[UUID, Any]:
    """A fax of the middle day."""
    query = "select session_id, started_at from fax.session where session_number = %s"
    row = connection.execute(query, [2 * FAXES_PER_DAY + 20]).fetchone()
    assert row is not None
    return row[0], row[1]


def scans(connection: psycopg.Connection, question: str, *parameters: object) -> set[tuple[str, str]]:
    """How each partition of the history was read: (day, kind of scan), without those not read."""
    return {
        (str(node["Relation Name"]).removeprefix("observation_"), str(node["Node Type"]))
        for node in explained(connection, question, *parameters)
        if str(node.get("Relation Name", "")).startswith("observation")
    }


def days(found: set[tuple[str, str]]) -> set[str]:
    """The days of partitions.  The default partition is empty; a period with days that have none opens it too."""
    return {day for day, _ in found if day != "default"}


def sessions_read(connection: psycopg.Connection, question: str, *parameters: object) -> float:
    """The highest number of rows that one scan of fax.session returned."""
    read = [node for node in explained(connection, question, *parameters) if node.get("Relation Name") == "session"]
    return max((node["Actual Rows"] * node["Actual Loops"] for node in read), default=0)


def history_rows_read(connection: psycopg.Connection, question: str, *parameters: object) -> float:
    """The rows of the history that all scans together returned."""
    read = explained(connection, question, *parameters)
    scanned = [node for node in read if str(node.get("Relation Name", "")).startswith("observation")]
    return float(sum(node["Actual Rows"] * node["Actual Loops"] for node in scanned))


def test_the_history_of_these_tests_is_in_five_days(filled: psycopg.Connection) -> None:
    found = filled.execute(
        "select right(tableoid::regclass::text, 10), count(*) from fax.observation group by 1 order by 1"
    ).fetchall()
    assert found == [(day, FAXES_PER_DAY * 17) for day in DAYS]
    assert filled.execute("select count(*), sum(pages), sum(bad_lines) from fax.sessions").fetchone() == (
        200,
        400,
        1200,
    )


INDEXED = {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


FOLDED_AT_ONCE = ["session_snapshots", "session_events", "session_evidence", "session_fold"]


@pytest.mark.parametrize("view", ["sessions", "session_facts", "session_pages", "session_timeline", "session_charges"])
def test_one_session_by_its_id_opens_one_partition_by_its_index(filled: psycopg.Connection, view: str) -> None:
    session, _ = one_session(filled)
    question = f"select * from fax.{view} where session_id = %s"
    found = scans(filled, question, session)
    assert days(found) == {"2026_09_01"}
    assert {kind for _, kind in found} <= INDEXED
    assert sessions_read(filled, question, session) == 1


@pytest.mark.parametrize(
    "view",
    [
        *("sessions", "session_pages", "session_timeline", "page_attempts", "session_rows", "session_history"),
        *FOLDED_AT_ONCE,
    ],
)
def test_one_session_by_id_and_start_opens_one_partition_by_its_index(filled: psycopg.Connection, view: str) -> None:
    session, started = one_session(filled)
    question = f"select * from fax.{view} where session_id = %s and started_at = %s"
    found = scans(filled, question, session, started)
    assert days(found) == {"2026_09_01"}
    assert {kind for _, kind in found} <= INDEXED


@pytest.mark.parametrize("view", ["session_timeline", "page_attempts", "session_rows"])
def test_the_start_may_come_from_a_subquery(filled: psycopg.Connection, view: str) -> None:
    session, _ = one_session(filled)
    question = (
        f"select * from fax.{view} where session_id = %s"
        " and started_at = (select started_at from fax.session where session_id = %s)"
    )
    assert days(scans(filled, question, session, session)) == {"2026_09_01"}


def test_a_generic_plan_opens_one_partition(filled: psycopg.Connection) -> None:
    """Drivers get a generic plan after several executions of a prepared statement."""
    session, _ = one_session(filled)
    with filled.transaction(force_rollback=True):
        filled.execute("set local plan_cache_mode = force_generic_plan")
        filled.execute("prepare question (uuid) as select * from fax.sessions where session_id = $1")
        found = scans(filled, f"execute question ('{session}')")
        filled.execute("deallocate question")
    assert days(found) == {"2026_09_01"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("started_at >= '2026-11-01 00:00+00'", {"2026_11_02"}),
        ("started_at >= '2026-10-01 00:00+00'", {"2026_10_02", "2026_11_02"}),
        ("started_at >= '2026-08-01 00:00+00' and started_at < '2026-09-01 00:00+00'", {"2026_08_01"}),
        ("started_at between '2026-08-01 00:00+00' and '2026-09-15 00:00+00'", {"2026_08_01", "2026_09_01"}),
        ("started_at < '2026-08-01 00:00+00'", {"2026_07_01"}),
        ("started_at >= '2027-01-01 00:00+00'", set()),
        ("server = 'pbx' and started_at >= '2026-11-01 00:00+00'", {"2026_11_02"}),
        ("server = 'another'", set()),
    ],
)
@pytest.mark.parametrize("view", ["sessions", "session_pages", "session_charges"])
def test_a_period_opens_its_days(filled: psycopg.Connection, view: str, condition: str, expected: set[str]) -> None:
    assert days(scans(filled, f"select * from fax.{view} where {condition}")) == expected


@pytest.mark.parametrize("view", FOLDED_AT_ONCE)
def test_a_fold_of_a_month_reads_each_row_of_that_month_once(filled: psycopg.Connection, view: str) -> None:
    question = (
        f"select * from fax.{view} where started_at >= '2026-10-01 00:00+00' and started_at < '2026-11-01 00:00+00'"
    )
    assert days(scans(filled, question)) == {"2026_10_02"}
    assert 0 < history_rows_read(filled, question) <= FAXES_PER_DAY * 17


@pytest.mark.parametrize("view", FOLDED_AT_ONCE)
def test_a_fold_of_a_set_of_sessions_reads_only_their_rows(filled: psycopg.Connection, view: str) -> None:
    some = filled.execute(
        "select array_agg(session_id) from fax.session where session_number between 90 and 94"
    ).fetchone()
    assert some is not None
    question = f"select * from fax.{view} where session_id = any(%s)"
    assert 0 < history_rows_read(filled, question, *some) <= 5 * 17


def test_a_total_of_a_month_opens_its_days(filled: psycopg.Connection) -> None:
    question = "select server, sum(pages), sum(bad_lines) from fax.sessions where started_at >= '2026-11-01' group by 1"
    assert days(scans(filled, question)) == {"2026_11_02"}


@pytest.mark.parametrize("view", ["session_timeline", "page_attempts", "session_rows"])
def test_the_timeline_of_a_day_opens_that_day(filled: psycopg.Connection, view: str) -> None:
    asked_for = "started_at >= '2026-11-02 00:00+00' and started_at < '2026-11-03 00:00+00'"
    question = f"select * from fax.{view} where {asked_for}"
    assert days(scans(filled, question)) == {"2026_11_02"}


def test_the_latest_sessions_open_the_latest_day(filled: psycopg.Connection) -> None:
    filled.execute("set enable_seqscan = off")  # 200 sessions are so few that sorting them all would be as quick
    found = scans(filled, "select * from fax.sessions order by started_at desc limit 20")
    filled.execute("reset enable_seqscan")
    assert days(found) == {"2026_11_02"}


def test_rows_after_a_position_open_only_their_partitions(filled: psycopg.Connection) -> None:
    """An export reads positions above its last one; the BRIN index skips partitions without any."""
    last = filled.execute("select max(last_position) - 5 from fax.append_batch").fetchone()
    assert last is not None
    row = filled.execute("select count(*) from fax.session_history where position > %s", last).fetchone()
    assert row == (5,)
    indexes = filled.execute(
        "select count(*) from pg_indexes where schemaname = 'fax' and indexdef like '%USING brin (\"position\")%'"
    ).fetchone()
    partitions = filled.execute("select count(*) from pg_partition_tree('fax.observation')").fetchone()
    assert indexes == partitions
