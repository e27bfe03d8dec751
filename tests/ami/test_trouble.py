"""Servers that are not there, not willing or not right: told of once, and never given up."""

from __future__ import annotations

import asyncio
import itertools
import logging

import pytest

from faxstore.ami.collector import Patience
from faxstore.ami.connection import Limits
from faxstore.ami.poller import Pace
from faxstore.capture.recording import Line
from tests.kit.fake_listener import Heard, collecting, gaps, polls
from tests.kit.fake_server import FakeServer, Fax, fax_status, silent


@pytest.mark.parametrize("action", ["FAXSessions", "Ping"])
def test_a_server_that_falls_silent_is_left_and_connected_anew(action: str) -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        interval = 3600.0 if action == "Ping" else 0.05
        async with FakeServer() as server:
            server.replies[action] = silent
            limits, pace = Limits(request=0.1), Pace(keepalive=0.05)
            async with collecting(server, heard, limits=limits, pace=pace, idle_interval=interval):
                await heard.until_mark("disconnected")
                del server.replies[action]
                await heard.until_mark("polled", 2)
        return heard.texts("mark")

    marks = [mark for mark in asyncio.run(scenario()) if mark != "polled"]
    assert marks[:3] == ["connected", f"disconnected: no answer to {action} within 0.1 s", "connected"]


def test_a_lost_server_is_told_of_once_and_found_again(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server, collecting(server, heard) as collector:
            await heard.until_mark("polled")
            states = [collector.connected]
            await server.stop()
            await heard.until_mark("connect:", 5)
            states.append(collector.connected)
            await server.start()
            await heard.until_mark("connected", 2)
            await heard.until_mark("polled", 3)
            states.append(collector.connected)
        assert states == [True, False, True]
        return heard.texts("mark")

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        marks = asyncio.run(scenario())
    assert marks.count("connect: Connection refused") >= 5
    said = [record.message for record in caplog.records]
    assert said[0] == "pbx1: connected (manager 11.0.0)"
    assert said[1].startswith("pbx1: connection lost: the server closed the connection")
    assert said[2] == "pbx1: connected again (manager 11.0.0)"
    assert len(said) == 3


def test_after_a_good_connection_the_delays_begin_anew() -> None:
    async def scenario() -> list[Line]:
        heard = Heard()
        async with FakeServer() as server, collecting(server, heard, patience=Patience(network=(0.04, 60))):
            await heard.until_mark("polled")
            await server.stop()
            await heard.until_mark("connect:", 4)  # the next delay would be 0.32 s at the least
            await server.start()
            await heard.until_mark("polled", len(heard.texts("mark")) + 2)
            tries = sum(mark.startswith("connect:") for mark in heard.texts("mark"))
            await server.stop()
            await heard.until_mark("connect:", tries + 1)
            return [line for line in heard.lines if line.text.startswith(("disconnected", "connect:"))][-2:]

    lost, tried = asyncio.run(scenario())
    assert (lost.text, tried.text[:8]) == ("disconnected: the server closed the connection", "connect:")
    assert tried.ts - lost.ts < 0.2


def test_a_refused_login_is_told_of_once_and_tried_less_and_less(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[float]:
        heard = Heard()
        patience = Patience(network=(0.001, 0.001), refused=(0.05, 0.2))
        async with FakeServer() as server:
            server.secret = "changed"
            async with collecting(server, heard, patience=patience):
                await server.until_asked("Login", 5)
                server.secret = "letmein"
                await heard.until_mark("polled")
        return [line.ts for line in heard.lines if line.text == "connected"]

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        tries = asyncio.run(scenario())
    delays = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert all(delay > least for delay, least in zip(delays, [0.05, 0.1, 0.2, 0.2], strict=False))
    said = [record.message for record in caplog.records]
    assert said[0].startswith("pbx1: login refused: Authentication failed; check username and secret")
    assert said[1:] == ["pbx1: connected again (manager 11.0.0)"]
    assert "letmein" not in caplog.text


def test_a_user_without_class_call_is_told_once_what_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[float]:
        heard = Heard()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = lambda client, action: client.refuse(action, "Permission denied")
            async with collecting(server, heard, pace=Pace(denied=0.2)):
                await server.until_asked("FAXSessions", 2)
                server.send(fax_status("FAX Transmission In Progress"))  # no reason to ask sooner
                await server.until_asked("FAXSessions", 3)
                assert "polled" not in heard.texts("mark")
                del server.replies["FAXSessions"]
                await heard.until_mark("polled")
        return polls(heard)

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        times = asyncio.run(scenario())
    assert all(gap > 0.19 for gap in gaps(times[:3]))
    assert [record.message for record in caplog.records][1:] == [
        "pbx1: FAXSessions: Permission denied (the user needs write class call in manager.conf; "
        "without it only faxes that raise events are observed, without pages, rates and bad lines over time)",
        "pbx1: FAXSessions is answered again",
    ]


def test_a_user_of_class_call_only_is_told_once_for_each_action_and_polled_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> int:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            for action in ("CoreStatus", "CoreSettings", "FAXStats"):
                server.replies[action] = lambda client, action: client.refuse(action, "Permission denied")
            async with collecting(server, heard, pace=Pace(stats=0.05)):
                await server.until_asked("FAXStats", 4)
                await server.until_asked("FAXSession", 2)
            return len(server.asked("FAXSession"))

    assert asyncio.run(scenario()) >= 2
    said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [
        "pbx1: CoreStatus: Permission denied (the user needs write class system or reporting in manager.conf; "
        "without it restarts are detected less reliably)",
        "pbx1: CoreSettings: Permission denied (the user needs write class system or reporting in manager.conf; "
        "without it the version of the server is unknown)",
        "pbx1: FAXStats: Permission denied (the user needs write class reporting in manager.conf; "
        "without it missed faxes cannot be counted, and restarts are detected less reliably)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Asterisk is shutting down",
        "Invalid/unknown command: FAXSessions. Use Action: ListCommands to show available commands.",
    ],
)
def test_a_server_that_cannot_list_yet_or_any_more_is_asked_on(text: str, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> tuple[int, int]:
        heard = Heard()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = lambda client, action: client.refuse(action, text)
            async with collecting(server, heard):
                await server.until_asked("FAXSessions", 4)
                del server.replies["FAXSessions"]
                await heard.until_mark("polled")
                await server.until_asked("FAXStats", 2)  # it could not be read before
            return len(server.asked("Login")), len(server.asked("FAXSessions"))

    logins, asked = asyncio.run(scenario())
    assert (logins, asked >= 5) == (1, True)
    said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 1
    assert said[0].startswith(f"pbx1: FAXSessions: {text}")


def test_a_fault_of_ours_is_logged_and_does_not_end_the_collecting(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(answer: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    async def scenario() -> list[str]:
        heard = Heard()
        async with FakeServer() as server:
            with monkeypatch.context() as patch:
                patch.setattr("faxstore.ami.poll_rules.listed", broken)
                running = collecting(server, heard)
                await running.__aenter__()
                await heard.until_mark("disconnected: faxstore failed: ZeroDivisionError")
            await heard.until_mark("polled")
            await running.__aexit__(None, None, None)
        return heard.texts("mark")

    assert "polled" in asyncio.run(scenario())
    assert "ZeroDivisionError" in caplog.text
