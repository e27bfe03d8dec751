"""The event filter matches only events that are certainly irrelevant to faxes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from faxstore.ami.connection import Connection
from faxstore.ami.event_filter import ALWAYS_RELEVANT, IRRELEVANT_EVENTS, RELEVANT_BY_VALUE
from faxstore.capture.recording import Line
from faxstore.reader.line_reader import LineReader
from tests.kit.fake_listener import FakeListener, settings_of
from tests.kit.fake_server import FakeServer
from tests.kit.flooding_server import events
from tests.kit.played_time import play

CAPTURES = Path(__file__).parent.parent / "captures"
HANGUP = "Event: Hangup\r\nChannel: PJSIP/a-1\r\n\r\n"
NEWCHANNEL = "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/a-1\r\nAccountCode: \r\n\r\n"
VARSET = "Event: VarSet\r\nChannel: PJSIP/a-1\r\nVariable: RTPAUDIOQOS\r\nValue: x\r\n\r\n"
NEWEXTEN = "Event: Newexten\r\nChannel: PJSIP/a-1\r\nApplication: Dial\r\nAppData: SendFAX\r\n\r\n"


@pytest.mark.parametrize("text", [NEWCHANNEL, VARSET, NEWEXTEN, NEWCHANNEL.replace("Newchannel", "SENDFAXED")])
def test_irrelevant_events_match(text: str) -> None:
    assert IRRELEVANT_EVENTS.fullmatch(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        *(f"Event: {name}\r\nChannel: x\r\n\r\n" for name in sorted(ALWAYS_RELEVANT)),
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
def test_events_that_may_be_relevant_do_not_match(text: str) -> None:
    assert IRRELEVANT_EVENTS.match(text.encode()) is None


def test_the_relevant_events_are_those_that_the_reader_handles() -> None:
    assert {name.lower() for name in ALWAYS_RELEVANT | RELEVANT_BY_VALUE.keys()} == LineReader("pbx1")._handlers.keys()


def test_consecutive_events_match_together() -> None:
    wire = b"".join(events("other")[:100])
    assert IRRELEVANT_EVENTS.fullmatch(wire)
    assert IRRELEVANT_EVENTS.match(b"".join(events("fax")[:100])) is None


def test_a_connection_skips_irrelevant_events_and_keeps_the_order() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            connection = await Connection.open(settings_of(server), listener, ignore=IRRELEVANT_EVENTS)
            server.send(NEWCHANNEL + HANGUP + VARSET * 3 + "Event: Newexten\r\nno header\r\n\r\n")
            await connection.request("Ping")
            server.send(NEWEXTEN + HANGUP)
            await connection.request("Ping")
            await connection.close()
        return listener.texts("in")

    texts = play(scenario())
    assert texts.count(HANGUP) == 2
    assert [text for text in texts if "Newchannel" in text or "VarSet" in text] == []
    assert sum("Newexten" in text for text in texts) == 1, "the malformed one"


@pytest.mark.parametrize("name", ["failures-22", "twenty-22", "gateway-16-other22", "names-16", "restart-22"])
def test_no_matching_event_of_a_recording_yields_a_record(name: str) -> None:
    line_reader, matches = LineReader("pbx1"), 0
    with gzip.open(CAPTURES / f"{name}.jsonl.gz", "rt") as file:
        for entry in map(json.loads, file):
            records = line_reader.feed(Line(entry["ts"], entry["dir"], entry["text"]))
            if entry["dir"] == "in" and IRRELEVANT_EVENTS.fullmatch(entry["text"].encode()):
                matches += 1
                assert records == []
    assert matches or "gateway" in name or "names" in name
