"""The 19 fields of an xferfaxlog.  HylaFAX's own reports read one in tests/peers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.export import datasets
from faxstore.export.selection import Selection
from faxstore.export.xferfaxlog import hours, line, params, reason
from tests.kit.exported import csv_rows, csv_text, written
from tests.kit.given import append, completed, dial_begin, gateway, gone, receiving, result, sending

SENT: dict[str, Any] = {
    "date": "11/02/26 09:00",
    "direction": "sent",
    "session_id": "5f1c",
    "server": "pbx1",
    "uniqueid": "1793606400.7",
    "file_names": ["/a.tif", "/b.tif"],
    "account_code": "law",
    "caller_number": "5550100",
    "called_number": "5550199",
    "local_station_id": "us",
    "remote_station_id": "them",
    "resolution": "fine",
    "last_data_rate": 14400,
    "error_correction_mode": True,
    "pages": 3,
    "duration_seconds": Decimal("61.5"),
    "result": "success",
    "result_text": "OK",
}
RECEIVED = SENT | {"direction": "received", "result": "failed", "result_text": "The call dropped"}


def test_the_line_of_a_sent_fax() -> None:
    assert line(SENT).rstrip("\n").split("\t") == [
        "11/02/26 09:00", "SEND", "5f1c", "pbx1", "1793606400.7", '"law"', "5550100", '"5550199"', '"them"',
        "2162729", "3", "00:01:02", "00:01:02", '""', '""', '""', '""', '"law"', '""',
    ]  # fmt: skip


def test_the_line_of_a_received_fax() -> None:
    assert line(RECEIVED).rstrip("\n").split("\t") == [
        "11/02/26 09:00", "RECV", "5f1c", "pbx1", "/a.tif,/b.tif", '"law"', "fax", '"5550199"', '"them"',
        "2162729", "3", "00:01:02", "00:01:02", '"The call dropped"', '""', '"5550100"', '""', '""', '""',
    ]  # fmt: skip


def test_unknown_values_are_empty_or_zero() -> None:
    nothing = dict.fromkeys(SENT) | {"date": "11/02/26 09:00", "direction": "received", "server": "pbx1"}
    fields = line(nothing | {"session_id": "5f1c", "result": "unknown"}).rstrip("\n").split("\t")
    assert fields[4:] == [
        "", '""', "fax", '""', '""', str(1 << 21), "0", "00:00:00", "00:00:00",
        '"result unknown"', '""', '""', '""', '""', '""',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("result", "text", "expected"),
    [
        ("success", "OK", ""),
        ("failed", "The call dropped", "The call dropped"),
        ("failed", None, "failed"),
        ("unknown", None, "result unknown"),
        ("unknown", "HANGUP", "result unknown: HANGUP"),
    ],
)
def test_only_a_success_has_no_reason(result: str, text: str | None, expected: str) -> None:
    assert reason({"result": result, "result_text": text}) == expected


@pytest.mark.parametrize(
    ("resolution", "rate", "ecm", "bits"),
    [
        ("standard", 2400, False, 0),
        ("fine", 9600, False, 1 | 3 << 3),
        ("superfine", 33600, True, 2 | 13 << 3 | 1 << 16),
        (None, None, None, 0),
        ("standard", 31415, False, 0),
    ],
)
def test_params(resolution: str | None, rate: int | None, ecm: bool | None, bits: int) -> None:
    row = {"resolution": resolution, "last_data_rate": rate, "error_correction_mode": ecm}
    assert params(row) == 1 << 21 | bits


@pytest.mark.parametrize(
    ("seconds", "text"),
    [("0.4", "00:00:00"), ("0.5", "00:00:01"), ("2.5", "00:00:03"), ("3599.9", "01:00:00"), ("360000", "100:00:00")],
)
def test_durations_are_rounded_to_seconds(seconds: str, text: str) -> None:
    assert hours(Decimal(seconds)) == text


@pytest.mark.parametrize("name", ["a\tb", "a\r\nb", 'say "x"', "\x1b[2J", "\u2028"])
def test_no_text_ends_its_field_or_its_line(name: str) -> None:
    hostile = line(
        {key: name if isinstance(value, str) and key not in UNCHANGED else value for key, value in RECEIVED.items()}
    )
    assert hostile.count("\t") == 18
    assert len(hostile.splitlines()) == 1
    assert hostile.count('"') == 18


UNCHANGED = ("date", "direction", "session_id", "result", "resolution")


def test_lines_are_in_local_time_and_gateways_have_none(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0), (28, 2, 0)), result(29, "SUCCESS", "", "OK"), completed(30, 2), gone(31))
    append(database, sending((100, 1), number=1, channel="SIP/2"), gone(130, 1))
    append(database, gateway((200, 1, 0), (210, 2, 14400), number=2, channel="SIP/3"), gone(230, 2))
    log = written(dsn, datasets.sessions(Selection()), tmp_path, "xferfaxlog", "America/New_York").read_text()
    fields = [one.split("\t") for one in log.splitlines()]
    assert [(one[0], one[1], one[10], one[11], one[13]) for one in fields] == [
        ("11/02/26 03:00", "RECV", "2", "00:00:30", '""'),
        ("11/02/26 03:01", "SEND", "0", "00:00:30", '"result unknown"'),
    ]


def test_the_destination_is_the_dialled_number(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    own = {"CallerIDNum": "5550001", "ConnectedLineNum": "5550001"}
    append(database, dial_begin(-5, "+498912345@ISP"), sending((0, 1), (28, 2)), completed(30, 1, "SendFAX", **own))
    (fields,) = [
        one.split("\t")
        for one in written(dsn, datasets.sessions(Selection()), tmp_path, "xferfaxlog").read_text().splitlines()
    ]
    assert (fields[1], fields[6], fields[7]) == ("SEND", "5550001", '"+498912345"')
    (row,) = csv_rows(csv_text(dsn, datasets.sessions(Selection()), tmp_path))
    assert (row["caller_number"], row["called_number"]) == ("5550001", "+498912345")
