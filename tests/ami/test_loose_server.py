"""A collector at a server that writes loose line ends: it stays connected, and gives the same records."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest
from msgspec.structs import astuple, replace

from faxstore.capture.recording import Line
from faxstore.demo.answers import SECRET
from faxstore.demo.client_connection import ClientConnection
from faxstore.demo.recording import load
from faxstore.demo.server import ReplayServer
from faxstore.observations import Observation
from faxstore.reader.line_reader import LineReader
from faxstore.settings.values import Secret
from tests.ami.test_loose_line_ends import loosened
from tests.kit import truth
from tests.kit.fake_listener import FakeListener, collecting
from tests.kit.played_time import play


async def played(recording: str) -> tuple[list[tuple[object, ...]], list[str]]:
    """Return the observations of a collector at the played server without their times, and its marks."""
    listener = FakeListener()
    async with (
        asyncio.timeout(60),
        ReplayServer(load(truth.path(recording))) as server,
        collecting(server, listener, secret=Secret(SECRET)),
    ):
        await server.finished.wait()
    line_reader = LineReader("pbx1")
    records = [record for line in listener.lines for record in line_reader.feed(line)]
    seen = [timeless(record) for record in records if isinstance(record, Observation)]
    return [observation for observation, _ in itertools.groupby(seen)], listener.texts("mark")


def timeless(seen: Observation) -> tuple[object, ...]:
    details = {name: value for name, value in seen.details.items() if name != "ActionID"}
    return astuple(replace(seen, observed_at=0, details=details))[2:]


def test_a_server_with_loose_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = "names-16"
    expected, marks = play(played(recording))
    rng, send = random.Random(recording), ClientConnection.send

    def send_loosely(self: ClientConnection, text: str) -> None:
        (line,) = loosened([Line(0.0, "in", text)], rng, 1.0)
        send(self, line.text)

    monkeypatch.setattr(ClientConnection, "send", send_loosely)
    observed, loose_marks = play(played(recording))
    assert observed == expected
    assert [mark for mark in loose_marks if mark != "polled"] == [mark for mark in marks if mark != "polled"]
