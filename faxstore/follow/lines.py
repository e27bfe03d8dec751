"""The lines of `faxstore follow`: JSON Lines, or events of CloudEvents 1.0 in JSON Lines."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from faxstore.export.units import row_with_units
from faxstore.json_values import json_ascii

if TYPE_CHECKING:
    from faxstore.follow.versions import Line

FollowFormat = StrEnum("FollowFormat", "JSONL CLOUDEVENTS")
"""The formats of a line."""

ENDED, CORRECTED = "faxstore.fax_ended", "faxstore.fax_corrected"
"""The types of events."""


def renderer(format: FollowFormat) -> Callable[[Line], bytes]:
    """Return the function that renders one line, with its line end."""
    return {FollowFormat.JSONL: _json_line, FollowFormat.CLOUDEVENTS: _event}[format]


def _json_line(line: Line) -> bytes:
    return json_ascii(_values(line))


def _event(line: Line) -> bytes:
    """An event whose id is unique per revision and whose subject is the fax."""
    return json_ascii(
        {
            "specversion": "1.0",
            "type": ENDED if line.revision == 1 else CORRECTED,
            "source": quote(line.fax["server"], safe=""),
            "id": f"{line.fax['session_id']}/{line.revision}",
            "time": line.fax["ended_at"],
            "subject": line.fax["session_id"],
            "datacontenttype": "application/json",
            "data": _values(line),
        }
    )


def _values(line: Line) -> dict[str, Any]:
    return {"position": str(line.position), "revision": line.revision, **row_with_units(line.fax)}
