"""`faxstore doctor`: each check finds what is wrong, and says what to paste."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore import cli
from faxstore.capture import recording as capture
from faxstore.capture.recording import Line
from faxstore.doctor import advice, database, machine, server, server_checks
from faxstore.doctor.database import Heard
from faxstore.doctor.findings import Finding, Verdict, exit_status, write
from faxstore.ingest.importer import import_file
from faxstore.settings.loading import Secret, ServerSettings, Settings, Tls
from tests.kit.fake_listener import settings_of
from tests.kit.fake_server import FakeServer

CAPTURES = Path(__file__).parents[1] / "captures"
CERTIFICATES = Path(__file__).parents[1] / "ami" / "certificates"
ALL_WELL = Heard(sessions=10, status_events=20, completions=10, results=10, variables=90)

Change = Callable[[FakeServer], object]


def examined(change: Change, heard: Heard | None = ALL_WELL, **changes: Any) -> dict[str, Finding]:
    """The findings on a fake server, by check."""

    async def scenario() -> list[Finding]:
        async with FakeServer() as fake:
            change(fake)
            return await server.examine(settings_of(fake, **changes), heard)

    return {finding.check: finding for finding in asyncio.run(scenario())}


def denied(*actions: str) -> Change:
    """A server whose user may not do these."""

    def change(fake: FakeServer) -> None:
        for action in actions:
            fake.replies[action] = lambda client, message: client.refuse(message, "Permission denied")

    return change


def as_it_is(fake: FakeServer) -> None:
    """The server as Asterisk is, everything granted."""


def test_all_is_well() -> None:
    findings = examined(as_it_is)
    assert {name: finding.verdict for name, finding in findings.items()} == {
        "reachable": Verdict.OK,
        "TLS": Verdict.OK,
        "login": Verdict.OK,
        "class call (write)": Verdict.OK,
        "class reporting (write)": Verdict.OK,
        "class system (read)": Verdict.OK,
        "res_fax": Verdict.OK,
        "clock": Verdict.OK,
        "class call (read)": Verdict.OK,
        "class dialplan (read)": Verdict.OK,
        "statusevents": Verdict.OK,
        "channelvars": Verdict.OK,
        "writetimeout": Verdict.NOTE,
    }
    assert findings["res_fax"].text == "loaded (Asterisk 22.10.1)"
    assert "writetimeout = 5000" in findings["writetimeout"].change


def test_only_harmless_actions_are_sent() -> None:
    async def scenario() -> set[str]:
        async with FakeServer() as fake:
            await server.examine(settings_of(fake), ALL_WELL)
            return {message.get("Action") for message in fake.ledger}

    allowed = {"Login", "CoreSettings", "CoreStatus", "FAXStats", "FAXSessions", "Ping", "Logoff"}
    assert asyncio.run(scenario()) == allowed


def refuse_login(fake: FakeServer) -> None:
    fake.secret = "another"


def not_loaded(fake: FakeServer) -> None:
    text = "Invalid/unknown command: FAXSessions. Use Action: ListCommands to show available commands."
    fake.replies["FAXSessions"] = lambda client, message: client.refuse(message, text)


def older(fake: FakeServer) -> None:
    not_loaded(fake)
    fake.replies["CoreSettings"] = lambda client, message: client.grant(message, "AsteriskVersion: 11.25.3\r\n")


def not_booted(fake: FakeServer) -> None:
    fake.replies["Login"] = lambda client, message: client.grant(message, "Message: Authentication accepted\r\n")


def clock_of(shown: str) -> Change:
    def change(fake: FakeServer) -> None:
        fake.replies["Ping"] = lambda client, message: client.grant(message, f"Ping: Pong\r\nTimestamp: {shown}\r\n")

    return change


@pytest.mark.parametrize(
    ("change", "check", "verdict", "text", "paste"),
    [
        (refuse_login, "login", Verdict.FAIL, "Authentication failed: a wrong username", "[faxstore]\nsecret ="),
        (
            denied("FAXSessions"),
            "class call (write)",
            Verdict.FAIL,
            "only faxes that raise events",
            "write = call,reporting",
        ),
        (denied("FAXStats"), "class reporting (write)", Verdict.FAIL, "FAXStats denied", "write = call,reporting"),
        (denied("CoreStatus", "CoreSettings"), "res_fax", Verdict.OK, "CoreSettings did not tell", ""),
        (denied("FAXSessions"), "res_fax", Verdict.OK, "the server knows its actions (Asterisk 22.10.1)", ""),
        (not_booted, "class system (read)", Verdict.FAIL, "without it restarts", "read = call,system,dialplan"),
        (not_loaded, "res_fax", Verdict.FAIL, "FAXSessions: Invalid/unknown command", "load = res_fax.so"),
        (older, "res_fax", Verdict.FAIL, "Asterisk 11.25.3 cannot list fax sessions", "Asterisk 13 or newer"),
        (clock_of("1000.0"), "clock", Verdict.WARN, " s behind this machine's", "NTP"),
        (clock_of("99999999999.0"), "clock", Verdict.WARN, " s ahead of this machine's", "NTP"),
        (clock_of("noon"), "clock", Verdict.NOTE, "did not tell its time", ""),
    ],
)
def test_what_a_server_answers(change: Change, check: str, verdict: Verdict, text: str, paste: str) -> None:
    found = examined(change)[check]
    assert found.verdict is verdict
    assert text in found.text
    assert paste in found.change


@pytest.mark.parametrize(
    ("heard", "check", "verdict", "paste"),
    [
        (replace(ALL_WELL, status_events=0), "statusevents", Verdict.WARN, "statusevents = yes"),
        (replace(ALL_WELL, completions=0), "class call (read)", Verdict.WARN, "read = call,system,dialplan"),
        (replace(ALL_WELL, results=0), "channelvars", Verdict.WARN, "channelvars = FAXSTATUS,FAXERROR"),
        (replace(ALL_WELL, variables=0), "class dialplan (read)", Verdict.WARN, "read = call,system,dialplan"),
        (Heard(0, 0, 0, 0, 0), "channelvars", Verdict.NOTE, "channelvars = FAXSTATUS,FAXERROR"),
        (None, "statusevents", Verdict.NOTE, "statusevents = yes"),
    ],
)
def test_what_ami_does_not_tell_is_told_by_the_history_or_is_a_note(
    heard: Heard | None, check: str, verdict: Verdict, paste: str
) -> None:
    found = examined(as_it_is, heard)[check]
    assert found.verdict is verdict
    assert paste in found.change
    assert ("AMI does not tell it" in found.text) == (verdict is Verdict.NOTE)
    if "class" in check:
        assert "unknown" in found.text or "by its absence only" in found.text, "it says what the history lacks"


def test_a_server_that_cannot_be_reached_is_one_finding() -> None:
    async def scenario() -> list[Finding]:
        async with FakeServer() as fake:
            settings = settings_of(fake)
        return await server.examine(settings, None)

    (found,) = asyncio.run(scenario())
    assert (found.verdict, found.unreachable, found.text) == (Verdict.FAIL, True, "Connection refused")
    assert "enabled = yes" in found.change


def test_a_server_whose_tls_is_not_accepted() -> None:
    async def scenario() -> list[Finding]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "localhost.pem")
        async with FakeServer(tls=context) as fake:
            return await server.examine(settings_of(fake, host="localhost", tls=Tls()), None)

    (found,) = asyncio.run(scenario())
    assert found.unreachable
    assert "certificate is not accepted" in found.text
    assert "tlsenable = yes" in found.change


@pytest.mark.parametrize(
    ("host", "tls", "verdict"),
    [
        ("10.0.0.5", None, Verdict.WARN),
        ("127.0.0.1", None, Verdict.OK),
        ("localhost", None, Verdict.OK),
        ("10.0.0.5", Tls(), Verdict.OK),
        ("10.0.0.5", Tls(verify=False), Verdict.WARN),
    ],
)
def test_encryption(host: str, tls: Tls | None, verdict: Verdict) -> None:
    settings = ServerSettings(name="pbx1", host=host, username="fax", secret=Secret("s"), tls=tls)
    assert server_checks.encryption(settings).verdict is verdict


def by_check(dsn: str, *servers: str) -> tuple[dict[str, Heard], dict[str, Finding]]:
    named = tuple(ServerSettings(name=name, host="h", username="u", secret=Secret("s")) for name in servers)
    heard, findings = database.examine(Settings(dsn, Path("/nowhere"), named))
    return heard, {finding.check: finding for finding in findings}


def test_a_database_that_is_well(dsn: str) -> None:
    _, findings = by_check(dsn)
    assert list(findings) == ["reachable", "version", "schema", "may append", "may read", "writable"]
    assert {finding.verdict for finding in findings.values()} == {Verdict.OK}


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    _, findings = by_check(f"host={tmp_path} dbname=fax")
    assert findings["reachable"].unreachable
    assert "cannot be reached" in findings["reachable"].text


def test_a_database_without_a_schema(empty_database: str) -> None:
    _, findings = by_check(empty_database)
    assert findings["schema"].verdict is Verdict.FAIL
    assert "run faxstore migrate" in findings["schema"].text
    assert "may append" not in findings


def test_a_database_that_is_read_only(dsn: str) -> None:
    _, findings = by_check(make_conninfo(dsn, options="-c default_transaction_read_only=on"))
    assert findings["writable"].verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("role", "append", "read"),
    [("fax_ingest", Verdict.OK, Verdict.NOTE), ("fax_reader", Verdict.FAIL, Verdict.OK)],
)
def test_rights(dsn: str, role: str, append: Verdict, read: Verdict) -> None:
    user = f"doctor_{role}_{os.getpid()}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create role {} login in role {}").format(sql.Identifier(user), sql.Identifier(role))
        )
        try:
            _, findings = by_check(make_conninfo(dsn, user=user))
        finally:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(user)))
    assert findings["schema"].verdict is Verdict.OK
    assert (findings["may append"].verdict, findings["may read"].verdict) == (append, read)
    wanted = {"fax_ingest": "fax_reader", "fax_reader": "fax_ingest"}[role]
    assert f'grant {wanted} to "{user}";' in [finding.change for finding in findings.values()]


def test_a_database_that_is_too_old() -> None:
    assert (database.version(140011).verdict, database.version(140011).text) == (Verdict.FAIL, "PostgreSQL 14.11")
    assert (database.version(150004).verdict, database.version(150004).text) == (Verdict.OK, "PostgreSQL 15.4")


def test_what_the_history_heard_of_a_server(dsn: str, database_of_today: psycopg.Connection) -> None:
    heard, _ = by_check(dsn, "pbx1", "pbx2")
    # Recorded without channelvars: how the faxes ended is in VarSet events alone.
    assert heard["pbx1"] == Heard(sessions=11, status_events=22, completions=11, results=0, variables=347)
    assert heard["pbx2"] == Heard(0, 0, 0, 0, 0)


@pytest.fixture
def database_of_today(database: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    """A history with a recording of failures whose faxes ended just now."""
    lines = list(capture.read(str(CAPTURES / "failures-22.jsonl.gz")))
    later = time.time() - lines[-1].ts
    file = tmp_path / "now.jsonl"
    moved = (Line(line.ts + later, line.dir, line.text) for line in lines)
    file.write_text("".join(capture.encode(line) + "\n" for line in moved))
    import_file(database, str(file), "pbx1", lambda _: None)
    return database


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(5 * 1024**3, Verdict.OK), (500 * 1024**2, Verdict.WARN), (50 * 1024**2, Verdict.FAIL)],
)
def test_room_for_the_spool(free: int, verdict: Verdict) -> None:
    assert machine.space(Path("/var/lib/faxstore"), free).verdict is verdict


def test_a_data_folder_that_is_yet_to_be_made(tmp_path: Path) -> None:
    (found,) = machine.examine(tmp_path / "not" / "there")
    assert found.check == "spool"
    assert "MiB free" in found.text


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = machine.examine(tmp_path / "file")
    assert (found.verdict, found.text) == (Verdict.FAIL, f"{tmp_path}/file cannot be written to by this user")


FINE = Finding("a", "x", Verdict.OK, "well")
WRONG = Finding("a", "yy", Verdict.FAIL, "wrong", "one\ntwo")
GONE = Finding("b", "z", Verdict.FAIL, "gone", unreachable=True)


@pytest.mark.parametrize(
    ("findings", "status"), [([], 0), ([FINE], 0), ([FINE, WRONG], 1), ([GONE, WRONG], 3), ([WRONG, GONE, FINE], 3)]
)
def test_the_exit_status(findings: list[Finding], status: int) -> None:
    assert exit_status(findings) == status


def test_how_findings_are_shown() -> None:
    out = StringIO()
    write([FINE, WRONG, GONE], out)
    assert out.getvalue() == (
        "a\n  ok    x   well\n  fail  yy  wrong\n            one\n            two\n\n"
        "b\n  fail  z   gone\n\n3 checks: 2 failed, 0 warnings, 0 notes\n"
    )


def test_the_command(dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "faxstore.toml"
    config.touch(mode=0o600)
    config.write_text('[[server]]\nname = "pbx1"\nhost = "127.0.0.1"\nport = 1\nusername = "fax"\nsecret = "hidden"\n')
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--config", str(config), "--dsn", dsn, "--data-dir", str(tmp_path), "doctor"])
    shown = capsys.readouterr().out
    assert leaving.value.code == 3
    assert "pbx1 (127.0.0.1:1)\n  fail  reachable   Connection refused\n" in shown
    assert "hidden" not in shown


def test_the_user_to_paste_is_whole() -> None:
    section = advice.user("fax").splitlines()
    assert section[1] == "[fax]"
    assert [line.split(" = ")[0] for line in section[2:]] == [
        "secret", "deny", "permit", "read", "write", "writetimeout", "eventfilter", "eventfilter", "eventfilter",
    ]  # fmt: skip
