"""Polls slow down for a slow server, and not because this process is busy."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.poll_cost import running_server
from faxstore.ami import turn_loop
from faxstore.ami.answer_time import AnswerTime
from faxstore.ami.collector import Collector
from faxstore.capture.recording import Line
from faxstore.settings.values import Secret, ServerSettings
from tests.kit.fake_listener import FakeListener, gaps, polls

pytestmark = pytest.mark.alone

BUSY = 0.15
"""Seconds for which a busy process does not look at its sockets."""


@contextmanager
def echo(delay: float) -> Iterator[int]:
    """Run a server in a thread that sends back what it gets, after a delay; yield its port."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1000):
                time.sleep(delay)
                connection.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


class Asking(asyncio.Protocol):
    """Asks once, and measures how long the answer took."""

    def __init__(self) -> None:
        self.time = AnswerTime()
        self.answered = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.time.asked()
        transport.write(b"?")

    def data_received(self, data: bytes) -> None:
        self.time.received()
        self.time.processed(owed=False)
        self.answered.set()


async def asked(port: int, busy: list[float]) -> float:
    """Ask a server and return the time measured; the process is busy for these times, each a turn of the loop."""
    transport, asking = await asyncio.get_running_loop().create_connection(Asking, "127.0.0.1", port)
    for seconds in busy:
        time.sleep(seconds)  # noqa: ASYNC251 - the process is busy
        await asyncio.sleep(0)
    await asking.answered.wait()
    transport.close()
    return asking.time.seconds


def test_a_quick_answer_is_quick_although_it_is_read_late() -> None:
    with echo(0.0) as port:
        assert turn_loop.run(asked(port, [BUSY])) < BUSY / 3


def test_a_slow_answer_is_slow() -> None:
    with echo(BUSY) as port:
        assert 0.9 * BUSY < turn_loop.run(asked(port, [])) < 3 * BUSY


def test_a_slow_answer_is_slow_although_the_process_is_busy() -> None:
    """The loop turns every 20 ms and finds nothing of this server: so long it took at least."""
    with echo(BUSY) as port:
        assert 0.6 * BUSY < turn_loop.run(asked(port, [0.02] * 15)) < 1.5 * BUSY


def test_another_loop_counts_its_own_time_too() -> None:
    with echo(0.0) as port:
        assert asyncio.run(asked(port, [BUSY])) > 0.9 * BUSY


def test_a_busy_process_polls_as_often_as_it_should(caplog: pytest.LogCaptureFixture) -> None:
    """The process takes 0.15 s per poll while it awaits the details: the old rule would have polled every 0.6 s."""

    class Busy(FakeListener):
        def __call__(self, line: Line) -> None:
            super().__call__(line)
            if line.text.startswith("Event: FAXSessionsComplete"):
                time.sleep(BUSY)

    async def scenario(port: int) -> list[float]:
        listener, stop = Busy(), asyncio.Event()
        settings = ServerSettings(
            name="pbx1", host="127.0.0.1", port=port, username="faxstore", secret=Secret("letmein"),
            poll_interval=0.3, idle_interval=0.3,
        )  # fmt: skip
        running = asyncio.ensure_future(Collector(settings, listener).run(stop))
        await listener.until_mark("polled", 10)
        stop.set()
        await running
        return gaps(polls(listener))

    with running_server(20) as port, caplog.at_level(logging.WARNING, "faxstore.ami"):
        found = turn_loop.run(scenario(port))
    assert sorted(found)[len(found) // 2] < 0.45
    assert "slow" not in caplog.text
