"""The lines of a batch as usage events for billing engines: CloudEvents 1.0, JSON Lines.

Engines add up events and never change one.  So a fax is one event, and a correction is two: the figures that it
supersedes with their signs turned, under the account and the direction that they were counted under, then the new
ones.  Sums by whatever attribute are right afterwards.  No personal value is in an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from faxstore.billing.lines import as_json

TYPE = "faxstore.fax"
UNASSIGNED = "unassigned"
"""Subject of a fax without an account code: engines want one."""


def event_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One event a new fax, two a correction; what a correction withdraws as no fax has no new figures."""
    for line in lines:
        if line["supersedes"] is not None:
            yield as_json(_reversal(line))
        if line["direction"] != "detector":
            yield as_json(_event(line, "", _figures(line, "", 1)))


def _reversal(line: Mapping[str, Any]) -> dict[str, Any]:
    return _event(line, "/reversal", _figures(line, "previous_", -1))


def _event(line: Mapping[str, Any], suffix: str, figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": TYPE,
        "source": quote(line["server"], safe=""),
        "id": f"{line['session_id']}/{line['revision']}{suffix}",
        # The moment by which fax.usage() counts a fax to a period.
        "time": line["started_at"],
        "subject": figures["account_code"] or UNASSIGNED,
        "datacontenttype": "application/json",
        "data": {
            **figures,
            "session_id": line["session_id"],
            "revision": line["revision"],
            "batch": line["batch"],
            "line": line["line"],
        },
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
        "account_code": line[f"{prefix}account_code"],
        "direction": line[f"{prefix}direction"],
        "transport": line[f"{prefix}transport"],
        "result": line[f"{prefix}result"],
        "ended_at": line[f"{prefix}ended_at"],
    }
