"""The lines of a batch as usage events for billing engines: CloudEvents 1.0 in JSON Lines.

Billing engines sum events and never change one.  So a new fax is one event and a correction is two: a reversal, with
the superseded figures negated and under their old account and direction, and an event with the new figures.  Sums by
any attribute are then right.  Events contain no personal values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from faxstore.json_values import json_ascii

TYPE = "faxstore.fax"
UNASSIGNED = "unassigned"
"""The subject of a fax without an account code; engines require a subject."""


def event_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One event per new fax and two per correction; a correction that withdraws a fax has the reversal only."""
    for line in lines:
        if line["supersedes"] is not None:
            yield json_ascii(_event(line, "/reversal", _figures(line, "previous_", -1)))
        if line["direction"] != "detector":
            yield json_ascii(_event(line, "", _figures(line, "", 1)))


def _event(line: Mapping[str, Any], suffix: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": TYPE,
        "source": quote(line["server"], safe=""),
        "id": f"{line['session_id']}/{line['revision']}{suffix}",
        # fax.usage() assigns a fax to a period by the same time.
        "time": line["started_at"],
        "subject": figures["account_code"] or UNASSIGNED,
        "datacontenttype": "application/json",
        "data": figures | {name: line[name] for name in ("session_id", "revision", "batch", "line")},
    }


def _figures(line: Mapping[str, Any], prefix: str, sign: int) -> dict[str, Any]:
    def signed(name: str) -> Any:
        value = line[prefix + name]
        return value if value is None else sign * value

    return {
        "faxes": sign,
        "pages": signed("pages"),
        "bad_lines": signed("bad_lines"),
        "seconds": signed("duration_seconds"),
        **{name: line[prefix + name] for name in ("account_code", "direction", "transport", "result", "ended_at")},
    }
