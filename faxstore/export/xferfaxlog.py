"""HylaFAX's xferfaxlog: 19 tab-separated fields, as HylaFAX 6.0's xferfaxstats and recvstats read them (xferfaxlog(5)).

A sent fax is a SEND line and a received fax a RECV line; gateway sessions and tone detectors have none.  Fields that
faxstore does not know are empty (table in docs/how-to/exports.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from psycopg.rows import dict_row
from sqlalchemy import func

from faxstore.export.datasets import Dataset
from faxstore.export.rows import Progress, fetch_rows
from faxstore.store.database import Connection
from faxstore.visible import visible

Row = Mapping[str, Any]

_HALF = Decimal("0.5")

LOGGED = {"sent": "SEND", "received": "RECV"}
"""The record type, by fax.sessions.direction."""

_RATES = range(2_400, 33_601, 2_400)
"""Data rates in bit/s; the index is HylaFAX's number (Class2Params: BR_2400 is 0)."""

_RESOLUTIONS = {"standard": 0, "fine": 1, "superfine": 2}
"""HylaFAX's numbers for resolutions: VR_NORMAL, VR_FINE, VR_R8."""

_LAYOUT, _ECM = 1 << 21, 1 << 16
"""Bits of `params`: the newer layout, which xferfaxstats checks for, and error correction."""


def write(connection: Connection, dataset: Dataset, out: BinaryIO, progress: Progress) -> int:
    """Write the sent and received faxes; return the number of sessions that were left out."""
    columns = dataset.query.selected_columns
    date = func.to_char(columns["started_at"], "MM/DD/YY HH24:MI").label("date")
    left_out = 0
    for number, row in enumerate(fetch_rows(connection, dataset.ordered(date, *columns), dict_row), 1):
        if row["direction"] in LOGGED:
            out.write(line(row).encode())
        else:
            left_out += 1
        progress(number - left_out)
    return left_out


def line(row: Row) -> str:
    """One session as a line; the column `date` is its start as MM/DD/YY HH:MM."""
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
    """Why the fax failed; empty for a success, because xferfaxstats counts every other text as an error."""
    if row["result"] == "success":
        return ""
    text: str | None = row["result_text"]
    if row["result"] == "unknown":
        return f"result unknown: {text}" if text else "result unknown"
    return text or "failed"


def params(row: Row) -> int:
    """Resolution, rate and ECM in HylaFAX's bits; an unknown value is 0, as in HylaFAX."""
    rate = row["last_data_rate"]
    return (
        _LAYOUT
        | _RESOLUTIONS.get(row["resolution"], 0)
        | (_RATES.index(rate) if rate in _RATES else 0) << 3
        | (_ECM if row["error_correction_mode"] else 0)
    )


def hours(seconds: Decimal | None) -> str:
    """A duration as HH:MM:SS, rounded to seconds; 00:00:00 if unknown."""
    minutes, second = divmod(int((seconds or 0) + _HALF), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"


def _quoted(text: str | None) -> str:
    return f'"{_field(text)}"'


def _field(text: str | None) -> str:
    """Text without tabs, line ends and double quotes, which would end the field or the line."""
    return visible(text or "").replace('"', "'")
