"""Servers that are unreachable, refuse or fail: one log message per change, and retries without end."""

from __future__ import annotations

import logging

import pytest

from faxstore.ami.collector import RetryDelays
from faxstore.ami.connection import Limits
from faxstore.ami.poller import PollTimings
from faxstore.capture.recording import Line
from tests.kit.fake_listener import FakeListener, collecting, gaps, polls
from tests.kit.fake_server import FakeServer, Fax, fax_status, no_reply
from tests.kit.played_time import play


@pytest.mark.parametrize("action", ["FAXSessions", "Ping"])
def test_faxstore_reconnects_to_a_silent_server(action: str) -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        interval = 3600.0 if action == "Ping" else 0.05
        async with FakeServer() as server:
            server.replies[action] = no_reply
            limits, timings = Limits(request=0.1), PollTimings(keepalive=0.05)
            async with collecting(server, listener, limits=limits, timings=timings, idle_interval=interval):
                await listener.until_mark("disconnected")
                del server.replies[action]
                await listener.until_mark("polled", 2)
        return listener.texts("mark")

    marks = [mark for mark in play(scenario()) if mark != "polled"]
    assert marks[:3] == ["connected", f"disconnected: no answer to {action} within 0.1 s", "connected"]


def test_a_lost_server_is_logged_once_and_reconnected(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server, collecting(server, listener) as collector:
            await listener.until_mark("polled")
            states = [collector.connected]
            await server.stop()
            await listener.until_mark("connect:", 5)
            states.append(collector.connected)
            await server.start()
            await listener.until_mark("connected", 2)
            await listener.until_mark("polled", 3)
            states.append(collector.connected)
        assert states == [True, False, True]
        return listener.texts("mark")

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        marks = play(scenario())
    assert marks.count("connect: Connection refused") >= 5
    messages = [record.message for record in caplog.records]
    assert messages[0] == "pbx1: connected (manager 11.0.0)"
    assert messages[1].startswith("pbx1: connection lost (the server closed the connection); reconnecting")
    assert messages[2] == "pbx1: connected again (manager 11.0.0)"
    assert len(messages) == 3


def test_a_good_connection_resets_the_delays() -> None:
    async def scenario() -> list[Line]:
        listener = FakeListener()
        async with FakeServer() as server, collecting(server, listener, retry_delays=RetryDelays(network=(0.04, 60))):
            await listener.until_mark("polled")
            await server.stop()
            await listener.until_mark("connect:", 4)  # the next delay would be at least 0.32 s
            await server.start()
            await listener.until_mark("polled", len(listener.texts("mark")) + 2)
            tries = sum(mark.startswith("connect:") for mark in listener.texts("mark"))
            await server.stop()
            await listener.until_mark("connect:", tries + 1)
            return [line for line in listener.lines if line.text.startswith(("disconnected", "connect:"))][-2:]

    lost, tried = play(scenario())
    assert (lost.text, tried.text[:8]) == ("disconnected: the server closed the connection", "connect:")
    assert tried.ts - lost.ts < 0.2


def test_a_refused_login_is_logged_once_and_retried_at_growing_delays(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[float]:
        listener = FakeListener()
        patience = RetryDelays(network=(0.001, 0.001), refused_login=(0.05, 0.2))
        async with FakeServer() as server:
            server.secret = "changed"
            async with collecting(server, listener, retry_delays=patience):
                await server.until_requested("Login", 5)
                server.secret = "letmein"
                await listener.until_mark("polled")
        return [line.ts for line in listener.lines if line.text == "connected"]

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        tries = play(scenario())
    assert gaps(tries[:5]) == pytest.approx([0.05, 0.1, 0.2, 0.2], abs=0.002)
    messages = [record.message for record in caplog.records]
    assert messages[0].startswith("pbx1: login refused: Authentication failed; check username and secret")
    assert messages[1:] == ["pbx1: connected again (manager 11.0.0)"]
    assert "letmein" not in caplog.text


def test_missing_write_class_call_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[float]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = lambda client, action: client.refuse(action, "Permission denied")
            async with collecting(server, listener, timings=PollTimings(denied=0.2)):
                await server.until_requested("FAXSessions", 2)
                server.send(fax_status("FAX Transmission In Progress"))  # does not trigger a poll
                await server.until_requested("FAXSessions", 3)
                assert "polled" not in listener.texts("mark")
                del server.replies["FAXSessions"]
                await listener.until_mark("polled")
        return polls(listener)

    with caplog.at_level(logging.INFO, "faxstore.ami"):
        times = play(scenario())
    assert gaps(times[:3]) == pytest.approx([0.2, 0.2], abs=0.001)
    assert [record.message for record in caplog.records][1:] == [
        "pbx1: FAXSessions: Permission denied (the user needs write class call in manager.conf; "
        "without it only faxes that raise events are observed, without pages, rates and bad lines over time)",
        "pbx1: FAXSessions succeeds again",
    ]


def test_missing_write_class_reporting_is_logged_once_per_action_and_polls_continue(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> int:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            for action in ("CoreStatus", "CoreSettings", "FAXStats"):
                server.replies[action] = lambda client, action: client.refuse(action, "Permission denied")
            async with collecting(server, listener, timings=PollTimings(stats=0.05)):
                await server.until_requested("FAXStats", 4)
                await server.until_requested("FAXSession", 2)
            return len(server.requests("FAXSession"))

    assert play(scenario()) >= 2
    messages = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert messages == [
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
def test_polls_continue_while_the_server_cannot_list_sessions(text: str, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> tuple[int, int]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["FAXSessions"] = lambda client, action: client.refuse(action, text)
            async with collecting(server, listener):
                await server.until_requested("FAXSessions", 4)
                del server.replies["FAXSessions"]
                await listener.until_mark("polled")
                await server.until_requested("FAXStats", 2)  # it was refused before
            return len(server.requests("Login")), len(server.requests("FAXSessions"))

    logins, queried = play(scenario())
    assert (logins, queried >= 5) == (1, True)
    messages = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(messages) == 1
    assert messages[0].startswith(f"pbx1: FAXSessions: {text}")


def test_a_defect_is_logged_and_the_collector_reconnects(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(answer: object) -> None:
        raise ZeroDivisionError("a defect")

    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            with monkeypatch.context() as patch:
                patch.setattr("faxstore.ami.poll_rules.parse_list", broken)
                running = collecting(server, listener)
                await running.__aenter__()
                await listener.until_mark("disconnected: faxstore failed: ZeroDivisionError")
            await listener.until_mark("polled")
            await running.__aexit__(None, None, None)
        return listener.texts("mark")

    assert "polled" in play(scenario())
    assert "ZeroDivisionError" in caplog.text
