"""Headers of an AMI message to typed fields, without loss.

Names and spelling of the headers: res_fax_spandsp.c spandsp_manager_fax_session, res_fax.c
manager_fax_sessions_entry, manager_channels.c channel_fax_cb.  Numbers are printed with %d, SessionNumber
with %u.  A value that does not fit its field stays in `details` as received and is listed in `problems`.  Rejects
creates the records of what could not be decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from faxstore.capture import usual
from faxstore.capture.message import Message, UsualMessage, number
from faxstore.observations import Details, Rejected

_RESOLUTION = re.compile(r"\s*(\d{1,9})x(\d{1,9})\s*")


@dataclass(slots=True)
class Decoded:
    """The fields of an Observation from a message, the headers without a field, and what was wrong."""

    fields: dict[str, Any] = field(default_factory=dict)
    details: Details = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Rejects:
    """Creates the Rejected records of one server.  `raw` must hold the text of the current message as received."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.raw = ""

    def reject(self, reason: str, now: int) -> Rejected:
        """Return a record with the current message.  The reason must not quote it: readers may see reasons."""
        return Rejected(self._server, now, reason, self.raw)

    def of_values(self, name: str, decoded: Decoded, now: int) -> list[Rejected]:
        """Return a record for values that do not fit their field.  They remain in the details as received."""
        if not decoded.problems:
            return []
        return [self.reject(f"{name}: {', '.join(decoded.problems)}: kept as text", now)]


def details_of(message: Message) -> Details:
    """Return all headers except the name of the event, as received."""
    return _decode(message, {}).details


def snapshot(message: Message) -> Decoded:
    """Decode a FAXSession or FAXSessionsEntry event; one of a usual shape takes a fifth of the time."""
    if isinstance(message, UsualMessage):
        if message.shape is usual.FAX_SESSION:
            return _usual_detail(*message.values)
        if message.shape is usual.LIST_ENTRY:
            return _usual_entry(*message.values)
    return snapshot_by_headers(message)


def snapshot_by_headers(message: Message) -> Decoded:
    """Return what snapshot() returns for a message of any shape."""
    return _decode(message, _SNAPSHOT)


def _usual_detail(
    _event: str, action_id: str, _number: str, operation: str, state: str, ecm: str, rate: str, resolution: str,
    page: str, file_name: str, transmitted: str, received: str, bad_lines: str,
) -> Decoded:  # fmt: skip
    width, _, height = resolution.partition("x")
    fields = {
        "operation": operation or None, "state": state or None, "error_correction_mode": ecm == "Yes",
        "data_rate": int(rate), "x_resolution": int(width), "y_resolution": int(height), "page_number": int(page),
        "file_name": file_name or None, "pages_transmitted": int(transmitted), "pages_received": int(received),
        "total_bad_lines": int(bad_lines),
    }  # fmt: skip
    return Decoded(fields, {"ActionID": action_id})


def _usual_entry(
    _event: str, action_id: str, channel: str, technology: str, _number: str, session_type: str, operation: str,
    state: str, files: str,
) -> Decoded:  # fmt: skip
    fields: dict[str, Any] = {
        "channel": channel or None, "technology": technology or None, "session_type": session_type or None,
        "operation": operation or None, "state": state or None,
    }  # fmt: skip
    return Decoded(fields, {"ActionID": action_id, "Files": files})


def completion(message: Message) -> Decoded:
    """Decode a SendFAX or ReceiveFAX event: fields of the ended session; headers of the channel go to details."""
    pages = "pages_transmitted" if message.event.lower() == "sendfax" else "pages_received"
    decoded = _decode(message, _COMPLETION | {"pagestransferred": _number(pages)})
    decoded.fields["operation"] = "send" if pages == "pages_transmitted" else "receive"
    return decoded


def channel_event(message: Message) -> Decoded:
    """Decode a FAXStatus, VarSet, Newexten or Status event; headers of the channel go to details."""
    return _decode(message, _CHANNEL_EVENT)


Decoder = Callable[[Decoded, str], bool]
"""Stores a header's value in the fields; returns False if it does not fit."""


def _decode(message: Message, decoders: dict[str, Decoder]) -> Decoded:
    decoded = Decoded()
    seen: set[str] = set()
    for name, value in message:
        key = name.lower()
        if key == "event":
            continue
        decoder = decoders.get(key)
        if decoder is None:
            _add(decoded.details, name, value)
        elif key in seen and key != "filename":  # repeats if there are several documents
            _add(decoded.details, name, value)
            decoded.problems.append(f"{name} repeats")
        elif not decoder(decoded, value):
            _add(decoded.details, name, value)
            if value:
                decoded.problems.append(f"{name} is invalid")
        seen.add(key)
    return decoded


def _add(details: Details, name: str, value: str) -> None:
    before = details.get(name)
    if before is None:
        details[name] = value
    elif isinstance(before, list):
        before.append(value)
    else:
        details[name] = [before, value]


def _text(name: str) -> Decoder:
    def decode(decoded: Decoded, value: str) -> bool:
        decoded.fields[name] = value or None
        return True

    return decode


def _number(name: str) -> Decoder:
    return _parsed(name, number)


def _parsed(name: str, parse: Callable[[str], int | None]) -> Decoder:
    def decode(decoded: Decoded, value: str) -> bool:
        found = parse(value)
        if found is not None:
            decoded.fields[name] = found
        return found is not None

    return decode


def _yes_or_no(value: str) -> bool | None:
    # Yes/No of a send or receive session, yes/no of a gateway (res_fax_spandsp.c).
    return {"yes": True, "no": False}.get(value.strip().lower())


def _resolution(decoded: Decoded, value: str) -> bool:
    match = _RESOLUTION.fullmatch(value) if value.isascii() else None
    if match is None:
        return False
    decoded.fields["x_resolution"], decoded.fields["y_resolution"] = int(match[1]), int(match[2])
    return True


def _file_name(decoded: Decoded, value: str) -> bool:
    # Repeats in SendFAX and FAXStatus, once per document: the first one is the field, all of them are in details.
    if "file_name" in decoded.fields:
        first = decoded.fields["file_name"] or ""
        decoded.details.setdefault("FileName", [first])
        _add(decoded.details, "FileName", value)
    else:
        decoded.fields["file_name"] = value or None
    return True


_SNAPSHOT: dict[str, Decoder] = {
    "sessionnumber": lambda _decoded, _value: True,  # read by session_number()
    "operation": _text("operation"),
    "state": _text("state"),
    "errorcorrectionmode": _parsed("error_correction_mode", _yes_or_no),
    "datarate": _number("data_rate"),
    "imageresolution": _resolution,
    "pagenumber": _number("page_number"),
    "filename": _file_name,
    "pagestransmitted": _number("pages_transmitted"),
    "pagesreceived": _number("pages_received"),
    "totalbadlines": _number("total_bad_lines"),
    "channel": _text("channel"),
    "technology": _text("technology"),
    "sessiontype": _text("session_type"),
}
_OF_CHANNEL: dict[str, Decoder] = {"channel": _text("channel"), "uniqueid": _text("uniqueid"), "filename": _file_name}
_CHANNEL_EVENT = _OF_CHANNEL | {"operation": _text("operation")}
_COMPLETION = _OF_CHANNEL | {"transferrate": _number("data_rate"), "resolution": _resolution}
