"""One rule for JSON: every writer of the package gives the same value the same form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest

from faxstore.billing.lines import FIELDS, jsonl_lines
from faxstore.billing.usage_events import event_lines
from faxstore.json_values import json_ascii, json_text, json_value
from faxstore.report.formats import write_json

VALUES = [
    (Decimal("60.000000"), 60),
    (Decimal("61.500000"), 61.5),
    (Decimal("-0.25"), -0.25),
    (Decimal("1E+3"), 1000),
    (datetime(2026, 11, 2, 9, 0, 1, tzinfo=timezone(timedelta(hours=1))), "2026-11-02T08:00:01+00:00"),
    (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    (b"\x00\xff", "00ff"),
    (None, None),
    (True, True),
    ("Müller", "Müller"),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=lambda value: repr(value)[:30])
def test_both_character_sets_say_the_same(value: Any, expected: Any) -> None:
    assert json_value(value) == expected
    assert type(json_value(value)) is type(expected)
    document = {"value": value, "list": [value, [value]]}
    for text in (json_text(document), json_ascii(document).decode("ascii"), json_text(document, indent=1)):
        assert json.loads(text) == {"value": expected, "list": [expected, [expected]]}


@pytest.mark.parametrize("seconds", [Decimal("60.000000"), Decimal("61.500000")])
def test_reports_billing_and_usage_events_write_a_decimal_alike(seconds: Decimal) -> None:
    """Before there was one writer, 60 whole seconds were 60 in a report and 60.0 in a batch."""
    started = datetime(2026, 11, 2, 8, tzinfo=UTC)
    line: dict[str, Any] = dict.fromkeys(FIELDS) | {
        "server": "pbx1",
        "started_at": started,
        "duration_seconds": seconds,
        "changed": [],
    }
    (billed,) = jsonl_lines([line])
    (event,) = event_lines([line])
    out = StringIO()
    write_json(line, out)
    number = str(json_value(seconds)).encode()
    assert b'"duration_seconds": %s,' % number in billed
    assert b'"seconds": %s,' % number in event
    assert json.dumps(json.loads(out.getvalue())["duration_seconds"]).encode() == number


def test_a_type_without_a_json_form_is_an_error() -> None:
    with pytest.raises(TypeError, match="no JSON form for complex"):
        json_text([1j])
