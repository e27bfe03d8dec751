"""What the wire says of each fax of the recordings, read line by line without faxstore; the truth says the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from tests.cookbook.fax_on_wire import Fax, Message, Said
from tests.kit import truth

__all__ = ["Fax", "Message", "Said"]

RESULTS = ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING")


@cache
def faxes() -> list[Fax]:
    """The sessions of all recordings."""
    return [fax for recording in truth.RECORDINGS for fax in _faxes(recording)]


def no_detectors() -> list[Fax]:
    """Those that are faxes."""
    return [fax for fax in faxes() if fax.operation != "V.21"]


def sent() -> list[Fax]:
    """The faxes sent."""
    return [fax for fax in faxes() if fax.operation == "send"]


def received() -> list[Fax]:
    """The faxes received."""
    return [fax for fax in faxes() if fax.operation == "receive"]


@cache
def failed_early() -> list[tuple[str, truth.End, int]]:
    """Faxes that never were sessions: the server, the end that it logged, and the last word of it on the wire."""
    return [
        (server_of(recording), end, max(at for at, _, said in messages(recording) if _is_result(said, end.channel)))
        for recording in truth.RECORDINGS
        for end in truth.failed_early(recording)
    ]


def called_in_vain() -> list[tuple[str, int, list[str]]]:
    """Of the same faxes: the server, the moment of the dialplan's call, and the files that it named."""
    return [
        (server_of(recording), at, said["AppData"].split(",")[0].split("&"))
        for recording in truth.RECORDINGS
        for end in truth.failed_early(recording)
        for at, _, said in messages(recording)
        if said.get("Event") == "Newexten" and said["Channel"] == end.channel and said["Application"] == "SendFAX"
    ]


@cache
def messages(recording: str) -> list[tuple[int, int, Message]]:
    """Each message that came: its moment, the number of its connection, its headers."""
    return list(_messages(recording))


@cache
def server_of(recording: str) -> str:
    """The server's own name where it has one, else the recording's."""
    named = (said["SystemName"] for _, _, said in messages(recording) if "SystemName" in said)
    return next(named, recording)


def moment(microseconds: int) -> datetime:
    """As the database gives it."""
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(microsecond=microseconds % 1_000_000)


def logged_at(end: truth.End) -> datetime:
    """When the server's own log told of an end."""
    return datetime.fromisoformat(end.ended).replace(tzinfo=UTC)


def _messages(recording: str) -> Iterator[tuple[int, int, Message]]:
    connection = 0
    for line in truth.lines(recording):
        connection += line["dir"] == "mark" and line["text"] == "connected"
        if line["dir"] == "in":
            headers = (header.partition(": ") for header in line["text"].split("\r\n"))
            yield round(line["ts"] * 1e6), connection, {name: value for name, colon, value in headers if colon}


def _faxes(recording: str) -> list[Fax]:
    found: dict[tuple[int, int], Fax] = {}
    list_now: set[int] = set()
    for at, connection, said in messages(recording):
        match said.get("Event"):
            case "FAXSessionsEntry":
                number = int(said["SessionNumber"])
                new = Fax(recording, server_of(recording), connection, number, said["Operation"], said["Channel"])
                fax = found.setdefault((connection, number), new)
                fax.listed.append(at)
                fax.session_type = said["SessionType"] if said["SessionType"] != "none" else fax.session_type
                list_now.add(number)
            case "FAXSession" if "PageNumber" in said:
                fax = found[connection, int(said["SessionNumber"])]
                fax.said.append(_said(at, said))
                fax.file_name = said.get("FileName", "")
            case "FAXSessionsComplete":
                for fax in found.values():
                    if fax.connection == connection and fax.number not in list_now:
                        fax.first_list_without = fax.first_list_without or at
                list_now = set()
    for fax in found.values():
        fax.end = _end_of(fax)
        if fax.operation != "V.21":
            events = ((at, said) for at, connection, said in messages(recording) if connection == fax.connection)
            fax.on_channel = [(at, said) for at, said in events if _is_of(said, fax)]
    return list(found.values())


def _said(at: int, said: Message) -> Said:
    pages = [int(said[name]) for name in ("PagesTransmitted", "PagesReceived") if name in said]
    return Said(
        at,
        int(said["PageNumber"]),
        int(said["DataRate"]),
        said["ErrorCorrectionMode"].lower() == "yes",
        said.get("ImageResolution", ""),
        max(pages) if pages else int(said["PageNumber"]) - 1,
        int(said.get("TotalBadLines", 0)),
    )


def _is_of(said: Message, fax: Fax) -> bool:
    if said.get("Channel") != fax.channel:
        return False
    match said.get("Event"):
        case "SendFAX" | "ReceiveFAX" | "FAXStatus":
            return True
        case "Newexten":
            return said["Application"] in ("SendFAX", "ReceiveFAX")
        case "VarSet":
            return said["Variable"] in RESULTS
    return False


def _is_result(said: Message, channel: str) -> bool:
    return said.get("Channel") == channel and said.get("Event") == "VarSet" and said["Variable"] in RESULTS


def _end_of(fax: Fax) -> truth.End | None:
    """The end of that number, operation and channel that was logged while it was listed, or just after."""
    found = [
        end
        for end in truth.ends(fax.recording)
        if (end.session_number, end.operation, end.channel) == (fax.number, fax.operation, fax.channel)
        and fax.listed[0] / 1e6 - 1 < logged_at(end).timestamp() < fax.listed[-1] / 1e6 + 5
    ]
    assert len(found) <= 1, fax
    return found[0] if found else None
