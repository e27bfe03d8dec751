"""Tables on terminals of several widths, in a pipe, and of rows that are still arriving."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.cells import cell_len

from faxstore.report.columns import Column, Long, fields, last_text
from faxstore.report.screen import SAMPLE, Screen

LETTER: dict[str, Any] = {"no": 7, "result": "success", "pages": 12}
LETTER |= {"file": "/var/spool/fax/2026/letter.tif", "reason": "All is well"}
COLUMNS = (
    *fields("no"),
    Column("result", lambda row: row["result"], rank=1, least=7),
    Column("pages", lambda row: row["pages"], rank=2),
    Column("file", lambda row: row["file"], rank=3, long=Long.CUT_START),
    Column("reason", lambda row: row["reason"], rank=4, long=Long.CUT_END),
)


def printed(width: int | None, *rows: dict[str, Any], columns: tuple[Column, ...] = COLUMNS) -> list[str]:
    """The lines of a table on a terminal of that width; None: in a pipe."""
    out = io.StringIO()
    Screen(out, width).table(rows, columns)
    return out.getvalue().splitlines()


def hidden(width: int) -> tuple[str, ...]:
    screen = Screen(io.StringIO(), width)
    screen.table([LETTER], COLUMNS)
    return tuple(screen.hidden)


def test_a_pipe_has_every_column_and_every_text_whole() -> None:
    assert printed(None, LETTER) == [
        "no  result   pages  file                            reason",
        "───────────────────────────────────────────────────────────────",
        " 7  success     12  /var/spool/fax/2026/letter.tif  All is well",
    ]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (63, " 7  success     12  /var/spool/fax/2026/letter.tif  All is well"),
        (50, " 7  success     12  …/2026/letter.tif  All is well"),
        (40, " 7  success     12  …fax/2026/letter.tif"),
        (30, " 7  success     12"),
        (15, " 7  success"),
        (3, " 7"),
        (1, " 7"),
    ],
)
def test_a_narrow_terminal_has_fewer_columns_and_no_figure_is_cut(width: int, expected: str) -> None:
    assert printed(width, LETTER)[2].rstrip() == expected


def test_the_hidden_columns_are_known() -> None:
    assert hidden(63) == ()
    assert hidden(44) == ("reason",)
    assert hidden(15) == ("pages", "file", "reason")


@pytest.mark.parametrize("width", range(1, 80))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = printed(width, LETTER, LETTER | {"reason": "", "pages": None})
    assert all(cell_len(line) <= max(width, 2) for line in lines)


@pytest.mark.parametrize("width", [40, 63, None])
def test_a_later_figure_that_is_wider_than_its_column_moves_the_next_cells(width: int | None) -> None:
    later = LETTER | {"no": 1234567890, "result": "unknown", "pages": 123456, "file": "a.tif"}
    line = printed(width, *[LETTER] * SAMPLE, later)[-1]
    assert line.startswith("1234567890  unknown  123456  a.tif")


def test_a_later_row_is_in_its_columns_again_where_there_is_room() -> None:
    lines = printed(None, *[LETTER] * SAMPLE, LETTER | {"no": 1234, "pages": 3})
    assert lines[-1] == "1234  success    3  /var/spool/fax/2026/letter.tif  All is well"
    assert lines[-1].index("/var") == lines[2].index("/var")


def test_an_ellipsis_always_means_a_longer_text() -> None:
    lines = printed(40, LETTER | {"file": "…/letter.tif"}, LETTER | {"file": "/somewhere/else/altogether/a.tif"})
    assert r"\u2026/letter.tif" in lines[2]
    assert lines[3].endswith("  …se/altogether/a.tif")


def test_a_text_in_the_last_column_continues_on_further_lines() -> None:
    columns = (*fields("no"), last_text("reason"))
    assert printed(20, LETTER | {"reason": "Many words that need more than one line"}, columns=columns)[2:] == [
        " 7  Many words that",
        "    need more than",
        "    one line",
    ]


def test_wide_characters_and_combining_marks_take_the_room_that_they_have() -> None:
    columns = fields("file", "no")
    names = ["東京ファックス", "Zu\u0308rich", "\U0001f4e0 Büro", "plain"]
    lines = printed(60, *[{"file": name, "no": 1} for name in names], columns=columns)
    assert {cell_len(line) for line in lines[2:]} == {len("東京ファックス") * 2 + len("  no")}


@pytest.mark.parametrize("width", range(17, 40))
def test_wide_characters_are_not_split(width: int) -> None:
    row = LETTER | {"file": "東京ファックス/Zu\u0308rich/\U0001f4e0.tif"}
    columns = (Column("no", lambda row: row["no"]), Column("file", lambda row: row["file"], long=Long.CUT_START))
    line = printed(width, row, columns=columns)[2]
    assert cell_len(line) <= width
    assert line.removeprefix(" 7  ").removeprefix("…") in row["file"]


def test_control_characters_are_visible() -> None:
    for width in (40, None):
        row = {"file": "\x1b[31mred\x07\r\n\u202eleft\x9b"}
        lines = printed(width, row, columns=fields("file"))
        assert lines[2:] == [r"\x1b[31mred\x07\x0d\x0a\u202eleft\x9b"]


def test_the_first_rows_appear_before_the_last_ones_arrive() -> None:
    out = io.StringIO()

    def arriving() -> Iterator[dict[str, Any]]:
        for number in range(SAMPLE + 1):
            yield LETTER | {"no": number}
        assert f"\n{SAMPLE - 1}  success" in out.getvalue()
        yield LETTER

    Screen(out, 80).table(arriving(), COLUMNS)
    assert len(out.getvalue().splitlines()) == 2 + SAMPLE + 2


def test_a_table_without_rows_has_its_titles() -> None:
    assert printed(None, columns=fields("no", "result")) == ["no  result", "──────────"]


def test_a_stream_without_utf_8_gets_what_it_can_show() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, "latin-1") as out:
        Screen(out, None, out.encoding).table([{"no": "Zürich"}, {"no": "東京"}], fields("no"))
        assert raw.getvalue() == "no\n------\nZürich\n\\u6771\\u4eac\n".encode("latin-1")
