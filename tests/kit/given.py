"""Builders of records in short form, appended as the ingestor appends them, and queries of the views.

Times are seconds from 2026-11-02 08:00 UTC. By default a snapshot is of a receiver without ECM, at 9600 bit/s and
standard resolution, which counts bad lines. Keyword arguments override fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from faxstore.observations import MICROSECONDS, Hangup, Life, Listing, Observation, Record, ServerObservation
from faxstore.store.append import Appended, Appender

Row = dict[str, Any]

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
CHANNEL = "PJSIP/trunk-0000001a"
UNIQUEID = "1793606400.7"
FILE = "/var/spool/asterisk/fax/1.tif"


def moment(second: float) -> int:
    """Converts seconds of a test to microseconds since 1970."""
    return round(START.timestamp()) * MICROSECONDS + round(second * MICROSECONDS)


def at(second: float) -> datetime:
    """Converts seconds of a test to a datetime, as the database returns it."""
    return START + timedelta(microseconds=round(second * MICROSECONDS))


def life(server: str = "pbx", started: float = -3600, **known: Any) -> Life:
    """A life of a server that started then, observed from one second later on."""
    return Life(server, moment(started + 1), started_at=moment(started), **known)


LIFE = life()


def snapshot(second: float, number: int = 0, *, of: Life = LIFE, **overrides: Any) -> Observation:
    """A FAXSession answer joined to its list entry."""
    fields: dict[str, Any] = {
        "channel": CHANNEL,
        "technology": "Spandsp",
        "operation": "receive",
        "state": "Active",
        "session_type": "G.711",
        "error_correction_mode": False,
        "data_rate": 9600,
        "x_resolution": 8031,
        "y_resolution": 3850,
        "page_number": 1,
        "pages_transmitted": 0,
        "pages_received": 0,
        "total_bad_lines": 0,
        "file_name": FILE,
    }
    return Observation(of, moment(second), "FAXSession", number, **fields | overrides)


def before_negotiation(second: float, number: int = 0, **overrides: Any) -> Observation:
    """A snapshot before negotiation: default rate and ECM, and a resolution of 0x0."""
    return snapshot(second, number, **{"data_rate": 14400, "x_resolution": 0, "y_resolution": 0} | overrides)


def receiving(*rows: tuple[float, int, int], **overrides: Any) -> list[Observation]:
    """Snapshots of a receiver: (second, PageNumber, TotalBadLines)."""
    return [
        snapshot(second, page_number=page, pages_received=page - 1, total_bad_lines=lines, **overrides)
        for second, page, lines in rows
    ]


def sending(*rows: tuple[float, int], **overrides: Any) -> list[Observation]:
    """Snapshots of a sender: (second, PageNumber)."""
    return [
        snapshot(second, page_number=page, pages_transmitted=page - 1, **{"operation": "send"} | overrides)
        for second, page in rows
    ]


def gateway(*rows: tuple[float, int, int], **overrides: Any) -> list[Observation]:
    """Snapshots of a gateway: (second, PageNumber, DataRate).

    A gateway reports no other measurements (res_fax_spandsp.c, spandsp_manager_fax_session).
    """
    nothing = dict.fromkeys(
        ("x_resolution", "y_resolution", "pages_transmitted", "pages_received", "total_bad_lines", "file_name")
    )
    overrides = {"operation": "gateway", "session_type": "none"} | nothing | overrides
    return [snapshot(second, page_number=page, data_rate=rate, **overrides) for second, page, rate in rows]


def entry(second: float, number: int = 0, **overrides: Any) -> Observation:
    """A list entry without detail."""
    fields = {"channel": CHANNEL, "operation": "receive", "state": "Active", "session_type": "G.711"}
    of = overrides.pop("of", LIFE)
    return Observation(of, moment(second), "FAXSessionsEntry", number, **fields | overrides)


def gone(second: float, number: int = 0, *, of: Life = LIFE) -> Observation:
    """The session is absent from a complete list."""
    return Observation(of, moment(second), "Gone", number, channel=CHANNEL)


def listing(second: float, *numbers: int, of: Life = LIFE) -> Listing:
    """A complete list."""
    return Listing(of, moment(second), numbers)


def completed(second: float, pages: int | None, event: str = "ReceiveFAX", **details: Any) -> Observation:
    """The completion event of the fax on CHANNEL, with further headers."""
    column = "pages_received" if event == "ReceiveFAX" else "pages_transmitted"
    fields: dict[str, Any] = {
        "operation": "receive" if event == "ReceiveFAX" else "send",
        "data_rate": 9600,
        "x_resolution": 8031,
        "y_resolution": 3850,
        "file_name": FILE,
        column: pages,
    }
    return on_channel(second, event, details, **fields)


def variable(second: float, name: str, value: str, **on: Any) -> Observation:
    """A VarSet event."""
    return on_channel(second, "VarSet", {"Variable": name, "Value": value}, **on)


def initial_variables(second: float) -> list[Observation]:
    """The VarSets with which a fax application begins (res_fax.c, sendfax_exec and receivefax_exec)."""
    return result(second, "FAILED", "INIT_ERROR", "error starting fax session")


def result(second: float, status: str, error: str, text: str, **on: Any) -> list[Observation]:
    """The three VarSets of a result, as res_fax sets them."""
    values = {"FAXSTATUS": status, "FAXERROR": error, "FAXSTATUSSTRING": text}
    return [variable(second + place / 1000, name, value, **on) for place, (name, value) in enumerate(values.items())]


def status(second: float, text: str, **details: Any) -> Observation:
    """A FAXStatus event."""
    return on_channel(second, "FAXStatus", {"Status": text} | details, operation="receive")


def begins(second: float, application: str = "SendFAX", **details: Any) -> Observation:
    """A Newexten event: a fax application starts."""
    operation = "send" if application == "SendFAX" else "receive"
    return on_channel(second, "Newexten", {"Application": application} | details, operation=operation)


def dial_begin(second: float, text: str, **details: Any) -> Observation:
    """A DialBegin event: CHANNEL is dialled, with this DialString."""
    headers = {"DestChannel": CHANNEL, "DestConnectedLineNum": "5550001", "DialString": text}
    return on_channel(second, "DialBegin", headers | details)


def channel_status(second: float, number: int = 0, *, of: Life = LIFE, **details: Any) -> Observation:
    """The Status of a listed session's channel."""
    return Observation(of, moment(second), "Status", number, channel=CHANNEL, uniqueid=UNIQUEID, details=dict(details))


def on_channel(second: float, event: str, details: dict[str, Any], **fields: Any) -> Observation:
    """An event that names its channel but no session."""
    fields = {"channel": CHANNEL, "uniqueid": UNIQUEID} | fields
    of = fields.pop("of", LIFE)
    return Observation(of, moment(second), event, details=details, **fields)


def hangup(second: float, *, of: Life = LIFE) -> Hangup:
    """A Hangup event of the channel."""
    return Hangup(of, moment(second), CHANNEL, UNIQUEID)


def stats(second: float, **counters: str) -> ServerObservation:
    """A FAXStats answer."""
    return ServerObservation("pbx", moment(second), "FAXStats", dict(counters))


def of_server(second: float, event: str, *, server: str = "pbx", **details: str | float) -> ServerObservation:
    """An observation of a server. Numbers among its details are seconds of the test and become times."""
    headers = {name: value if isinstance(value, str) else at(value).isoformat() for name, value in details.items()}
    return ServerObservation(server, moment(second), event, dict(headers))


def append(database: psycopg.Connection, *records: Record | Sequence[Record], collector: str = "one") -> Appended:
    """Appends records, or sequences of them, as one batch in that order."""
    flat: list[Record] = []
    for each in records:
        flat += each if isinstance(each, Sequence) else [each]
    return Appender(database, collector).append(enumerate(flat))


def read(database: psycopg.Connection, query: str, *parameters: object) -> list[Row]:
    """Returns the rows of a query as dicts."""
    return database.cursor(row_factory=dict_row).execute(query.encode(), parameters or None).fetchall()


def sessions(database: psycopg.Connection) -> list[Row]:
    """Returns fax.sessions, oldest first."""
    return read(database, "select * from fax.sessions order by started_at, server, session_number")


def the_session(database: psycopg.Connection) -> Row:
    """Returns the only row of fax.sessions."""
    (row,) = sessions(database)
    return row


def the_id(database: psycopg.Connection) -> UUID:
    """Returns the id of the only session."""
    return UUID(str(the_session(database)["session_id"]))


def of(row: Row, *names: str) -> tuple[Any, ...]:
    """Returns some columns of a row."""
    return tuple(row[name] for name in names)
