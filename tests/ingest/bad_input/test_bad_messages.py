"""Messages that are not AMI, or incomplete: each is stored as rejected, and the rest of the recording is imported."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from faxstore.capture import recording as capture
from faxstore.capture.message import clean_bytes
from faxstore.capture.recording import Line
from faxstore.ingest.importer import import_file
from tests.kit.damaged_recordings import (
    RECORDING,
    Originals,
    imported,
    recorded,
    rejected,
    rows,
    sessions,
    spliced,
)

NEITHER = "neither an Event nor a Response"
HANGUP = "Event: Hangup\r\nChannel: PJSIP/other-1\r\nUniqueid: 9.9\r\n"
BAD_MESSAGES: dict[str, tuple[str, str]] = {
    "garbage": ("#?!\r\n\r\n", NEITHER),
    "binary": (clean_bytes(bytes(range(256)) * 4), NEITHER),
    "a megabyte without an end": ("x" * 2**20, NEITHER),
    "another protocol": ("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", NEITHER),
    "an empty event": ("Event: \r\nSessionNumber: 0\r\n\r\n", NEITHER),
    "an action": ("Action: FAXSession\r\nSessionNumber: 0\r\n\r\n", NEITHER),
    "no blank line between two": (f"{HANGUP}{HANGUP}\r\n", "header Event repeats: two messages without a blank line.*"),
    "a header without colon": ("Event: Newexten\r\nExten s\r\n\r\n", "a line that is no header"),
    "a header without name": ("Event: Newexten\r\n: recv\r\n\r\n", "a line that is no header"),
    "no number": ("Event: FAXSession\r\nSessionNumber: abc\r\nState: Active\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a missing number": ("Event: FAXSession\r\nState: Active\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a negative number": ("Event: FAXSession\r\nSessionNumber: -1\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a number over 32 bits": ("Event: FAXSession\r\nSessionNumber: 4294967296\r\n\r\n", "FAXSession: SessionNumber .*"),
    "a number of 5000 digits": (f"Event: FAXSession\r\nSessionNumber: {'9' * 5000}\r\n\r\n", "FAXSession: .*"),
    "a completion without channel": ("Event: SendFAX\r\nPagesTransferred: 9\r\n\r\n", "SendFAX names no Channel"),
    "an empty channel": ("Event: ReceiveFAX\r\nChannel: \r\n\r\n", "ReceiveFAX names no Channel"),
    "the end of no list": ("Event: FAXSessionsComplete\r\nEventList: Complete\r\n\r\n", "FAXSessionsComplete .*"),
    "the end of another list": ("Event: FAXSessionsComplete\r\nTotal: 9\r\n\r\n", "FAXSessionsComplete: Total .*"),
    "a total that is none": (
        "Event: FAXSessionsComplete\r\nTotal: abc\r\n\r\n",
        "FAXSessionsComplete: Total is not a number",
    ),
    "counters that are none": (
        "Event: FAXStats\r\nTransmitAttempts: abc\r\nReceiveAttempts: -\r\nCompletedFAXes: \r\n\r\n",
        "FAXStats: TransmitAttempts.*",
    ),
}


@pytest.mark.parametrize("kind", BAD_MESSAGES)
def test_one_bad_message(
    database: psycopg.Connection, originals: Originals, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    text, reason = BAD_MESSAGES[kind]
    lines = spliced(recorded(), text)
    summary = imported(database, lines)

    assert sessions(database) == originals(RECORDING)
    ((why, raw),) = rejected(database)
    assert re.fullmatch(reason, why)
    assert "\n" not in why
    assert len(why) < 200
    assert raw == text
    assert (summary.messages, summary.rejected, summary.repeats) == (
        sum(line.dir != "mark" for line in lines),
        1,
        0,
    )
    assert caplog.records == []  # the table has it, not the log

    again = imported(database, lines)
    assert (again.rows, again.repeats, again.rejected) == (0, summary.rows, 1)
    assert len(rejected(database)) == 1


def test_all_bad_messages_at_once(database: psycopg.Connection, originals: Originals) -> None:
    texts = [text for text, _ in BAD_MESSAGES.values()]
    imported(database, spliced(recorded(), *texts))
    assert sessions(database) == originals(RECORDING)
    assert [raw for _, raw in rejected(database)] == texts


REFUSED = "Response: Error\r\nActionID: p9\r\nMessage: "
REFUSALS = [
    f"{REFUSED}Permission denied\r\n\r\n",
    f"{REFUSED}Invalid/unknown command: FAXSessions. Use Action: ListCommands to show available commands.\r\n\r\n",
    f"{REFUSED}Asterisk is shutting down\r\n\r\n",
    f"{REFUSED}Session not found\r\n\r\n",
    f"{REFUSED}Invalid session ID\r\n\r\n",
    f"{REFUSED}Fax technology doesn't provide a handler for FAXSession\r\n\r\n",
    "Response: Success\r\nActionID: p9\r\nMessage: FAXSession event will follow\r\n\r\n",  # the event never comes
    "Event: PeerStatus\r\nPeer: PJSIP/a\r\nPeerStatus: Reachable\r\n\r\n",
]


def test_error_responses_are_not_empty_lists(database: psycopg.Connection, originals: Originals) -> None:
    imported(database, spliced(recorded(), *REFUSALS))
    assert sessions(database) == originals(RECORDING)
    assert rejected(database) == []


def test_messages_without_a_blank_line_between_them_lose_nothing(
    database: psycopg.Connection, originals: Originals
) -> None:
    """The blank line after each SendFAX and ReceiveFAX is missing: the next event is part of the same message."""
    lines = recorded()
    joined = []
    for event in ("SendFAX", "ReceiveFAX"):
        at = next(at for at, line in enumerate(lines) if line.text.startswith(f"Event: {event}\r\n"))
        assert lines[at + 1].text.startswith("Event: ")
        text = lines[at].text.removesuffix("\r\n") + lines[at + 1].text
        lines = [*lines[:at], replace(lines[at], text=text), *lines[at + 2 :]]
        joined.append(text)
    imported(database, lines)
    assert sessions(database) == originals(RECORDING)
    assert sorted(raw for _, raw in rejected(database)) == sorted(joined)


@pytest.mark.parametrize("seed", range(6))
def test_a_randomly_damaged_recording(database: psycopg.Connection, seed: int) -> None:
    """Dropped, repeated, cut, garbled and swapped lines: no error, no gap in positions; a repeat changes nothing."""
    rng = random.Random(seed)
    lines: list[Line] = []
    for line in recorded(("restart-22", "gateway-16", "names-22")[seed % 3]):
        match rng.randrange(60) if "FullyBooted" not in line.text else -1:
            case 0:
                pass
            case 1:
                lines += [line, line]
            case 2:
                lines.append(replace(line, text=line.text[: rng.randrange(len(line.text) + 1)]))
            case 3:
                at = rng.randrange(len(line.text) + 1)
                garbled = line.text[:at] + chr(rng.choice([0, 10, 58, 0xD800, 0x1F4E0])) + line.text[at + 1 :]
                lines.append(replace(line, text=garbled))
            case 4 if lines:
                lines.insert(-1, line)
            case _:
                lines.append(line)
    summary = imported(database, lines)
    assert summary.rows > 50
    before = sessions(database)
    assert before
    counted = "select count(*), max(position), count(distinct position) from fax.session_history"
    assert set(database.execute(counted).fetchone() or ()) == {summary.rows}
    again = imported(database, lines)
    assert again.rows == 0
    assert sessions(database) == before


def test_a_bad_message_before_the_name_of_the_server(database: psycopg.Connection, tmp_path: Path) -> None:
    lines = recorded("one-page-22")
    named = next(at for at, line in enumerate(lines) if "SystemName: pbx-22" in line.text)
    bad = Line(lines[named].ts - 0.00001, "in", "SystemName: nonsense\r\nno event at all\r\n\r\n")
    file = tmp_path / "somebody.jsonl"
    file.write_text("".join(capture.encode(line) + "\n" for line in [*lines[:named], bad, *lines[named:]]))
    import_file(database, str(file), None, lambda _: None)
    assert {row["server"] for row in sessions(database)} == {"pbx-22"}
    assert rows(database, "select server from fax.rejected_messages") == [{"server": "pbx-22"}]
