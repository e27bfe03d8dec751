"""A message of a usual shape gives the same records by its values as by its lines."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from faxstore.capture import recording, usual
from faxstore.capture.message import UsualMessage, clean_bytes, clean_text, parse, parse_lines
from faxstore.capture.recording import Line
from faxstore.observations import Record
from faxstore.reader import decode
from faxstore.reader.line_reader import LineReader
from tests.trials.fuzz.corpus import MUTATIONS, messages

TESTS = Path(__file__).parents[1]
RECORDINGS = sorted(path for folder in ("captures", "field", "calls") for path in (TESTS / folder).glob("*.jsonl.gz"))

DETAIL = (
    "Event: FAXSession\r\nActionID: faxstore-1-7\r\nSessionNumber: 7\r\nOperation: receive\r\nState: Active\r\n"
    "ErrorCorrectionMode: No\r\nDataRate: 9600\r\nImageResolution: 8031x3850\r\nPageNumber: 2\r\n"
    "FileName: /var/spool/fax/ä.tif\r\nPagesTransmitted: 0\r\nPagesReceived: 1\r\nTotalBadLines: 12\r\n\r\n"
)
ENTRY = (
    "Event: FAXSessionsEntry\r\nActionID: faxstore-1-6\r\nChannel: PJSIP/trunk-00000001\r\nTechnology: Spandsp\r\n"
    "SessionNumber: 7\r\nSessionType: G.711\r\nOperation: receive\r\nState: Active\r\nFiles: \r\n\r\n"
)
GRANT = "Response: Success\r\nActionID: faxstore-1-7\r\nMessage: FAXSession event will follow\r\n\r\n"
REQUEST = "Action: FAXSession\r\nActionID: faxstore-1-7\r\nSessionNumber: 7\r\n\r\n"
USUAL = {"detail": DETAIL, "entry": ENTRY, "grant": GRANT, "request": REQUEST}


def records_of(lines: list[Line]) -> list[Record]:
    line_reader = LineReader("pbx1")
    return [record for line in lines for record in line_reader.feed(line)]


def records_by_lines(lines: list[Line], monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """Return the records of the lines if no message had a usual shape."""
    with monkeypatch.context() as patch:
        patch.setattr(usual, "find", lambda text: None)
        return records_of(lines)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_all_recordings_give_the_same_records(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list(recording.read(str(path)))
    assert records_of(lines) == records_by_lines(lines, monkeypatch)


def test_recordings_have_messages_of_each_usual_shape() -> None:
    """Otherwise the test before compares nothing."""
    texts = [line.text for line in recording.read(str(TESTS / "captures" / "twenty-22.jsonl.gz"))]
    found = [shape for text in texts if (shape := usual.find(clean_text(text)))]
    assert len({shape.names for shape, _ in found}) == 4
    sessions = [text for text in texts if text.startswith(("Event: FAXSession\r", "Event: FAXSessionsEntry\r"))]
    assert len([text for text in sessions if usual.find(text)]) > len(sessions) / 2


def test_mutated_messages_give_the_same_records(monkeypatch: pytest.MonkeyPatch) -> None:
    random, corpus = Random(13), messages()
    usual_ones = [text for text in corpus if usual.find(clean_bytes(text))]
    lines = []
    for number in range(20_000):
        text = random.choice(usual_ones)
        if random.random() < 0.7:
            text = random.choice(MUTATIONS)(random, text, corpus)
        lines.append(Line(1_795_392_000 + number / 10, "in", clean_bytes(text)))
    fast, slow = records_of(lines), records_by_lines(lines, monkeypatch)
    assert len(fast) > 10_000
    assert fast == slow


@pytest.mark.parametrize("kind", USUAL)
def test_a_usual_message_is_the_message_of_its_lines(kind: str) -> None:
    fast, slow = parse(USUAL[kind]), parse_lines(USUAL[kind])
    assert isinstance(fast, UsualMessage)
    assert fast == slow
    assert list(fast) == list(slow)
    assert repr(fast) == repr(slow)
    for name in ("Event", "response", "ACTIONID", "SessionNumber", "Nothing"):
        assert (fast.get(name, "?"), name in fast) == (slow.get(name, "?"), name in slow)


@pytest.mark.parametrize("kind", ["detail", "entry"])
def test_a_usual_message_is_decoded_like_any_other(kind: str) -> None:
    fast, slow = decode.snapshot(parse(USUAL[kind])), decode.snapshot_by_headers(parse_lines(USUAL[kind]))
    assert fast == slow
    assert json.dumps(fast.details) == json.dumps(slow.details), "the order of the headers too"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("DataRate: 9600", "DataRate: -1"),
        ("DataRate: 9600", "DataRate: 9999999999"),
        ("DataRate: 9600", "DataRate: ١٢"),
        ("DataRate: 9600", "Datarate: 9600"),
        ("ErrorCorrectionMode: No", "ErrorCorrectionMode: no"),
        ("State: Active", "State: Act\rive"),
        ("State: Active", "State: Active\r\nState: Active"),
        ("TotalBadLines: 12\r\n", ""),
        ("TotalBadLines: 12\r\n", "TotalBadLines: 12\r\nMore: 1\r\n"),
        ("\r\n\r\n", "\r\n\r\nEvent: Hangup\r\n\r\n"),
        ("\r\n\r\n", "\n\n"),
        ("\r\n\r\n", "\r\n"),
    ],
)
def test_a_message_that_differs_in_anything_is_not_usual(before: str, after: str) -> None:
    assert usual.find(DETAIL.replace(before, after)) is None
