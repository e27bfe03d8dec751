"""Each fax of the recordings, read line by line from the wire and from the truth files, without faxstore."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

from tests.cookbook.fax_on_wire import Answer, Fax, Message
from tests.kit import truth

__all__ = ["Answer", "Fax", "Message"]

RESULTS = ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING")


@cache
def faxes() -> list[Fax]:
    """The sessions of all recordings."""
    return [fax for recording in truth.RECORDINGS for fax in _faxes(recording)]


def no_detectors() -> list[Fax]:
    """The sessions that are faxes, without detectors."""
    return [fax for fax in faxes() if fax.operation != "V.21"]


def sent() -> list[Fax]:
    """The faxes sent."""
    return [fax for fax in faxes() if fax.operation == "send"]


def received() -> list[Fax]:
    """The faxes received."""
    return [fax for fax in faxes() if fax.operation == "receive"]


@cache
def failed_early() -> list[tuple[str, truth.End, int]]:
    """Faxes that never became sessions: the server, the end that it logged, and the time of the last message."""
    return [
        (
            server_of(recording),
            end,
            max(at for at, _, message in messages(recording) if _is_result(message, end.channel)),
        )
        for recording in truth.RECORDINGS
        for end in truth.failed_early(recording)
    ]


def called_in_vain() -> list[tuple[str, int, list[str]]]:
    """For the same faxes: the server, the time of the application's start, and its files."""
    return [
        (server_of(recording), at, message["AppData"].split(",")[0].split("&"))
        for recording in truth.RECORDINGS
        for end in truth.failed_early(recording)
        for at, _, message in messages(recording)
        if message.get("Event") == "Newexten"
        and message["Channel"] == end.channel
        and message["Application"] == "SendFAX"
    ]


@cache
def messages(recording: str) -> list[tuple[int, int, Message]]:
    """Each message received: its time, the number of its connection, its headers."""
    return list(_messages(recording))


@cache
def server_of(recording: str) -> str:
    """The server's own name, else the recording's."""
    named = (message["SystemName"] for _, _, message in messages(recording) if "SystemName" in message)
    return next(named, recording)


def moment(microseconds: int) -> datetime:
    """The time as the database returns it."""
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(microsecond=microseconds % 1_000_000)


def logged_at(end: truth.End) -> datetime:
    """The time at which the server's own log recorded an end."""
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
    for at, connection, message in messages(recording):
        match message.get("Event"):
            case "FAXSessionsEntry":
                number = int(message["SessionNumber"])
                new = Fax(recording, server_of(recording), connection, number, message["Operation"], message["Channel"])
                fax = found.setdefault((connection, number), new)
                fax.listed.append(at)
                fax.session_type = message["SessionType"] if message["SessionType"] != "none" else fax.session_type
                list_now.add(number)
            case "FAXSession" if "PageNumber" in message:
                fax = found[connection, int(message["SessionNumber"])]
                fax.answers.append(_answer(at, message))
                fax.file_name = message.get("FileName", "")
            case "FAXSessionsComplete":
                for fax in found.values():
                    if fax.connection == connection and fax.number not in list_now:
                        fax.first_list_without = fax.first_list_without or at
                list_now = set()
    for fax in found.values():
        fax.end = _end_of(fax)
        if fax.operation != "V.21":
            events = ((at, message) for at, connection, message in messages(recording) if connection == fax.connection)
            fax.on_channel = [(at, message) for at, message in events if _is_of(message, fax)]
    return list(found.values())


def _answer(at: int, message: Message) -> Answer:
    pages = [int(message[name]) for name in ("PagesTransmitted", "PagesReceived") if name in message]
    return Answer(
        at,
        int(message["PageNumber"]),
        int(message["DataRate"]),
        message["ErrorCorrectionMode"].lower() == "yes",
        message.get("ImageResolution", ""),
        max(pages) if pages else int(message["PageNumber"]) - 1,
        int(message.get("TotalBadLines", 0)),
    )


def _is_of(message: Message, fax: Fax) -> bool:
    if message.get("Channel") != fax.channel:
        return False
    match message.get("Event"):
        case "SendFAX" | "ReceiveFAX" | "FAXStatus":
            return True
        case "Newexten":
            return message["Application"] in ("SendFAX", "ReceiveFAX")
        case "VarSet":
            return message["Variable"] in RESULTS
    return False


def _is_result(message: Message, channel: str) -> bool:
    return message.get("Channel") == channel and message.get("Event") == "VarSet" and message["Variable"] in RESULTS


def _end_of(fax: Fax) -> truth.End | None:
    """The end with that number, operation and channel that was logged while it was listed, or just after."""
    found = [
        end
        for end in truth.ends(fax.recording)
        if (end.session_number, end.operation, end.channel) == (fax.number, fax.operation, fax.channel)
        and fax.listed[0] / 1e6 - 1 < logged_at(end).timestamp() < fax.listed[-1] / 1e6 + 5
    ]
    assert len(found) <= 1, fax
    return found[0] if found else None
