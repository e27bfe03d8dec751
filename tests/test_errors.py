"""Tests of the one-line form of errors."""

from __future__ import annotations

from pathlib import Path

import pytest

import faxstore
from faxstore.errors import one_line

PRODUCT = Path(faxstore.__file__).parent


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


def test_one_line_and_permission_denied_are_defined_once() -> None:
    sources = [file.read_text(encoding="utf-8") for file in PRODUCT.rglob("*.py")]
    assert sum(source.count("def one_line(") for source in sources) == 1
    assert sum(source.count('"Permission denied"') for source in sources) == 1
