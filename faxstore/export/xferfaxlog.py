"""HylaFAX's xferfaxlog, 19 fields between tabs, as its xferfaxstats and recvstats read it (xferfaxlog(5), 6.0).

A fax sent is a SEND line, a fax received a RECV line; a gateway's and a detector's have no line there.  What HylaFAX
knows and we do not is empty (docs/how-to/exports.md has the table).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from psycopg.rows import dict_row
from sqlalchemy import func

from faxstore.export.datasets import Rows
from faxstore.export.lines import compiled, ordered
from faxstore.export.progress import Progress
from faxstore.store.database import Connection
from faxstore.visible import visible

Row = Mapping[str, Any]

_HALF = Decimal("0.5")

LOGGED = {"sent": "SEND", "received": "RECV"}
"""The record types, by fax.sessions.direction."""

_RATES = range(2_400, 33_601, 2_400)
"""bit/s, by HylaFAX's number of them (Class2Params, BR_2400 ...)."""

_RESOLUTIONS = {"standard": 0, "fine": 1, "superfine": 2}
"""VR_NORMAL, VR_FINE, VR_R8."""

_LAYOUT, _ECM = 1 << 21, 1 << 16
"""Bits of params: that they are packed the newer way (xferfaxstats looks for this one), and error correction."""


def write(connection: Connection, rows: Rows, out: BinaryIO, progress: Progress) -> int:
    """Writes the sessions; gives how many were left out because they were neither sent nor received."""
    columns = rows.query.selected_columns
    date = func.to_char(columns["started_at"], "MM/DD/YY HH24:MI").label("date")
    statement, parameters = compiled(ordered(rows, date, *columns))
    left_out = 0
    with connection.cursor("export", row_factory=dict_row) as cursor:
        cursor.itersize = 1_000
        for number, row in enumerate(cursor.execute(statement.encode(), parameters), 1):
            if row["direction"] in LOGGED:
                out.write(line(row).encode())
            else:
                left_out += 1
            progress(number - left_out)
    return left_out


def line(row: Row) -> str:
    """One session as a line; `date` is its beginning as MM/DD/YY HH:MM."""
    sent = row["direction"] == "sent"
    account, caller = row["account_code"], row["caller_number"]
    duration = hours(row["duration_seconds"])
    fields = (
        row["date"],
        LOGGED[row["direction"]],
        str(row["session_id"]),
        _field(row["server"]),
        _field(row["uniqueid"] if sent else ",".join(row["file_names"] or ())),
        _quoted(account),
        _field(caller or row["local_station_id"]) if sent else "fax",
        _quoted(row["called_number"]),
        _quoted(row["remote_station_id"]),
        str(params(row)),
        str(row["pages"] or 0),
        duration,
        duration,
        _quoted(reason(row)),
        _quoted(None),
        _quoted(None if sent else caller),
        _quoted(None),
        _quoted(account if sent else None),
        _quoted(None),
    )
    return "\t".join(fields) + "\n"


def reason(row: Row) -> str:
    """What went wrong, empty for a success: xferfaxstats counts every other text as an error."""
    if row["result"] == "success":
        return ""
    text: str | None = row["result_text"]
    if row["result"] == "unknown":
        return f"result unknown: {text}" if text else "result unknown"
    return text or "failed"


def params(row: Row) -> int:
    """Resolution, rate and ECM in the bits that HylaFAX has for them; what is not known is 0, as there."""
    rate = row["last_data_rate"]
    return (
        _LAYOUT
        | _RESOLUTIONS.get(row["resolution"], 0)
        | (_RATES.index(rate) if rate in _RATES else 0) << 3
        | (_ECM if row["error_correction_mode"] else 0)
    )


def hours(seconds: Decimal | None) -> str:
    """HH:MM:SS, to the nearest second; nothing known is 00:00:00."""
    minutes, second = divmod(int((seconds or 0) + _HALF), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"


def _quoted(text: str | None) -> str:
    return f'"{_field(text)}"'


def _field(text: str | None) -> str:
    """Text that cannot end its field or line; quotes within it would be taken for its ends."""
    return visible(text or "").replace('"', "'")
