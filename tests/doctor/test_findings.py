"""The printed form of findings, the exit status, and the command."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from faxstore import cli
from faxstore.doctor import advice
from faxstore.doctor.findings import Finding, Verdict, document, exit_status, write
from tests.kit.command_line import run_command

OK = Finding("a", "x", Verdict.OK, "well")
FAILED = Finding("a", "yy", Verdict.FAIL, "wrong", "one\ntwo")
UNREACHABLE = Finding("b", "z", Verdict.FAIL, "gone", unreachable=True)


@pytest.mark.parametrize(
    ("findings", "status"),
    [([], 0), ([OK], 0), ([OK, FAILED], 1), ([UNREACHABLE, FAILED], 3), ([FAILED, UNREACHABLE, OK], 3)],
)
def test_the_exit_status(findings: list[Finding], status: int) -> None:
    assert exit_status(findings) == status


def test_the_printed_form() -> None:
    out = StringIO()
    write([OK, FAILED, UNREACHABLE], out)
    assert out.getvalue() == (
        "a\n  ok    x   well\n  fail  yy  wrong\n            one\n            two\n\n"
        "b\n  fail  z   gone\n\n3 checks: 2 failed, 0 warnings, 0 notes\n"
    )


def test_the_document() -> None:
    assert document([OK, FAILED]) == {
        "exit_status": 1,
        "ok": 1,
        "note": 0,
        "warn": 0,
        "fail": 1,
        "checks": [
            {"subject": "a", "check": "x", "verdict": "ok", "text": "well", "change": None, "unreachable": False},
            {
                "subject": "a",
                "check": "yy",
                "verdict": "fail",
                "text": "wrong",
                "change": "one\ntwo",
                "unreachable": False,
            },
        ],
    }


def test_the_command_as_json(dsn: str, tmp_path: Path) -> None:
    config = tmp_path / "faxstore.toml"
    config.touch(mode=0o600)
    config.write_text('[[server]]\nname = "pbx1"\nhost = "127.0.0.1"\nport = 1\nusername = "fax"\nsecret = "hidden"\n')
    ran = run_command(dsn, "--config", str(config), "--data-dir", str(tmp_path), "doctor", "--format", "json")
    found = json.loads(ran.stdout)
    assert (ran.returncode, found["exit_status"], ran.stderr) == (3, 3, "")
    assert [one["subject"] for one in found["checks"] if one["unreachable"]] == ["pbx1 (127.0.0.1:1)"]
    assert "hidden" not in ran.stdout


def test_without_a_server_the_database_and_this_machine_are_checked(dsn: str, tmp_path: Path) -> None:
    config = tmp_path / "faxstore.toml"
    config.touch(mode=0o600)
    ran = run_command(dsn, "--config", str(config), "--data-dir", str(tmp_path), "doctor", "--format", "json")
    checks = json.loads(ran.stdout)["checks"]
    assert ran.returncode == 0
    assert list(dict.fromkeys(one["subject"] for one in checks)) == ["this machine", "database", "servers"]
    assert (checks[-1]["verdict"], checks[-1]["text"]) == (
        "note", f"{config}: no [[server]] is set; add one with name, host, username and secret_file",
    )  # fmt: skip


def test_the_command(dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "faxstore.toml"
    config.touch(mode=0o600)
    config.write_text('[[server]]\nname = "pbx1"\nhost = "127.0.0.1"\nport = 1\nusername = "fax"\nsecret = "hidden"\n')
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--config", str(config), "--dsn", dsn, "--data-dir", str(tmp_path), "doctor"])
    shown = capsys.readouterr().out
    assert leaving.value.code == 3
    assert "pbx1 (127.0.0.1:1)\n  fail  reachable       Connection refused\n" in shown
    assert "hidden" not in shown


def test_the_section_of_a_user_is_complete() -> None:
    section = advice.user("fax").splitlines()
    assert section[1] == "[fax]"
    assert [line.split(" = ")[0] for line in section[2:]] == [
        "secret", "deny", "permit", "read", "write", "writetimeout", *["eventfilter"] * 4,
    ]  # fmt: skip


def test_a_secret_that_cannot_be_read_stops_only_the_checks_of_its_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "faxstore.toml"
    config.touch(mode=0o600)
    server = '[[server]]\nname = "{}"\nhost = "127.0.0.1"\nport = 1\nusername = "fax"\n{}\n'
    config.write_text(
        server.format("pbx1", 'secret_file = "none"')
        + server.format("pbx2", 'secret = "hidden"')
        + server.format("pbx3", "")
    )
    general = ["--config", str(config), "--dsn", "host=/none/such", "--data-dir", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        cli.main([*general, "doctor", "--format", "json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = {(one["subject"].split()[0], one["check"]): one["text"] for one in checks if "pbx" in one["subject"]}
    assert left.value.code == 3, "the database and pbx2 cannot be reached"
    assert list(found) == [("pbx1", "secret"), ("pbx2", "reachable"), ("pbx3", "secret")]
    assert found["pbx1", "secret"].endswith(f"secret_file: {tmp_path}/none: No such file or directory")
    assert "secret_file is missing; set it, or the variable FAXSTORE_SECRET_PBX3" in found["pbx3", "secret"]
