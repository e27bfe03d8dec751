"""Missing read classes are inferred from missing events and logged once."""

from __future__ import annotations

import logging

import pytest

from faxstore.ami.missing_classes import BOOT_TIMEOUT, COMPLETION_TIMEOUT, MIN_FAXES, MissingClasses
from faxstore.ami.poll_rules import ListedSession
from tests.kit.fake_listener import FakeListener, collecting
from tests.kit.fake_server import FakeServer, Fax
from tests.kit.played_time import play

BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n"
COMPLETION = "Event: ReceiveFAX\r\nChannel: a\r\n\r\n"
VARIABLE = "Event: VarSet\r\nChannel: a\r\nVariable: FAXSTATUS\r\nValue: SUCCESS\r\n\r\n"
OTHER_VARIABLE = VARIABLE.replace("FAXSTATUS", "DIALSTATUS")


def faxes_end(classes: MissingClasses, now: float = 0.0) -> None:
    """Let the minimum number of faxes end, and time pass."""
    classes.observe_list([ListedSession(number, "receive", "Active") for number in range(MIN_FAXES)], now)
    classes.observe_list([], now + 1)
    classes.observe_list([], now + 2 + COMPLETION_TIMEOUT)


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        ([BOOTED, COMPLETION, VARIABLE], []),
        ([COMPLETION, VARIABLE], ["read = system"]),
        ([BOOTED, VARIABLE], ["read = call"]),
        ([BOOTED, COMPLETION, OTHER_VARIABLE], ["read = dialplan"]),
        ([], ["read = system", "read = call", "read = dialplan"]),
    ],
)
def test_each_missing_class_is_logged_once(
    texts: list[str], missing: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    classes = MissingClasses("pbx1")
    classes.connected(0.0)
    for text in texts:
        classes.observe(text)
    for _ in range(3):
        faxes_end(classes, BOOT_TIMEOUT + 1)
    assert [record.message.split("'")[1] for record in caplog.records] == missing
    assert all("; without it " in record.message for record in caplog.records)


def test_nothing_is_logged_too_early(caplog: pytest.LogCaptureFixture) -> None:
    classes = MissingClasses("pbx1")
    classes.connected(0.0)
    entries = [
        ListedSession(0, "V.21", "Active"),
        ListedSession(1, "gateway", "Active"),
        *(ListedSession(n, "send", "") for n in (2, 3)),
    ]
    classes.observe_list(entries, 1.0)
    classes.observe_list([], 2.0)
    classes.observe_list([], BOOT_TIMEOUT)
    assert caplog.records == []


def test_late_events_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    classes = MissingClasses("pbx1")
    with caplog.at_level(logging.INFO, "faxstore.ami"):
        classes.observe_list([], BOOT_TIMEOUT + 1)
        classes.observe(BOOTED)
        classes.observe_list([], BOOT_TIMEOUT + 2)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert caplog.records[1].message == "pbx1: now receiving events of 'read = system'"


def test_a_collector_logs_missing_classes(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faxstore.ami.missing_classes.COMPLETION_TIMEOUT", 0.1)

    async def scenario() -> None:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(MIN_FAXES)]
            async with collecting(server, listener):
                await listener.until_mark("polled")
                server.sessions = []
                await listener.until(lambda: len(caplog.records) == 2)

    play(scenario())
    assert [record.message.split("'")[1] for record in caplog.records] == ["read = call", "read = dialplan"]
