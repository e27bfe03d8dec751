"""Tests of the one-line form of errors."""

from __future__ import annotations

import pytest

from faxstore.errors import one_line


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("permission denied\nDETAIL:  no\tright"), "permission denied DETAIL: no right"),
        (TimeoutError(), "TimeoutError"),
        ("\x1b[31mred\r\nServer: evil\0", "[31mred Server: evil"),
        ("", ""),
    ],
)
def test_an_error_is_one_printable_line(error: BaseException | str, text: str) -> None:
    assert one_line(error) == text
