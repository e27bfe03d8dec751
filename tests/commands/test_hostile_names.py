"""Names chosen by the remote side stay plain text from the wire to the output of every command."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore import cli
from faxstore.doctor.findings import Finding, Verdict, write
from tests.kit import truth
from tests.kit.given import read

RECORDING = "one-page-16"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

HOSTILE = {
    "SQL": "'); drop table fax.session_history cascade; --$$\\'; select 1/0 %s %(a)s :b {0} \"\\N",
    "a terminal": "\x1b]0;mine\x07\x1b[31mred\x1b[2J\x9b31m\x7f\u202etxt\u2066\u2028\u2029\x85\x0b\x0c\ta",
    "markup": "[red]no[/red] [/] [link=http://a]b[/link] :boom: \\[bold] {{x}} ${y} `z`",
    "a formula": "=cmd|'/c calc'!A1,\"@sum(1)\";+1,-1",
    "JSON": '"}],{"a": "\\u0000\\',
}
CHOSEN = "CallerIDNum|CallerIDName|RemoteStationID|LocalStationID|FileName|Files|AccountCode|Technology"
VARIABLES = "REMOTESTATIONID|LOCALSTATIONID|FAXSTATUSSTRING"


def disguised(text: str, name: str) -> str:
    """The message with that name in place of everything that a remote side, a dialplan or a caller chooses."""
    escaped = re.sub(r"([\\'\"?])", r"\\\1", name)  # as VarSet escapes it (manager_channels.c, ast_escape_c_alloc)
    text = re.sub(rf"(?m)^((?:{CHOSEN}): )[^\r\n]*", lambda match: match[1] + name, text)
    text = re.sub(rf"(?m)^(Variable: (?:{VARIABLES})\r\nValue: )[^\r\n]*", lambda match: match[1] + escaped, text)
    return re.sub(r"(?m)^(Channel: [^\r\n]*)", lambda match: match[1] + name, text)


@pytest.fixture(params=HOSTILE)
def name(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]


@pytest.fixture
def recording(name: str, tmp_path: Path) -> Path:
    file = tmp_path / "hostile.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        for line in truth.lines(RECORDING):
            out.write(json.dumps(line | {"text": disguised(line["text"], name)}) + "\n")
    return file


def run(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    """The output of the command; its messages must not control a terminal."""
    with pytest.raises(SystemExit) as leaving:
        cli.main([*arguments])
    out, error = capsys.readouterr()
    assert leaving.value.code == status, error
    assert UNSAFE.findall(error) == []
    return out


def test_names_are_text_everywhere(
    dsn: str, database: psycopg.Connection, recording: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server = "pbx " + "".join(character for character in name if character.isprintable())
    run(capsys, "--dsn", dsn, "import", "--server", server, str(recording))

    found = read(database, "select * from fax.sessions order by started_at, session_id")
    assert len(found) > 1
    for row in found:
        assert row["server"] == server
        assert row["channel"].endswith(name)
        assert row["file_names"] == [name]
        assert {row["remote_station_id"], row["local_station_id"], row["result_text"]} == {name}
    assert read(database, "select * from fax.rejected_messages") == []

    table = run(capsys, "--dsn", dsn, "sessions", "--server", server)
    assert UNSAFE.findall(table) == []
    assert server[:12] in table

    text = run(capsys, "--dsn", dsn, "sessions", "--server", server, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    check_rows(rows, found, "channel", "remote_station_id", "result_text")
    assert text.count("\r\n") == len(rows) + 1

    lines = run(capsys, "--dsn", dsn, "sessions", "--format", "jsonl")
    assert UNSAFE.findall(lines) == []
    check_rows(
        [json.loads(line) for line in lines.split("\n")[:-1]], found, "channel", "remote_station_id", "file_names"
    )
    document = run(capsys, "--dsn", dsn, "sessions", "--format", "json")
    assert UNSAFE.findall(document) == []
    check_rows(json.loads(document), found, "channel", "remote_station_id", "file_names")

    one = str(found[0]["session_id"])
    screen = run(capsys, "--dsn", dsn, "show", one)
    assert UNSAFE.findall(screen) == []
    whole = run(capsys, "--dsn", dsn, "show", one, "--format", "json")
    assert UNSAFE.findall(whole) == []
    assert json.loads(whole)["session"]["remote_station_id"] == name


def check_rows(rows: list[Any], found: list[dict[str, Any]], *names: str) -> None:
    """Compares columns of the output with those of the view."""
    assert [[row[one] for one in names] for row in rows] == [[row[one] for one in names] for row in found]


def test_the_value_of_an_option_is_nothing_but_text(dsn: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "--dsn", dsn, "sessions", "--server", name, "--format", "jsonl", status=2)
    run(capsys, "--dsn", dsn, "sessions", "--account", name, status=2)
    run(capsys, "--dsn", dsn, "show", name, status=2)
    run(capsys, "--dsn", dsn, "sessions", "--from", name, status=2)
    run(capsys, "--dsn", dsn, "import", name, status=2)
    run(capsys, "--dsn", f"dbname={name}", "sessions", status=2)


def test_the_findings_of_doctor_cannot_control_a_terminal(name: str) -> None:
    out = io.StringIO()
    write([Finding(f"pbx {name}", "res_fax", Verdict.FAIL, f"Asterisk {name}", f"user = {name}")], out)
    assert UNSAFE.findall(out.getvalue()) == []
    assert out.getvalue().count("\n") == 5
