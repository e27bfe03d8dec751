"""What is passed over undecoded: only what clearly says nothing of a fax."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest

from faxstore.ami.connection import Connection
from faxstore.ami.event_filter import ALL, IDLE_EVENTS, SOME
from faxstore.capture.recording import Line
from faxstore.reader.line_reader import Tracker
from tests.kit.fake_listener import Heard, settings_of
from tests.kit.fake_server import FakeServer
from tests.kit.flooding_server import events

CAPTURES = Path(__file__).parent.parent / "captures"
HANGUP = "Event: Hangup\r\nChannel: PJSIP/a-1\r\n\r\n"
NEWCHANNEL = "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/a-1\r\nAccountCode: \r\n\r\n"
VARSET = "Event: VarSet\r\nChannel: PJSIP/a-1\r\nVariable: RTPAUDIOQOS\r\nValue: x\r\n\r\n"
NEWEXTEN = "Event: Newexten\r\nChannel: PJSIP/a-1\r\nApplication: Dial\r\nAppData: SendFAX\r\n\r\n"


@pytest.mark.parametrize("text", [NEWCHANNEL, VARSET, NEWEXTEN, NEWCHANNEL.replace("Newchannel", "SENDFAXED")])
def test_what_says_nothing_of_a_fax_is_idle(text: str) -> None:
    assert IDLE_EVENTS.fullmatch(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        *(f"Event: {name}\r\nChannel: x\r\n\r\n" for name in sorted(ALL)),
        "Event: FAXSTATUS\r\nChannel: x\r\n\r\n",
        "Event:  Newchannel\r\nChannel: x\r\n\r\n",
        "event: Newchannel\r\nChannel: x\r\n\r\n",
        "Event: Newchannel \r\nChannel: x\r\n\r\n",
        "Channel: x\r\nEvent: Newchannel\r\n\r\n",
        "Event: Newchannel\nChannel: x\n\n\r\n\r\n",
        "Event: Newchannel\r\nChannel: x\n\r\n\r\n",
        "Event: Newchannel\r\nno header\r\n\r\n",
        "Event: Newchannel\r\n: x\r\n\r\n",
        "Event: Newchannel\r\nChannel: x\r\nevent: SendFAX\r\nChannel: y\r\n\r\n",
        "Event: Newchannel\r\nChannel: x\r\nResponse: Success\r\n\r\n",
        "Event: OriginateResponse\r\nACTIONID: faxstore-1\r\n\r\n",
        "Event: Newchannel\r\nChannel: x\r\n",
        VARSET.replace("RTPAUDIOQOS", "FAXSTATUS"),
        VARSET.replace("RTPAUDIOQOS", " FaxStatus "),
        VARSET.replace("Variable", "VARIABLE"),
        VARSET.replace("Value: x", "Variable: FAXSTATUS"),
        VARSET.replace("Value: x", "variable: FAXSTATUS"),
        VARSET.replace("Variable: RTPAUDIOQOS\r\n", ""),
        VARSET.replace("VarSet", "varset"),
        NEWEXTEN.replace("Dial", "SENDFAX"),
        NEWEXTEN.replace("Dial", " ReceiveFAX "),
        "Response: Success\r\nMessage: x\r\n\r\n",
        "Asterisk Call Manager/11.0.0\r\n",
    ],
)
def test_what_may_matter_is_not_idle(text: str) -> None:
    assert IDLE_EVENTS.match(text.encode()) is None


def test_the_events_that_matter_are_those_of_the_tracker() -> None:
    assert {name.lower() for name in ALL | SOME.keys()} == Tracker("pbx1")._handlers.keys()


def test_events_in_a_row_are_passed_over_together() -> None:
    wire = b"".join(events("other")[:100])
    assert IDLE_EVENTS.fullmatch(wire)
    assert IDLE_EVENTS.match(b"".join(events("fax")[:100])) is None


def test_a_connection_passes_idle_events_over_and_gives_the_rest_in_order() -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server:
            connection = await Connection.open(settings_of(server), heard, idle=IDLE_EVENTS)
            server.send(NEWCHANNEL + HANGUP + VARSET * 3 + "Event: Newexten\r\nno header\r\n\r\n")
            await connection.request("Ping")
            server.send(NEWEXTEN + HANGUP)
            await connection.request("Ping")
            await connection.close()
        return heard.texts("in")

    texts = asyncio.run(scenario())
    assert texts.count(HANGUP) == 2
    assert [text for text in texts if "Newchannel" in text or "VarSet" in text] == []
    assert sum("Newexten" in text for text in texts) == 1, "the one that cannot be understood"


@pytest.mark.parametrize("name", ["failures-22", "twenty-22", "gateway-16-other22", "names-16", "restart-22"])
def test_of_a_recording_only_what_the_tracker_makes_nothing_of_is_idle(name: str) -> None:
    tracker, idle = Tracker("pbx1"), 0
    with gzip.open(CAPTURES / f"{name}.jsonl.gz", "rt") as file:
        for entry in map(json.loads, file):
            records = tracker.feed(Line(entry["ts"], entry["dir"], entry["text"]))
            if entry["dir"] == "in" and IDLE_EVENTS.fullmatch(entry["text"].encode()):
                idle += 1
                assert records == []
    assert idle or "gateway" in name or "names" in name
