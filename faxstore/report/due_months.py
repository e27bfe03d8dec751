"""`faxstore retention --dry-run`: what would be deleted, a line per month and rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from faxstore.archive.layout import month_name
from faxstore.report.formats import write_json
from faxstore.retention.due import Due

_LINE = "{month:9}{rule:17}{rows:>14}{sessions:>12}{messages:>10}  {action}"
_TITLES = {
    "month": "month", "rule": "rule", "rows": "rows", "sessions": "sessions", "messages": "rejected",
    "action": "what happens",
}  # fmt: skip


def print_due(found: Iterable[Due], out: TextIO, *, as_json: bool) -> None:
    """Print a line per month and rule, or all of them as one JSON array."""
    rows = [_row(one) for one in found]
    if as_json:
        write_json(rows, out)
    elif rows:
        print(_LINE.format(**_TITLES), file=out)
        for row in rows:
            print(_LINE.format(**{name: _cell(row[name]) for name in _TITLES}), file=out)


def _row(one: Due) -> dict[str, Any]:
    return {
        "month": month_name(one.month.month),
        "rule": one.rule.value,
        "rows": one.rows,
        "sessions": one.sessions,
        "messages": one.messages,
        "action": one.action,
    }


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
