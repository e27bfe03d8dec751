"""The course of a fax on a time axis: given pages and changes, expect the characters."""

from __future__ import annotations

from typing import Any

from faxstore.report.course import course
from tests.kit.given import at

WIDTH = 51


def page(number: int, began: float | None) -> dict[str, Any]:
    return {"page": number, "page_started_at": None if began is None else at(began)}


def change(second: float, rate: int | None = None, bad_lines: int | None = None) -> dict[str, Any]:
    return {"observed_at": at(second), "data_rate": rate, "bad_lines_delta": bad_lines}


def drawn(*rows: dict[str, Any], pages: int = 2, ended: float | None = 20, width: int = WIDTH) -> list[str]:
    """The course of a fax that began at 0, whose pages began at 1 and 11."""
    session = {"started_at": at(0), "ended_at": None if ended is None else at(ended)}
    return list(course(session, [page(1, 1), page(2, 11)][:pages], rows, width))


def test_pages_rates_and_bad_lines_share_one_axis() -> None:
    assert drawn(change(0), change(2, 9600), change(4, 9600, 2), change(5, 9600, 4), change(12, 4800, -6)) == [
        "course     08:00:00        08:00:10        08:00:20",
        "pages        1━━━━━━━━━━━━━━━━━━━2━━━━━━━━━━━━━━━━━",
        "bit/s          9600━━━━━━━━━━━━━━━━4800━━━━━━━━━━━━",
        "bad lines          ▅ █",
    ]


def test_a_fax_in_progress_is_drawn_until_its_last_change() -> None:
    assert drawn(change(2, 9600), change(20), ended=None)[1] == drawn(change(2, 9600), change(20))[1]


def test_a_step_without_room_for_its_label_has_none() -> None:
    assert drawn(change(2, 14400), change(4, 9600), change(12, 4800))[2] == (
        "bit/s          14400━━━━━━━━━━━━━━━4800━━━━━━━━━━━━"
    )


def test_what_is_unknown_is_not_drawn() -> None:
    assert drawn(change(0), change(19), pages=0) == []
    assert drawn(change(0), change(19), pages=1)[1:] == ["pages        1━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━"]


def test_a_fax_without_a_duration_and_a_narrow_terminal_have_no_course() -> None:
    assert drawn(change(2, 9600), ended=0) == []
    assert drawn(change(2, 9600), width=50) == []
