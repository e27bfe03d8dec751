"""fax.session_pages: one row per counted page, observed or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.kit.given import (
    Row,
    append,
    at,
    before_negotiation,
    completed,
    entry,
    gateway,
    gone,
    of,
    read,
    receiving,
    sending,
    snapshot,
    the_session,
)


def pages(database: psycopg.Connection) -> list[Row]:
    return read(database, "select * from fax.session_pages order by page")


def test_one_row_per_transferred_page(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (1, 2), (2, 3)), completed(3, 3, "SendFAX"))
    assert [row["page"] for row in pages(database)] == [1, 2, 3]


@pytest.mark.parametrize(
    "given",
    [[before_negotiation(0)], [entry(0)], [*receiving((0, 1, 7)), completed(1, 0)], [entry(0, operation="V.21")]],
)
def test_no_pages_no_rows(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, given)
    assert pages(database) == []


def test_a_page_lasts_from_its_first_snapshot_to_the_first_of_the_next(database: psycopg.Connection) -> None:
    append(database, receiving((2, 1, 0), (9, 1, 4), (12, 2, 0), (20, 2, 1), (25, 3, 1)), gone(26))
    assert [of(row, "page_started_at", "page_ended_at", "seconds") for row in pages(database)] == [
        (at(2), at(12), 10),
        (at(12), at(25), 13),
    ]


def test_the_first_page_starts_after_negotiation(database: psycopg.Connection) -> None:
    append(database, [before_negotiation(0), before_negotiation(5)], receiving((6, 1, 0), (20, 2, 0)), gone(21))
    (page,) = pages(database)
    assert of(page, "page_started_at", "seconds") == (at(6), 14)


def test_a_page_without_an_observed_end_has_no_duration(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (5, 2, 3)), completed(9, 2))
    assert [of(row, "page_ended_at", "seconds", "bad_lines") for row in pages(database)] == [
        (at(5), 5, 0),
        (None, None, 3),
    ]


def test_an_unobserved_page_has_only_its_number(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 2), (10, 3, 1), (15, 4, 1)), gone(16))
    unseen = pages(database)[1]
    assert unseen["page"] == 2
    names = (
        "page_started_at",
        "seconds",
        "attempts",
        "bad_lines",
        "bad_lines_discarded",
        "data_rate",
        "resolution",
        "quality",
    )
    assert of(unseen, *names) == (None,) * 8


def test_a_page_that_was_sent_again(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 40), (1, 1, 63), (2, 1, 0), (3, 1, 2), (4, 2, 0), (5, 3, 0)), gone(6))
    assert [of(row, "attempts", "bad_lines", "bad_lines_discarded", "seconds") for row in pages(database)] == [
        (2, 2, 63, 4),
        (1, 0, 0, 1),
    ]


def test_pages_sum_up_to_the_session(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 40), (1, 1, 7), (2, 2, 30), (3, 2, 9), (4, 3, 5), (5, 3, 5), (6, 4, 5)), gone(7))
    (found,) = read(
        database,
        "select s.bad_lines = sum(p.bad_lines) as kept,"
        " s.bad_lines_discarded = sum(p.bad_lines_discarded) as discarded,"
        " s.worst_page_bad_lines = max(p.bad_lines) as worst, s.pages = count(*) as pages, s.bad_lines"
        " from fax.sessions s join fax.session_pages p using (session_id)"
        " group by s.bad_lines, s.bad_lines_discarded, s.worst_page_bad_lines, s.pages",
    )
    assert found == {"kept": True, "discarded": True, "worst": True, "pages": True, "bad_lines": 21}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (sending((0, 1), (1, 2)), (None, None, None)),
        (receiving((0, 1, 0), (1, 2, 0), error_correction_mode=True), (None, None, None)),
        (gateway((0, 1, 9600), (1, 2, 9600)), (None, None, None)),
        (receiving((0, 1, 0), (1, 2, 0)), (0, 0, "good")),
    ],
)
def test_bad_lines_are_null_if_not_measurable(
    database: psycopg.Connection, given: list[Any], expected: tuple[Any, ...]
) -> None:
    append(database, given)
    (page,) = pages(database)
    assert of(page, "bad_lines", "bad_lines_discarded", "quality") == expected
    assert page["attempts"] == 1


@pytest.mark.parametrize(
    ("bad_lines", "y_resolution", "quality"),
    [
        (0, 3850, "good"),
        (57, 3850, "good"),
        (58, 3850, "poor"),
        (171, 3850, "poor"),
        (172, 3850, "bad"),
        (114, 7700, "good"),
        (115, 7700, "poor"),
        (5000, 15400, "bad"),
    ],
)
def test_quality_by_the_share_of_an_a4_page(
    database: psycopg.Connection, bad_lines: int, y_resolution: int, quality: str
) -> None:
    """1143 lines at standard resolution: 5 % are 57, 15 % are 171 (spandsp, t30.c copy_quality)."""
    append(database, receiving((0, 1, bad_lines), (1, 2, 0), y_resolution=y_resolution))
    assert pages(database)[0]["quality"] == quality


def test_rate_and_resolution_are_the_last_of_the_page(database: psycopg.Connection) -> None:
    append(
        database,
        snapshot(0, data_rate=9600, y_resolution=7700),
        snapshot(1, data_rate=7200, y_resolution=3850),
        snapshot(2, data_rate=4800, page_number=2, pages_received=1),
    )
    assert [of(row, "data_rate", "resolution") for row in pages(database)] == [(7200, "standard")]


def test_a_switch_to_t38_changes_no_page(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (5, 2)), sending((6, 1), (9, 1), session_type="T.38"), gone(10))
    (page,) = pages(database)
    assert of(page, "page", "page_started_at", "page_ended_at") == (1, at(0), at(5))


def test_a_filter_on_server_or_start_reaches_the_pages(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (5, 2, 0)))
    assert read(
        database, "select count(*) from fax.session_pages where server = 'pbx' and started_at >= '2026-11-02'"
    ) == [{"count": 1}]
    assert read(database, "select count(*) from fax.session_pages where started_at >= '2026-12-01'") == [{"count": 0}]


# -- how far apart the polls were ---------------------------------------------------------------------------


def test_poll_gap_at_the_end_of_a_page(database: psycopg.Connection) -> None:
    """Of the last page, the time to the end of the session if PageNumber never advanced."""
    append(database, receiving((0, 1, 0), (1, 1, 4), (1.5, 2, 0), (8, 2, 7), (10, 3, 1)), gone(10.4))
    append(database, completed(10.6, 3))
    gaps = [row["poll_gap_seconds"] for row in pages(database)]
    assert [None if gap is None else float(gap) for gap in gaps] == [0.5, 2, pytest.approx(0.6)]
    assert of(the_session(database), "poll_gap_seconds", "bad_lines_lower_bound", "bad_lines") == (2, True, 12)


def test_frequent_polls_miss_no_bad_line(database: psycopg.Connection) -> None:
    """About 1 s of preamble and MPS follows the last line before the next page resets the count."""
    append(database, receiving((0, 1, 0), (0.8, 1, 4), (1.6, 2, 0), (2.4, 2, 7), (3.2, 3, 7)), completed(3.5, 2))
    assert of(the_session(database), "bad_lines_lower_bound", "bad_lines") == (False, 11)


def test_an_unobserved_page_makes_bad_lines_a_lower_bound(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (0.5, 1, 4), (1, 3, 0), (1.5, 3, 2), (2, 4, 2)), completed(2.5, 3))
    assert [row["poll_gap_seconds"] is None for row in pages(database)] == [False, True, False]
    assert the_session(database)["bad_lines_lower_bound"] is True


@pytest.mark.parametrize(
    "given", [sending((0, 1), (1, 2)), receiving((0, 1, 0), (1, 2, 0), error_correction_mode=True)]
)
def test_no_lower_bound_if_not_measurable(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, given, gone(2))
    assert of(the_session(database), "poll_gap_seconds", "bad_lines_lower_bound") == (None, None)


# -- estimates and classes ----------------------------------------------------------------------------------


def test_the_lines_of_a_page_are_an_estimate(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 80), (2, 2, 0)), receiving((3, 2, 80), (4, 3, 80), y_resolution=7700))
    names = ("lines_estimated", "bad_line_ratio_estimated", "quality")
    assert [of(row, *names) for row in pages(database)] == [
        (1143, Decimal("0.0700"), "poor"),
        (2287, Decimal("0.0350"), "good"),
    ]


def test_the_limits_of_the_classes_are_in_a_table(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 80), (2, 2, 0)))
    database.execute("update fax.quality_class set bad_line_ratio_below = 0.08 where quality = 'good'")
    database.execute("insert into fax.quality_class values ('perfect', 0.001)")
    assert [row["quality"] for row in pages(database)] == ["good"]


# -- a technology that counts the bad lines of the whole session ----------------------------------------------


@pytest.fixture
def other(database: psycopg.Connection) -> str:
    """The name of a technology that counts per session."""
    database.execute("insert into fax.technology values ('Other', 'session')")
    return "Other"


def test_bad_lines_of_earlier_pages_are_subtracted(database: psycopg.Connection, other: str) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 9), (2, 2, 9), (3, 2, 20), (4, 3, 20), (5, 3, 20), technology=other))
    append(database, receiving((6, 4, 26), technology=other), completed(7, 3))
    assert [of(row, "bad_lines", "attempts", "bad_lines_discarded") for row in pages(database)] == [
        (9, 1, None), (11, 1, None), (0, 1, None),
    ]  # fmt: skip
    row = the_session(database)
    assert of(row, "bad_lines", "worst_page_bad_lines", "bad_lines_discarded") == (20, 11, None)


def test_a_count_below_that_of_earlier_pages_subtracts_nothing(database: psycopg.Connection, other: str) -> None:
    append(database, receiving((0, 1, -1), (1, 2, 9), (2, 3, 4), technology=other), completed(3, 3))
    assert [row["bad_lines"] for row in pages(database)] == [0, 9, 0]


def test_an_unlisted_technology_counts_per_page(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 9), (2, 2, 9), (3, 2, 20), (4, 3, 20), technology="Unheard"))
    assert [row["bad_lines"] for row in pages(database)] == [9, 20]
