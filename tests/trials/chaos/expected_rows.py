"""What row a message must have become, worked out from its text alone, with none of the product's code.

Which header becomes which column is design: the names of the columns say it.  Whatever has no column is in details.
"""

from __future__ import annotations

from typing import Any

from tests.trials.chaos.ledger import Message

Columns = dict[str, Any]

COLUMNS = (
    "operation", "state", "session_type", "error_correction_mode", "data_rate", "x_resolution", "y_resolution",
    "page_number", "pages_transmitted", "pages_received", "total_bad_lines", "file_name", "details",
)  # fmt: skip
"""Of fax.session_history, those that come from the wire."""

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
"""In fax.session, or the row's own name."""

SERVER_KINDS = frozenset({"CoreStatus", "CoreSettings", "FAXStats", "FullyBooted", "Shutdown", "Load", "Unload"})
"""Rows of fax.server_history, whole in details."""

LISTED_KINDS = frozenset({"FAXSession", "FAXSessionsEntry", "Status"})
"""Rows of fax.session_history that name their session by its number."""

CHANNEL_KINDS = frozenset({"FAXStatus", "VarSet", "SendFAX", "ReceiveFAX"})
"""Those that name it by its channel."""

KINDS = SERVER_KINDS | LISTED_KINDS | CHANNEL_KINDS


def of_session(message: Message, entry: Message | None) -> Columns:
    """The columns of a row of fax.session_history; entry: the list's, where the row has joined it."""
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
    """Of the messages that a row is made of.  Raises ValueError for one that was cut."""
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
