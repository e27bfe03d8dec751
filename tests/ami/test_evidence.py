"""A user with less than all classes: what is missing is told once, by what never comes."""

from __future__ import annotations

import asyncio
import logging

import pytest

from faxstore.ami.missing_classes import AFTERWARDS, BOOT, FAXES, Evidence
from faxstore.ami.poll_rules import Listed
from tests.kit.fake_listener import Heard, collecting
from tests.kit.fake_server import FakeServer, Fax

BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n"
COMPLETION = "Event: ReceiveFAX\r\nChannel: a\r\n\r\n"
VARIABLE = "Event: VarSet\r\nChannel: a\r\nVariable: FAXSTATUS\r\nValue: SUCCESS\r\n\r\n"
OTHER_VARIABLE = VARIABLE.replace("FAXSTATUS", "DIALSTATUS")


def faxes_end(evidence: Evidence, now: float = 0.0) -> None:
    """As many as count; a while after."""
    evidence.listed([Listed(number, "receive", "Active") for number in range(FAXES)], now)
    evidence.listed([], now + 1)
    evidence.listed([], now + 2 + AFTERWARDS)


@pytest.mark.parametrize(
    ("heard", "missing"),
    [
        ([BOOTED, COMPLETION, VARIABLE], []),
        ([COMPLETION, VARIABLE], ["read = system"]),
        ([BOOTED, VARIABLE], ["read = call"]),
        ([BOOTED, COMPLETION, OTHER_VARIABLE], ["read = dialplan"]),
        ([], ["read = system", "read = call", "read = dialplan"]),
    ],
)
def test_each_class_is_told_once_by_what_did_not_come(
    heard: list[str], missing: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    evidence = Evidence("pbx1")
    evidence.connected(0.0)
    for text in heard:
        evidence.heard(text)
    for _ in range(3):
        faxes_end(evidence, BOOT + 1)
    assert [record.message.split("'")[1] for record in caplog.records] == missing
    assert all("; without it " in record.message for record in caplog.records)


def test_nothing_is_told_too_early(caplog: pytest.LogCaptureFixture) -> None:
    evidence = Evidence("pbx1")
    evidence.connected(0.0)
    entries = [Listed(0, "V.21", "Active"), Listed(1, "gateway", "Active"), *(Listed(n, "send", "") for n in (2, 3))]
    evidence.listed(entries, 1.0)
    evidence.listed([], 2.0)
    evidence.listed([], BOOT)
    assert caplog.records == []


def test_events_that_come_after_all_are_told(caplog: pytest.LogCaptureFixture) -> None:
    evidence = Evidence("pbx1")
    with caplog.at_level(logging.INFO, "faxstore.ami"):
        evidence.listed([], BOOT + 1)
        evidence.heard(BOOTED)
        evidence.listed([], BOOT + 2)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert caplog.records[1].message == "pbx1: events of read = system come now"


def test_a_collector_tells_it(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faxstore.ami.missing_classes.AFTERWARDS", 0.1)

    async def scenario() -> None:
        heard = Heard()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(FAXES)]
            async with collecting(server, heard):
                await heard.until_mark("polled")
                server.sessions = []
                await heard.until(lambda: len(caplog.records) == 2)

    asyncio.run(scenario())
    assert [record.message.split("'")[1] for record in caplog.records] == ["read = call", "read = dialplan"]
