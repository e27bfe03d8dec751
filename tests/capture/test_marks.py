"""The text of the mark for dropped events."""

from __future__ import annotations

import pytest

from faxstore.capture import marks

NOON = 1_795_392_000 * 10**6


def test_the_details_of_dropped_events() -> None:
    assert marks.dropped_details(marks.dropped(NOON, NOON + 999, 12, "too many: 16 MiB")) == {
        "Records": "12",
        "From": "2026-11-23T00:00:00.000000+00:00",
        "To": "2026-11-23T00:00:00.001000+00:00",
        "Reason": "too many: 16 MiB",
    }


@pytest.mark.parametrize("text", [marks.CONNECTED, marks.POLLED, "disconnected: dropped 1 events", "dropped events"])
def test_other_marks_have_no_such_details(text: str) -> None:
    assert marks.dropped_details(text) is None
