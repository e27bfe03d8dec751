"""A recording in which every message that the reader understands, and every one that it rejects, contains a number.

Each place has another spelling of it.  Plain headers (fax.plain_headers) do not contain it: they are not personal.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle

from faxstore.capture.recording import Direction, Line

NUMBER = "4915199999992"
SPELLINGS = (
    *(
        "4915199999992",
        "+49 151 99999992",
        "004915199999992",
        "+49\u00a0151\u00a099999992",
        "49\u2011151\u201199999992",
    ),
    *("sip:+4915199999992@10.0.0.5;user=phone", "sip:%2B4915199999992@example.org", "+49 (0)151 / 9999-9992"),
    *("Local/4915199999992@fax-00000001;1", '"Ada" <4915199999992>', "49151\u202f99999992 (é)"),
)
NOON = 1_795_435_200.0
ENDED, LIVE, LATER = (f"PJSIP/{NUMBER}-0000000{ordinal};1" for ordinal in (1, 2, 3))


def recording() -> list[Line]:
    """A fax that ends, one that is live at the end, and events that wait for their session."""
    numbers = cycle(SPELLINGS)
    moments = count(NOON)

    def line(direction: Direction, text: str) -> Line:
        filled = "".join(part + (next(numbers) if more else "") for part, more in _parts(text))
        return Line(next(moments), direction, filled)

    return [line(direction, text) for direction, text in _texts()]


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    parts = text.split("{}")
    yield from ((part, at < len(parts) - 1) for at, part in enumerate(parts))


def _in(*headers: str) -> tuple[Direction, str]:
    return "in", "\r\n".join(headers) + "\r\n\r\n"


def _out(*headers: str) -> tuple[Direction, str]:
    return "out", "\r\n".join(headers) + "\r\n\r\n"


def _texts() -> Iterator[tuple[Direction, str]]:
    yield from _login()
    yield from _fax(0, ENDED, "1.1")
    yield _in("Event: ReceiveFAX", f"Channel: {ENDED}", "Uniqueid: 1.1", *_OF_CHANNEL, "PagesTransferred: 2", *_FAX)
    yield _in("Event: Hangup", f"Channel: {ENDED}", "Uniqueid: 1.1", "CallerIDNum: {}")
    yield _out("Action: FAXSessions", "ActionID: p8")
    yield _in(
        "Response: Success", "ActionID: p8", "EventList: Start", "Message: FAXSessionsEntry event list will follow"
    )
    yield _in("Event: FAXSessionsComplete", "ActionID: p8", "EventList: Complete", "Total: 0")
    yield from _rejected()
    yield _out("Action: FAXSessions", "ActionID: p9")
    yield _in("Response: Error", "ActionID: p9", "Message: {} is not permitted")
    yield from _fax(1, LIVE, "1.2")
    yield _in(
        "Event: FAXStatus", f"Channel: {LATER}", "Uniqueid: 1.3", "Operation: send", "Status: begins", *_OF_CHANNEL
    )
    yield _in("Event: FAXStatus", "Channel: PJSIP/a-00000004", "Uniqueid: 1.4", "Operation: send", *_OF_CHANNEL)


def next_piece(after: list[Line], *more: tuple[Direction, str]) -> list[Line]:
    """What the same observer recorded next, without the number: the live fax goes on, and after `more` it is gone."""
    poll = "ActionID: p10"
    start = _in("Response: Success", poll, "EventList: Start", "Message: FAXSessionsEntry event list will follow")
    detail = _in("Event: FAXSession", "ActionID: p1-1", "SessionNumber: 1", "Operation: receive", "State: Active",
                 "DataRate: 14400", "ImageResolution: 8031x3850", "PageNumber: 3", "PagesReceived: 2",
                 "TotalBadLines: 0")  # fmt: skip
    end = _in("Event: FAXSessionsComplete", poll, "EventList: Complete", "Total: 0")
    texts = [detail, *more, _out("Action: FAXSessions", poll), start, end]
    return [Line(after[-1].ts + second, *text) for second, text in enumerate(texts, 1)]


def completion() -> list[tuple[Direction, str]]:
    """The completion event of the live fax and its hangup, which name its channel by the number."""
    of = (f"Channel: {LIVE}", "Uniqueid: 1.2")
    return [_in("Event: ReceiveFAX", *of, "PagesTransferred: 3", "FileName: /a.tif"), _in("Event: Hangup", *of)]


_OF_CHANNEL = ("CallerIDNum: {}", "CallerIDName: {}", "ConnectedLineNum: {}", "Exten: {}")
_FAX = ("LocalStationID: {}", "RemoteStationID: {}", "FileName: /fax/{}.tif", "FileName: /fax/{}-2.tif")


def _login() -> Iterator[tuple[Direction, str]]:
    yield "mark", "connect: no answer from {}"
    yield "mark", "connected"
    yield "in", "Asterisk Call Manager/7.0.3 {}\r\n"
    yield _out("Action: Login", "ActionID: l1", "Username: {}", "Secret: x")
    yield _in("Response: Success", "ActionID: l1", "Message: Authentication accepted")
    yield _in("Event: FullyBooted", "Uptime: 3600", "Note: {}")
    yield _out("Action: CoreStatus", "ActionID: s1")
    yield _in(
        "Response: Success", "ActionID: s1", "CoreStartupDate: 2026-11-23", "CoreStartupTime: 10:00:00 {}", "Note: {}"
    )
    yield _out("Action: CoreSettings", "ActionID: s2")
    yield _in("Response: Success", "ActionID: s2", "AsteriskVersion: 22.1", "CoreMaxCalls: {}", "Hint {}: {}")
    yield _in("Event: FAXStats", "CurrentSessions: {}", "TransmitAttempts: 0", "ReceiveAttempts: 0", "Note: {}")
    yield _in("Event: Reload", "Module: res_fax.so", "Note: {}")


def _fax(session: int, channel: str, uniqueid: str) -> Iterator[tuple[Direction, str]]:
    of = (f"Channel: {channel}", f"Uniqueid: {uniqueid}", *_OF_CHANNEL)
    poll = f"ActionID: p{session}"
    yield _in("Event: DialBegin", "Channel: {}", *[f"Dest{header}" for header in of], "DialString: {}", "Note: {}")
    yield _in("Event: Newexten", *of, "Application: ReceiveFAX", "AppData: /fax/{}.tif,z")
    yield _in("Event: VarSet", *of, "Variable: REMOTESTATIONID", "Value: {}")
    yield _in("Event: VarSet", *of, "Variable: LOCALSTATIONID", "Value: {}")
    yield _in("Event: FAXStatus", *of, "Operation: receive", "Status: FAX Transmission In Progress", *_FAX)
    yield _out("Action: FAXSessions", poll)
    yield _in("Response: Success", poll, "EventList: Start", "Message: FAXSessionsEntry event list will follow")
    yield _in("Event: FAXSessionsEntry", poll, of[0], "Technology: Spandsp", f"SessionNumber: {session}",
              "SessionType: G.711", "Operation: receive", "State: Active", "Files: /fax/{}.tif",
              "Note: {}")  # fmt: skip
    yield _in("Event: FAXSessionsComplete", poll, "EventList: Complete", "Total: 1")
    yield _out("Action: FAXSession", f"{poll}-1", f"SessionNumber: {session}")
    yield _in("Response: Success", f"{poll}-1", "Message: FAXSession event will follow")
    yield _in("Event: FAXSession", f"{poll}-1", f"SessionNumber: {session}", "Operation: receive", "State: Active",
              "DataRate: 14400", "ImageResolution: 8031x3850", "PageNumber: 2", "FileName: /fax/{}.tif",
              "PagesReceived: 1", "TotalBadLines: 3", "Note-{}: {}")  # fmt: skip
    yield _in("Event: Status", *of, "ChanVariable: REMOTESTATIONID={}", "ChanVariable: FAXSTATUS=SUCCESS", "Note: {}")


def _rejected() -> Iterator[tuple[Direction, str]]:
    yield "in", "a call from {}\r\n\r\n"
    yield "in", "Event: Newexten\r\nbroken line {}\r\n\r\n"
    yield "in", "Event: Hangup\r\nChannel: {}\r\nEvent: Hangup\r\nChannel: {}\r\n\r\n"
    yield _in("Event: FAXSession", "SessionNumber: {}")
    yield _in(
        "Event: FAXSession", "SessionNumber: 0", "DataRate: {}", "State: Active", "PageNumber: {}", "FileName: {}"
    )
    yield _in("Event: FAXSessionsComplete", "Total: {}")
    yield _in("Event: SendFAX", "CallerIDNum: {}")
    yield "mark", "cut off: Event: Newchannel\r\nChannel: PJSIP/{}-0"
