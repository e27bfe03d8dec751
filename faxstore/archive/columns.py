"""The columns of a file of the archive: those of an export of the history, without the server, which is in the path.

Names end with the unit where the view's name lacks it (faxstore/export/units.py).
"""

from __future__ import annotations

from typing import Any

import pyarrow

_MOMENT = pyarrow.timestamp("us", tz="UTC")
_TEXT, _INT = pyarrow.string(), pyarrow.int32()

TYPES: dict[str, Any] = {
    "session_id": _TEXT,
    "started_at": _MOMENT,
    "observed_at": _MOMENT,
    "position": pyarrow.int64(),
    "data_rate_bits_per_second": _INT,
    "x_resolution_pixels_per_metre": _INT,
    "y_resolution_pixels_per_metre": _INT,
    "page_number": _INT,
    "pages_transmitted": _INT,
    "pages_received": _INT,
    "total_bad_lines": _INT,
    "error_correction_mode": pyarrow.bool_(),
    "event": _TEXT,
    "operation": _TEXT,
    "state": _TEXT,
    "session_type": _TEXT,
    "collector_id": _TEXT,
    "file_name": _TEXT,
    "details": _TEXT,
}
"""The types by name, in the order of the columns of fax.session_history."""

REPEATED = ("event", "operation", "state", "session_type", "collector_id", "file_name")
"""Texts of which a row group has few: they are read as dictionaries, in a third of the time."""

SCHEMA = pyarrow.schema(list(TYPES.items()))
