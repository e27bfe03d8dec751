"""fax.session_pages: one row a page that counts, seen or not."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.views.given import (
    Row,
    append,
    at,
    before_agreement,
    completed,
    entry,
    gateway,
    gone,
    of,
    read,
    receiving,
    sending,
    snapshot,
)


def pages(database: psycopg.Connection) -> list[Row]:
    return read(database, "select * from fax.session_pages order by page")


def test_as_many_rows_as_pages_that_were_transferred(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (1, 2), (2, 3)), completed(3, 3, "SendFAX"))
    assert [row["page"] for row in pages(database)] == [1, 2, 3]


@pytest.mark.parametrize(
    "given",
    [[before_agreement(0)], [entry(0)], [*receiving((0, 1, 7)), completed(1, 0)], [entry(0, operation="V.21")]],
)
def test_no_page_no_row(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, given)
    assert pages(database) == []


def test_a_page_lasts_from_its_first_snapshot_to_the_first_of_the_next(database: psycopg.Connection) -> None:
    append(database, receiving((2, 1, 0), (9, 1, 4), (12, 2, 0), (20, 2, 1), (25, 3, 1)), gone(26))
    assert [of(row, "page_started_at", "page_ended_at", "seconds") for row in pages(database)] == [
        (at(2), at(12), 10),
        (at(12), at(25), 13),
    ]


def test_the_first_page_begins_once_the_two_ends_have_agreed(database: psycopg.Connection) -> None:
    append(database, [before_agreement(0), before_agreement(5)], receiving((6, 1, 0), (20, 2, 0)), gone(21))
    (page,) = pages(database)
    assert of(page, "page_started_at", "seconds") == (at(6), 14)


def test_a_page_whose_end_no_poll_saw_has_no_length(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (5, 2, 3)), completed(9, 2))
    assert [of(row, "page_ended_at", "seconds", "bad_lines") for row in pages(database)] == [
        (at(5), 5, 0),
        (None, None, 3),
    ]


def test_a_page_that_no_poll_saw_has_its_number_and_nothing_else(database: psycopg.Connection) -> None:
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


def test_the_sum_over_the_pages_is_the_session(database: psycopg.Connection) -> None:
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
def test_bad_lines_that_nobody_counts_are_null(
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
def test_quality_goes_by_the_share_of_an_a4_page(
    database: psycopg.Connection, bad_lines: int, y_resolution: int, quality: str
) -> None:
    """1143 lines at standard resolution: 5 % are 57, 15 % are 171 (spandsp, t30.c copy_quality)."""
    append(database, receiving((0, 1, bad_lines), (1, 2, 0), y_resolution=y_resolution))
    assert pages(database)[0]["quality"] == quality


def test_rate_and_resolution_are_the_last_ones_of_the_page(database: psycopg.Connection) -> None:
    append(
        database,
        snapshot(0, data_rate=9600, y_resolution=7700),
        snapshot(1, data_rate=7200, y_resolution=3850),
        snapshot(2, data_rate=4800, page_number=2, pages_received=1),
    )
    assert [of(row, "data_rate", "resolution") for row in pages(database)] == [(7200, "standard")]


def test_the_counters_that_start_again_at_a_switch_to_t38_change_no_page(database: psycopg.Connection) -> None:
    append(database, sending((0, 1), (5, 2)), sending((6, 1), (9, 1), session_type="T.38"), gone(10))
    (page,) = pages(database)
    assert of(page, "page", "page_started_at", "page_ended_at") == (1, at(0), at(5))


def test_a_filter_on_server_or_start_reaches_the_pages(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (5, 2, 0)))
    assert read(
        database, "select count(*) from fax.session_pages where server = 'pbx' and started_at >= '2026-11-02'"
    ) == [{"count": 1}]
    assert read(database, "select count(*) from fax.session_pages where started_at >= '2026-12-01'") == [{"count": 0}]
