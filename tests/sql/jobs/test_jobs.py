"""fax.jobs: given attempts, expect which of them are one job, and what its row says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.kit import given
from tests.kit.given import of, read, sessions
from tests.kit.given_attempts import DAY, HOUR, Attempt, append_attempts, jobs_of, sizes

FAILED = Attempt(0)
SUCCEEDED = Attempt(0, "success", pages=3)


def later(attempt: Attempt, at: float, **changes: Any) -> Attempt:
    return replace(attempt, at=at, **changes)


# -- which attempts are one job ------------------------------------------------------------------------------


def test_attempts_are_one_job_until_one_succeeds(database: psycopg.Connection) -> None:
    rows = jobs_of(database, FAILED, later(FAILED, 300), later(SUCCEEDED, 600))
    assert sizes(rows) == [3]


def test_sending_it_again_after_a_success_is_a_new_job(database: psycopg.Connection) -> None:
    rows = jobs_of(database, FAILED, later(SUCCEEDED, 300), later(FAILED, 600), later(SUCCEEDED, 900))
    assert sizes(rows) == [2, 2]


@pytest.mark.parametrize(
    "other",
    [
        {"server": "other"},
        {"account": "law"},
        {"called": "222"},
        {"called": "+111"},  # numbers compare as they were received
        {"called": None},
        {"files": ("other.tif",)},
        {"files": ("letter.tif", "other.tif")},
        {"files": ()},
        {"direction": "received"},
    ],
)
def test_attempts_that_differ_in_anything_are_two_jobs(database: psycopg.Connection, other: dict[str, Any]) -> None:
    assert sizes(jobs_of(database, FAILED, later(FAILED, 300, **other))) == [1, 1]


@pytest.mark.parametrize("other", [{"caller": "5550002"}, {"caller": None}, {"pages": 7}, {"result": "unknown"}])
def test_what_else_differs_does_not_matter(database: psycopg.Connection, other: dict[str, Any]) -> None:
    assert sizes(jobs_of(database, FAILED, later(FAILED, 300, **other))) == [2]


def test_the_order_of_the_files_does_not_matter(database: psycopg.Connection) -> None:
    (row,) = jobs_of(database, replace(FAILED, files=("b.tif", "a.tif")), Attempt(300, files=("a.tif", "b.tif")))
    assert of(row, "attempts", "file_names") == (2, ["a.tif", "b.tif"])


def test_other_jobs_may_run_in_between(database: psycopg.Connection) -> None:
    """Three documents to two numbers, each tried twice."""
    documents: list[dict[str, Any]] = [{"called": "111"}, {"called": "222"}, {"called": "111", "files": ("other.tif",)}]
    tries = [later(FAILED, 300 * n, **documents[n % 3]) for n in range(6)]
    assert sizes(jobs_of(database, *tries)) == [2, 2, 2]


@pytest.mark.parametrize(("pause", "expected"), [(DAY, [2]), (DAY + 0.000001, [1, 1])])
def test_the_window_counts_from_the_start_of_the_attempt_before(
    database: psycopg.Connection, pause: float, expected: list[int]
) -> None:
    """However long that attempt took."""
    assert sizes(jobs_of(database, replace(FAILED, seconds=HOUR), later(FAILED, pause))) == expected


def test_a_job_may_last_longer_than_the_window(database: psycopg.Connection) -> None:
    assert sizes(jobs_of(database, *[later(FAILED, n * 20 * HOUR) for n in range(5)])) == [5]


def test_the_window_can_be_set(database: psycopg.Connection) -> None:
    append_attempts(database, FAILED, later(FAILED, HOUR), later(FAILED, 4 * HOUR))
    database.execute("update fax.job_window set hours = 1.5")
    assert sizes(read(database, "select attempts from fax.jobs order by first_attempt_at")) == [2, 1]


def test_the_windows_hours_do_not_depend_on_summer_time(database: psycopg.Connection) -> None:
    """The local day of 2026-03-29 in Berlin has 23 hours; 24 hours are 24 hours."""
    march = -219 * DAY
    append_attempts(database, later(FAILED, march), later(FAILED, march + DAY))
    database.execute("set local timezone = 'Europe/Berlin'")
    assert sizes(read(database, "select attempts from fax.jobs")) == [2]


@pytest.mark.parametrize(("gap", "expected"), [("unknown", [2]), ("open", [2])])
def test_a_retry_follows_an_attempt_without_a_known_result(
    database: psycopg.Connection, gap: str, expected: list[int]
) -> None:
    assert sizes(jobs_of(database, replace(FAILED, result=gap), later(SUCCEEDED, 300))) == expected


def test_attempts_first_seen_in_the_same_poll_are_in_the_order_of_their_numbers(database: psycopg.Connection) -> None:
    rows = jobs_of(database, replace(SUCCEEDED, at=5), later(FAILED, 5))
    assert sorted(row["result"] for row in rows) == ["failed", "success"]
    assert sizes(rows) == [1, 1]


def test_attempts_at_once_are_one_job_until_one_succeeds(database: psycopg.Connection) -> None:
    """Somebody sends one document to one number from two places, or again while the first attempt hangs."""
    rows = jobs_of(database, replace(FAILED, seconds=600), later(FAILED, 300), later(SUCCEEDED, 350, seconds=100))
    assert sizes(rows) == [3]


# -- what identifies a fax -----------------------------------------------------------------------------------


def test_without_a_number_the_files_identify_it(database: psycopg.Connection) -> None:
    unknown = replace(FAILED, called=None)
    rows = jobs_of(database, unknown, later(unknown, 60), later(unknown, 120, files=("other.tif",)))
    assert sizes(rows) == [2, 1]


@pytest.mark.parametrize("unknown", [{"called": None}, {"files": ()}])
def test_without_one_of_them_faxes_at_once_are_different(database: psycopg.Connection, unknown: dict[str, Any]) -> None:
    """One document to several numbers that are unknown, or several unknown documents to one number."""
    lasting = replace(FAILED, seconds=300, **unknown)
    assert sizes(jobs_of(database, lasting, later(lasting, 200), later(lasting, 600))) == [1, 2]


def test_without_files_the_number_identifies_it(database: psycopg.Connection) -> None:
    unknown = replace(FAILED, files=())
    rows = jobs_of(database, unknown, later(unknown, 60), later(unknown, 120, called="222"))
    assert sizes(rows) == [2, 1]


def test_without_either_each_attempt_is_a_job(database: psycopg.Connection) -> None:
    unknown = replace(FAILED, called=None, files=())
    rows = jobs_of(database, unknown, later(unknown, 60))
    assert [of(row, "attempts", "joinable_until") for row in rows] == [(1, None), (1, None)]


def test_an_erased_attempt_stays_in_its_job(database: psycopg.Connection) -> None:
    """Number and files identified it. They are gone, but the attempts still belong together."""
    append_attempts(database, replace(FAILED, pages=4), later(FAILED, 60), later(SUCCEEDED, 120))
    database.execute("select fax.erase_session(%s, 'asked for')", [sessions(database)[0]["session_id"]])
    rows = read(database, "select * from fax.jobs order by first_attempt_at")
    assert [of(row, "attempts", "called_number", "file_names", "pages") for row in rows] == [
        (3, "111", ["letter.tif"], 3)
    ]


def test_a_fax_of_unknown_direction_is_a_job(database: psycopg.Connection) -> None:
    unknown = replace(FAILED, direction=None)
    rows = jobs_of(database, unknown, later(unknown, 60))
    assert [of(row, "attempts", "direction", "succeeded") for row in rows] == [(1, None, None), (1, None, None)]


@pytest.mark.parametrize("direction", ["gateway", "detector"])
def test_gateways_and_detectors_are_no_attempts(database: psycopg.Connection, direction: str) -> None:
    assert jobs_of(database, replace(FAILED, direction=direction)) == []


# -- received faxes ------------------------------------------------------------------------------------------

INCOMING = Attempt(0, direction="received", files=("in-1.tif",))


def test_a_caller_who_tries_again_after_a_failure_is_one_job(database: psycopg.Connection) -> None:
    """Each attempt has its own file; the job has that of the last one."""
    (row,) = jobs_of(database, INCOMING, later(INCOMING, 120, result="success", files=("in-2.tif",), pages=4))
    assert of(row, "attempts", "succeeded", "pages", "file_names") == (2, True, 4, ["in-2.tif"])


@pytest.mark.parametrize("result", ["success", "unknown", "open"])
def test_only_a_known_failure_of_a_received_fax_is_followed(database: psycopg.Connection, result: str) -> None:
    """One caller sends different documents."""
    assert sizes(jobs_of(database, replace(INCOMING, result=result), later(INCOMING, 120))) == [1, 1]


def test_faxes_of_one_caller_at_once_are_different(database: psycopg.Connection) -> None:
    """Even if the first one fails while the second one runs."""
    assert sizes(jobs_of(database, replace(INCOMING, seconds=300), later(INCOMING, 200))) == [1, 1]


@pytest.mark.parametrize(
    "other", [{"caller": "5550002"}, {"called": "222"}, {"account": "law"}, {"server": "other"}, {"caller": None}]
)
def test_another_caller_or_called_number_is_another_job(database: psycopg.Connection, other: dict[str, Any]) -> None:
    assert sizes(jobs_of(database, INCOMING, later(INCOMING, 120, **other))) == [1, 1]


@pytest.mark.parametrize("caller", [None, "anonymous", "Restricted", "<unknown>", ""])
def test_a_caller_without_a_number_identifies_nobody(database: psycopg.Connection, caller: str | None) -> None:
    """Even if all received faxes have the same file."""
    hidden = replace(INCOMING, caller=caller, files=("fax.tif",))
    assert sizes(jobs_of(database, hidden, later(hidden, 120))) == [1, 1]


# -- the row of a job ----------------------------------------------------------------------------------------


def test_a_job_that_succeeds(database: psycopg.Connection) -> None:
    law = Attempt(0, account="law", pages=5, seconds=40)
    (row,) = jobs_of(database, law, later(law, 600, result="success", pages=3, seconds=90))
    first, last = (session["session_id"] for session in sessions(database))
    assert of(row, "job_id", "last_session_id", "session_ids") == (first, last, [first, last])
    assert of(row, "server", "account_code", "direction") == ("pbx", "law", "sent")
    assert of(row, "caller_number", "called_number", "file_names") == ("5550001", "111", ["letter.tif"])
    assert of(row, "first_attempt_at", "last_attempt_at", "ended_at") == (given.at(0), given.at(600), given.at(690))
    assert of(row, "attempts", "succeeded", "in_progress", "joinable_until") == (2, True, False, None)
    assert of(row, "result", "result_class", "result_text", "transport") == ("success", "success", "OK", "G.711")
    assert of(row, "pages", "seconds", "attempts_without_seconds") == (3, 130, 0)


def test_a_job_that_fails(database: psycopg.Connection) -> None:
    """It has the pages of its best attempt and the reason of its last one."""
    (row,) = jobs_of(database, replace(FAILED, pages=4), later(FAILED, 600, pages=2))
    assert of(row, "attempts", "succeeded", "result", "pages", "seconds") == (2, False, "failed", 4, 60)
    assert of(row, "result_class", "result_text") == ("call_dropped", "The call dropped prematurely")
    assert row["joinable_until"] == given.at(600 + DAY)


@pytest.mark.parametrize(
    ("results", "succeeded"),
    [
        (("unknown",), None),
        (("unknown", "failed"), None),
        (("failed", "unknown"), None),
        (("failed", "open"), None),
        (("unknown", "success"), True),
        (("failed", "failed"), False),
    ],
)
def test_success_is_unknown_if_no_attempt_settles_it(
    database: psycopg.Connection, results: tuple[str, ...], succeeded: bool | None
) -> None:
    (row,) = jobs_of(database, *[later(FAILED, 60 * n, result=result) for n, result in enumerate(results)])
    assert of(row, "attempts", "succeeded", "result") == (
        len(results),
        succeeded,
        results[-1].replace("open", "unknown"),
    )


def test_a_job_in_progress_has_no_end(database: psycopg.Connection) -> None:
    (row,) = jobs_of(database, FAILED, later(FAILED, 600, result="open"))
    assert of(row, "in_progress", "ended_at", "joinable_until") == (True, None, given.at(600 + DAY))
    assert of(row, "seconds", "attempts_without_seconds") == (30, 1)


def test_pages_and_seconds_are_null_if_no_attempt_has_them(database: psycopg.Connection) -> None:
    (row,) = jobs_of(database, replace(FAILED, pages=None, result="open"))
    assert of(row, "pages", "seconds", "attempts_without_seconds") == (0, None, 1)


def test_an_empty_history_has_no_jobs(database: psycopg.Connection) -> None:
    assert jobs_of(database) == []


# -- the masked view and the window's table ------------------------------------------------------------------


def test_the_masked_view_has_the_same_jobs(database: psycopg.Connection) -> None:
    append_attempts(database, replace(FAILED, called="+1 555 0100"), later(FAILED, 300))
    rows = read(database, "select * from fax.jobs_masked order by first_attempt_at")
    assert [of(row, "attempts", "caller_number", "called_number", "files") for row in rows] == [
        (1, "*****01", "*********00", 1),
        (1, "*****01", "***", 1),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "update fax.job_window set hours = 0",
        "update fax.job_window set hours = null",
        "insert into fax.job_window (hours) values (2)",
        "insert into fax.job_window values (2, false)",
    ],
)
def test_the_window_is_one_positive_number(database: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.IntegrityError), database.transaction():
        database.execute(statement.encode())


@pytest.mark.parametrize("statement", ["delete from fax.job_window", "truncate fax.job_window"])
def test_the_window_cannot_be_removed(database: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege), database.transaction():
        database.execute(statement.encode())
