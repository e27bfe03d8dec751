"""For generated attempts, fax.jobs and fax.jobs_between() equal the jobs computed in Python."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.given import START, read, sessions
from tests.kit.given_attempts import HOUR, Attempt, append_attempts
from tests.sql.jobs.jobs_in_python import jobs

EXAMPLES = 150 if os.environ.get("FAXSTORE_TEST_SERVER") != "system" else 75

NUMBERS = st.sampled_from(("111", "222", "anonymous", None))
FILES = st.lists(st.sampled_from(("a.tif", "b.tif")), max_size=2).map(tuple)
QUARTERS = st.integers(0, 80).map(lambda quarter: quarter * HOUR / 4)

ATTEMPTS = st.builds(
    Attempt,
    at=QUARTERS,
    result=st.sampled_from(("failed", "failed", "failed", "success", "unknown", "open")),
    called=NUMBERS,
    files=FILES,
    direction=st.sampled_from(("sent", "sent", "sent", "received", "received", "gateway", "detector", None)),
    caller=NUMBERS,
    account=st.sampled_from((None, None, "law")),
    server=st.sampled_from(("pbx", "pbx", "other")),
    pages=st.sampled_from((0, 1, 5)),
    seconds=st.sampled_from((5, 1200, 2 * HOUR)),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Attempt]:
    """Attempts at few faxes, so that many of them meet: each is one of some templates at another time."""
    templates = draw(st.lists(ATTEMPTS, min_size=1, max_size=4))
    return [
        Attempt(**{**vars(draw(st.sampled_from(templates))), "at": draw(QUARTERS), "result": draw(ATTEMPTS).result})
        for _ in range(draw(st.integers(1, 12)))
    ]


@settings(max_examples=EXAMPLES, deadline=None, derandomize="FAXSTORE_TEST_RANDOM" not in os.environ, database=None)
@given(
    attempts=histories(),
    hours=st.sampled_from((1, 2.5, 24)),
    period=st.tuples(QUARTERS, st.integers(1, 40)),
    servers=st.sampled_from((None, ["pbx"], ["other", "pbx"])),
)
def test_the_views_equal_the_definition(
    connection: psycopg.Connection,
    attempts: list[Attempt],
    hours: float,
    period: tuple[float, int],
    servers: list[str] | None,
) -> None:
    with connection.transaction(force_rollback=True):
        append_attempts(connection, *attempts)
        connection.execute("update fax.job_window set hours = %s", [hours])
        expected = jobs(sessions(connection), hours)
        assert by_id(read(connection, "select * from fax.jobs")) == expected
        since = START + timedelta(seconds=period[0])
        until = since + timedelta(minutes=15 * period[1])
        found = read(connection, "select * from fax.jobs_between(%s, %s, %s)", since, until, servers)
        assert by_id(found) == {
            job_id: row
            for job_id, row in expected.items()
            if since <= row["first_attempt_at"] < until and row["server"] in (servers or ["pbx", "other"])
        }


def by_id(rows: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    found = {row["job_id"]: row for row in rows}
    assert len(found) == len(rows)
    return found
