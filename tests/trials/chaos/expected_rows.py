"""The row that a message must become, computed from its text alone, without the product's code.

The design decides which header goes to which column: the columns have the headers' names.  All others are in details.
"""

from __future__ import annotations

from typing import Any

from tests.trials.chaos.ledger import Message

Columns = dict[str, Any]

COLUMNS = (
    "operation", "state", "session_type", "error_correction_mode", "data_rate", "x_resolution", "y_resolution",
    "page_number", "pages_transmitted", "pages_received", "total_bad_lines", "file_name", "details",
)  # fmt: skip
"""The columns of fax.session_history that come from the wire."""

_TEXT = {"Operation": "operation", "State": "state", "SessionType": "session_type", "FileName": "file_name"}
_NUMBER = {
    "DataRate": "data_rate",
    "TransferRate": "data_rate",
    "PageNumber": "page_number",
    "PagesTransmitted": "pages_transmitted",
    "PagesReceived": "pages_received",
    "TotalBadLines": "total_bad_lines",
}
_OF_SESSION = {"Event", "Channel", "Uniqueid", "Technology", "SessionNumber"}
"""Columns of fax.session, under the row's own name."""

SERVER_KINDS = frozenset({"CoreStatus", "CoreSettings", "FAXStats", "FullyBooted", "Shutdown", "Load", "Unload"})
"""Messages that become rows of fax.server_history, with all their headers in details."""

LISTED_KINDS = frozenset({"FAXSession", "FAXSessionsEntry", "Status"})
"""Messages that become rows of fax.session_history and name their session by its number."""

CHANNEL_KINDS = frozenset({"FAXStatus", "VarSet", "SendFAX", "ReceiveFAX"})
"""Messages that name their session by its channel."""

CONCLUDED = frozenset({"Gone", "Hangup"})
"""Rows that the ingestor concludes: a list lacks the session, or its channel hung up before a completion event."""

KINDS = SERVER_KINDS | LISTED_KINDS | CHANNEL_KINDS


def of_session(message: Message, entry: Message | None) -> Columns:
    """The columns of a row of fax.session_history; `entry` is the list entry that the row has joined, if any."""
    row: Columns = dict.fromkeys(COLUMNS)
    row["details"] = {}
    if entry is not None:
        _into(row, entry, joined=True)
        row["details"].pop("ActionID", None)
    _into(row, message, joined=False)
    if row["details"].get("Files") in ("", row["file_name"]) and message.kind != "FAXSessionsEntry":
        row["details"].pop("Files", None)
    row["details"] = row["details"] or None
    return row


def of_server(message: Message) -> dict[str, str]:
    """The details of a row of fax.server_history."""
    return {name: value for name, value in message.headers if name != "Event"}


def serials(details: dict[str, Any] | None) -> list[int]:
    """The serials of the messages that form a row.  Raises ValueError for a message that was cut."""
    found = []
    for name in ("Serial", "ListSerial"):
        if details and name in details:
            text = details[name]
            if len(text) != 9 or not text.endswith("."):
                raise ValueError(f"{name} is {text!r}")
            found.append(int(text[:-1]))
    return found


def _into(row: Columns, message: Message, *, joined: bool) -> None:
    for name, value in message.headers:
        if name in _TEXT:
            row[_TEXT[name]] = value
        elif name in _NUMBER:
            row[_NUMBER[name]] = int(value)
        elif name == "PagesTransferred":
            row["pages_transmitted" if message.kind == "SendFAX" else "pages_received"] = int(value)
        elif name == "ErrorCorrectionMode":
            row["error_correction_mode"] = value.lower() == "yes"
        elif name in ("ImageResolution", "Resolution"):
            row["x_resolution"], row["y_resolution"] = map(int, value.split("x"))
        elif name not in _OF_SESSION:
            row["details"][name] = value
    if message.kind in ("SendFAX", "ReceiveFAX"):
        row["operation"] = "send" if message.kind == "SendFAX" else "receive"
