"""Text that is not UTF-8, or that no index can hold."""

from __future__ import annotations

import random
from dataclasses import replace

import psycopg
import pytest

from faxstore.capture.message import clean_bytes
from faxstore.capture.recording import Line
from tests.kit.damaged_recordings import (
    RECORDING,
    Originals,
    imported,
    recorded,
    rejected,
    rows,
    sessions,
    spliced,
    without,
)

INVALID_TEXTS = {
    "NUL": ("\x00", r"\x00"),
    "a lone surrogate": ("\ud800", r"\ud800"),
    "a byte that is not UTF-8": (clean_bytes(b"\xff"), r"\xff"),
    "a byte as a surrogate escape": ("\udcff", r"\udcff"),
}


@pytest.mark.parametrize("kind", INVALID_TEXTS)
def test_names_that_are_not_text(database: psycopg.Connection, originals: Originals, kind: str) -> None:
    """In every channel, file name and station id."""
    bad, readable = INVALID_TEXTS[kind]

    def damaged(text: str, insert: str) -> str:
        for known in ("Local/recv@", "/var/spool/", "LocalStationID: ", "RemoteStationID: "):
            text = text.replace(known, known + insert)
        return text

    imported(database, [replace(line, text=damaged(line.text, bad)) for line in recorded()])
    expected = []
    for row in originals(RECORDING):
        names = {
            "channel": damaged(row["channel"], readable),
            "file_names": [damaged(name, readable) for name in row["file_names"]],
        }
        if row["snapshots"]:  # without a session, only variables contain the station ids
            names["local_station_id"] = readable + (row["local_station_id"] or "")
            names["remote_station_id"] = readable + (row["remote_station_id"] or "")
        expected.append(row | names)
    assert sessions(database) == expected
    assert rejected(database) == []


@pytest.mark.parametrize("kind", INVALID_TEXTS)
def test_bad_messages_that_are_not_text(database: psycopg.Connection, originals: Originals, kind: str) -> None:
    bad, readable = INVALID_TEXTS[kind]
    texts = [
        "garbage <{}>\r\n\r\n",
        "Event: Newexten\r\nno header <{}>\r\n\r\n",
        "Event: FAXSession\r\nState: <{}>\r\n\r\n",
    ]
    imported(database, spliced(recorded(), *[text.replace("{}", bad) for text in texts]))
    assert sessions(database) == originals(RECORDING)
    assert [raw for _, raw in rejected(database)] == [text.replace("{}", readable) for text in texts]


@pytest.mark.parametrize("kind", INVALID_TEXTS)
def test_marks_and_banners_that_are_not_text(database: psycopg.Connection, kind: str) -> None:
    bad, readable = INVALID_TEXTS[kind]
    lines = [
        Line(1.0, "mark", "connected"),
        Line(2.0, "in", f"Asterisk Call Manager/1{bad}\r\n"),
        Line(3.0, "mark", f"disconnected: <{bad}>"),
    ]
    imported(database, lines)
    events = rows(database, "select event, details from fax.server_history order by observed_at, event")
    assert [(row["event"], row["details"]) for row in events] == [
        ("Connected", None),
        ("Banner", {"Version": f"1{readable}"}),
        ("Disconnected", {"Reason": f"<{readable}>"}),
    ]


@pytest.mark.parametrize("length", [300, 9_000, 1_000_000])
def test_names_of_any_length(database: psycopg.Connection, originals: Originals, length: int) -> None:
    """Some are longer than an index entry can be."""
    random.seed(length)
    long = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789é", k=length))
    lines = [replace(line, text=line.text.replace("recv@rx", long)) for line in recorded()]
    imported(database, lines if length < 10**6 else few_lines(lines, long))
    if length < 10**6:
        columns = ("channel", "called_number")
        assert sessions(database, *columns) == without(originals(RECORDING), *columns)
    assert any(long in (row["channel"] or "") for row in sessions(database))
    assert rejected(database) == []


def few_lines(lines: list[Line], long: str) -> list[Line]:
    """The first poll with this long name, its details, and one event."""
    named = [at for at, line in enumerate(lines) if long in line.text and "Event: FAXSessionsEntry" in line.text]
    return lines[named[0] - 3 : named[0] + 12]
