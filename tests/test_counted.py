"""A count of one has a singular noun, in every message."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from faxstore.counted import counted

PRODUCT = Path(__file__).parents[1] / "faxstore"

EXCEPTIONS = {"capture/marks.py", "demo/summary.py", "ingest/watchdog.py"}
"""Modules with a text that is parsed again, the name of a command, and "1 of 1 servers"."""

NOUNS = {
    "batches", "bytes", "checks", "corrections", "days", "entries", "events", "faxes", "files", "findings", "gaps",
    "lines", "messages", "months", "notes", "observations", "pages", "partitions", "records", "rows", "servers",
    "sessions", "totals", "warnings",
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "nouns", "text"),
    [
        (0, "rows", "0 rows"),
        (1, "rows", "1 row"),
        (2, "rows", "2 rows"),
        (1234, "new rows", "1,234 new rows"),
        (1, "new rows", "1 new row"),
        (1, "batches", "1 batch"),
        (1, "faxes", "1 fax"),
        (1, "files", "1 file"),
        (1, "pages", "1 page"),
        (1, "entries", "1 entry"),
        (1, "days", "1 day"),
        (1, "xferfaxlog", "1 xferfaxlog"),
    ],
)
def test_one_is_singular(number: int, nouns: str, text: str) -> None:
    assert counted(number, nouns) == text


def uncounted(source: str) -> Iterator[int]:
    """Yields the lines of f-strings in which a noun in the plural follows a value, but no constant and no fraction."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            for value, text in pairwise(node.values):
                if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                    word = re.match(r" (\w+)", str(text.value))
                    if word and word[1] in NOUNS and not re.search(r"^[A-Z_]+$|[fg]\}", _written(value)):
                        yield node.lineno


def _written(value: ast.FormattedValue) -> str:
    """The value and its format: "late:g}", or "MOST" of a constant."""
    format_spec = f":{ast.unparse(value.format_spec)[2:-1]}}}" if value.format_spec else ""
    return ast.unparse(value.value) + format_spec.replace(":,}", "")


def test_no_message_counts_in_another_way() -> None:
    found = {}
    for module in sorted(PRODUCT.rglob("*.py")):
        name = str(module.relative_to(PRODUCT))
        if name not in EXCEPTIONS and (lines := list(uncounted(module.read_text(encoding="utf-8")))):
            found[name] = lines
    assert found == {}
