"""The doctor's checks of a server: from its answers, and from its recent faxes in the history."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.doctor import answer_checks, examine_server
from faxstore.doctor.facts import RecentFaxes, ServerFacts
from faxstore.doctor.findings import Finding, Verdict
from faxstore.settings.values import Secret, ServerSettings, Tls
from tests.kit.fake_listener import settings_of
from tests.kit.fake_server import FakeServer

CERTIFICATES = Path(__file__).parents[1] / "ami" / "certificates"
ALL_EVENTS = RecentFaxes(sessions=10, status_events=20, completions=10, results=10, variables=90, sent=5, dials=5)

Change = Callable[[FakeServer], object]


def examined(change: Change, recent: RecentFaxes | None = ALL_EVENTS, **changes: Any) -> dict[str, Finding]:
    """Return the findings on a fake server by the name of the check."""

    async def scenario() -> list[Finding]:
        async with FakeServer() as fake:
            change(fake)
            return await examine_server(settings_of(fake, **changes), recent)

    return {finding.check: finding for finding in asyncio.run(scenario())}


def denied(*actions: str) -> Change:
    """A server whose user may not send these actions."""

    def change(fake: FakeServer) -> None:
        for action in actions:
            fake.replies[action] = lambda client, message: client.refuse(message, PERMISSION_DENIED)

    return change


def unchanged(fake: FakeServer) -> None:
    """Asterisk with res_fax, and a user who may do everything."""


def test_every_check_of_a_server() -> None:
    findings = examined(unchanged)
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
        "DialBegin": Verdict.OK,
        "writetimeout": Verdict.NOTE,
    }
    assert findings["res_fax"].text == "loaded (Asterisk 22.10.1)"
    assert "writetimeout = 5000" in findings["writetimeout"].change


def test_only_harmless_actions_are_sent() -> None:
    async def scenario() -> set[str]:
        async with FakeServer() as fake:
            await examine_server(settings_of(fake), ALL_EVENTS)
            return {message.get("Action") for message in fake.received}

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
        (refuse_login, "login", Verdict.FAIL, "Authentication failed: wrong username", "[faxstore]\nsecret ="),
        (
            denied("FAXSessions"),
            "class call (write)",
            Verdict.FAIL,
            "only faxes that raise events",
            "write = call,reporting",
        ),
        (denied("FAXStats"), "class reporting (write)", Verdict.FAIL, "FAXStats denied", "write = call,reporting"),
        (denied("CoreStatus", "CoreSettings"), "res_fax", Verdict.OK, "CoreSettings did not report the version", ""),
        (denied("FAXSessions"), "res_fax", Verdict.OK, "the server has its actions (Asterisk 22.10.1)", ""),
        (not_booted, "class system (read)", Verdict.FAIL, "without the class, restarts", "read = call,system,dialplan"),
        (not_loaded, "res_fax", Verdict.FAIL, "FAXSessions: Invalid/unknown command", "load = res_fax.so"),
        (older, "res_fax", Verdict.FAIL, "Asterisk 11.25.3 cannot list fax sessions", "Asterisk 13 or newer"),
        (clock_of("1000.0"), "clock", Verdict.WARN, " s behind this machine's", "NTP"),
        (clock_of("99999999999.0"), "clock", Verdict.WARN, " s ahead of this machine's", "NTP"),
        (clock_of("noon"), "clock", Verdict.NOTE, "did not report its time", ""),
    ],
)
def test_checks_of_answers(change: Change, check: str, verdict: Verdict, text: str, paste: str) -> None:
    found = examined(change)[check]
    assert found.verdict is verdict
    assert text in found.text
    assert paste in found.change


@pytest.mark.parametrize(
    ("recent", "check", "verdict", "paste"),
    [
        (replace(ALL_EVENTS, status_events=0), "statusevents", Verdict.WARN, "statusevents = yes"),
        (replace(ALL_EVENTS, completions=0), "class call (read)", Verdict.WARN, "read = call,system,dialplan"),
        (replace(ALL_EVENTS, results=0), "channelvars", Verdict.WARN, "channelvars = FAXSTATUS,FAXERROR"),
        (replace(ALL_EVENTS, dials=0, sent=0), "DialBegin", Verdict.OK, ""),
        (replace(ALL_EVENTS, dials=0), "DialBegin", Verdict.WARN, "eventfilter = Event: DialBegin"),
        (replace(ALL_EVENTS, variables=0), "class dialplan (read)", Verdict.WARN, "read = call,system,dialplan"),
        (RecentFaxes(0, 0, 0, 0, 0, 0, 0), "channelvars", Verdict.NOTE, "channelvars = FAXSTATUS,FAXERROR"),
        (None, "statusevents", Verdict.NOTE, "statusevents = yes"),
    ],
)
def test_checks_of_recent_faxes(recent: RecentFaxes | None, check: str, verdict: Verdict, paste: str) -> None:
    found = examined(unchanged, recent)[check]
    assert found.verdict is verdict
    assert paste in found.change
    assert ("AMI does not report it" in found.text) == (verdict is Verdict.NOTE)
    if "class" in check:
        assert "unknown" in found.text or "only by its absence" in found.text, "names what the history lacks"


def test_a_server_that_cannot_be_reached_is_one_finding() -> None:
    async def scenario() -> list[Finding]:
        async with FakeServer() as fake:
            settings = settings_of(fake)
        return await examine_server(settings, None)

    (found,) = asyncio.run(scenario())
    assert (found.verdict, found.unreachable, found.text) == (Verdict.FAIL, True, "Connection refused")
    assert "enabled = yes" in found.change
    assert "check host and port in faxstore.toml" in found.change


def test_a_server_whose_certificate_is_not_accepted() -> None:
    async def scenario() -> list[Finding]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "localhost.pem")
        async with FakeServer(tls=context) as fake:
            return await examine_server(settings_of(fake, host="localhost", tls=Tls()), None)

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
    assert answer_checks.encryption(ServerFacts(settings)).verdict is verdict
