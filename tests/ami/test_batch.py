"""A batch of requests: few writes, a bounded number of unanswered requests, and an outcome for each."""

from __future__ import annotations

import asyncio
import itertools
import math

import pytest

from faxstore.ami.batch import Batch, Outcome
from faxstore.ami.errors import DisconnectedError, RefusedError, RequestTimeoutError
from faxstore.capture.message import parse
from faxstore.capture.recording import Line
from faxstore.reader.line_reader import LineReader
from tests.kit.fake_listener import RARE_POLLS, FakeListener, collecting
from tests.kit.fake_server import FakeServer, Fax
from tests.kit.played_time import play


class Wire:
    """Answers what a batch writes, when a test says so."""

    def __init__(self, values: list[str], *, limit: float = 5.0, window: int = 4, until: float = math.inf) -> None:
        ids = (f"faxstore-1-{number}" for number in itertools.count(1))
        self.batch = Batch("FAXSession", "SessionNumber", values, ids, limit=limit, window=window, until=until)
        self.writes: list[list[str]] = []

    def begin(self) -> asyncio.Task[list[tuple[str, Outcome]]]:
        self.batch.begin(self.writes.append)
        return asyncio.create_task(self.batch.outcomes())

    def answer(self, *ordinals: int, refuse: str = "") -> None:
        """Answer the requests with these ordinals, which arrive in one read."""
        for ordinal in ordinals:
            own_id = f"ActionID: faxstore-1-{ordinal}\r\n"
            if refuse:
                texts = [f"Response: Error\r\n{own_id}Message: {refuse}\r\n\r\n"]
            else:
                texts = [
                    f"Response: Success\r\n{own_id}Message: FAXSession event will follow\r\n\r\n",
                    f"Event: FAXSession\r\n{own_id}SessionNumber: {ordinal}\r\nState: Active\r\n\r\n",
                ]
            for text in texts:
                assert self.batch.take(parse(text))
        self.batch.proceed()

    @property
    def sizes(self) -> list[int]:
        return [len(texts) for texts in self.writes]


VALUES = [str(number) for number in range(1, 11)]


def test_further_requests_are_sent_in_one_write_when_half_of_the_window_is_free() -> None:
    async def scenario() -> tuple[list[int], list[str], list[int]]:
        wire = Wire(VALUES)
        running = wire.begin()
        unanswered = [wire.batch.unanswered]
        for ordinals in ([1], [2], [3, 4, 5], [6], [7, 8, 9], [10]):
            wire.answer(*ordinals)
            unanswered.append(wire.batch.unanswered)
        return wire.sizes, [value for value, _ in await running], unanswered

    sizes, answered, unanswered = play(scenario())
    assert sizes == [4, 2, 3, 1]
    assert answered == VALUES
    assert unanswered == [4, 3, 4, 4, 3, 1, 0]


def test_no_request_is_sent_after_the_end_of_its_time() -> None:
    async def scenario() -> tuple[list[int], list[str]]:
        wire = Wire(VALUES, until=asyncio.get_running_loop().time() + 0.05)
        running = wire.begin()
        await asyncio.sleep(0.1)
        wire.answer(1, 2, 3, 4)
        return wire.sizes, [value for value, _ in await running]

    assert play(scenario()) == ([4], VALUES[:4])


def test_each_request_has_its_own_outcome() -> None:
    async def scenario() -> dict[str, Outcome]:
        wire = Wire(["7", "8"])
        running = wire.begin()
        wire.answer(2)
        wire.answer(1, refuse="Session not found")
        return dict(await running)

    outcomes = play(scenario())
    assert isinstance(outcomes["8"], list)
    assert [message.get("SessionNumber") for message in outcomes["8"]] == ["", "2"]
    assert isinstance(outcomes["7"], RefusedError)
    assert str(outcomes["7"]) == "Session not found"


def test_a_request_without_an_answer_ends_the_batch_after_its_time() -> None:
    async def scenario() -> tuple[dict[str, Outcome], list[int], float]:
        wire = Wire(VALUES, limit=0.1)
        begun = asyncio.get_running_loop().time()
        running = wire.begin()
        await asyncio.sleep(0.05)
        wire.answer(2, 3)  # now 5 and 6 are sent, whose time ends later
        await asyncio.sleep(0.02)
        wire.answer(4)
        await asyncio.sleep(0.05)  # 1 is too late
        wire.answer(5, 6)
        return dict(await running), wire.sizes, asyncio.get_running_loop().time() - begun

    outcomes, sizes, seconds = play(scenario())
    assert sizes == [4, 2]
    assert {value for value, outcome in outcomes.items() if isinstance(outcome, list)} == {"2", "3", "4", "5", "6"}
    assert isinstance(outcomes["1"], RequestTimeoutError)
    assert str(outcomes["1"]) == "no answer to FAXSession within 0.1 s"
    assert seconds < 1


def test_a_late_answer_belongs_to_nothing() -> None:
    async def scenario() -> bool:
        wire = Wire(["7"], limit=0.01)
        await wire.begin()
        return wire.batch.take(parse("Response: Success\r\nActionID: faxstore-1-1\r\n\r\n"))

    assert not play(scenario())


def test_a_batch_that_is_stopped_awaits_what_was_sent() -> None:
    async def scenario() -> tuple[list[int], int]:
        wire = Wire(VALUES)
        running = wire.begin()
        wire.batch.send_no_more()
        wire.answer(1, 2, 3)
        assert not running.done()
        wire.answer(4)
        return wire.sizes, len(await running)

    assert play(scenario()) == ([4], 4)


def test_an_empty_batch_writes_nothing() -> None:
    async def scenario() -> tuple[list[int], int]:
        wire = Wire([])
        return wire.sizes, len(await wire.begin())

    assert play(scenario()) == ([], 0)


def test_a_lost_connection_ends_the_batch() -> None:
    async def scenario() -> None:
        wire = Wire(VALUES)
        running = wire.begin()
        wire.batch.fail("the server closed the connection")
        with pytest.raises(DisconnectedError, match="the server closed the connection"):
            await running

    play(scenario())


# -- with a server -----------------------------------------------------------------------------------


def test_the_details_of_many_sessions_take_few_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    send = asyncio.selector_events._SelectorSocketTransport.write  # type: ignore[attr-defined]

    def write(transport: asyncio.WriteTransport, data: bytes) -> None:
        if b"Action: FAXSession\r\n" in data:
            writes.append(data.count(b"Action: FAXSession\r\n"))
        send(transport, data)

    async def scenario() -> int:
        listener = FakeListener()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active") for number in range(500)]
            async with collecting(server, listener, **RARE_POLLS):
                await listener.until_mark("polled")
            return len(server.requests("FAXSession"))

    monkeypatch.setattr("asyncio.selector_events._SelectorSocketTransport.write", write)
    assert play(scenario()) == 500
    assert sum(writes) == 500
    assert writes[0] == 50
    assert len(writes) <= 20


def test_no_text_of_a_poll_is_parsed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counting(text: str) -> None:
        parsed.append(text)

    async def scenario(lines: list[Line]) -> None:
        line_reader = LineReader("pbx1")

        class Reading(FakeListener):
            def __call__(self, line: Line) -> None:
                super().__call__(line)
                line_reader.feed(line)
                lines.append(line)

        listener = Reading()
        async with FakeServer() as server:
            server.sessions = [Fax(number, "send", "Active", f"PJSIP/{number}") for number in range(20)]
            async with collecting(server, listener, **RARE_POLLS):
                await listener.until_mark("polled")
                await server.until_requested("Status", 20)

    lines: list[Line] = []
    with monkeypatch.context() as patch:
        patch.setattr("faxstore.capture.usual.find", counting)
        play(scenario(lines))
    received = [line.text for line in lines if line.dir == "in" and "ActionID: faxstore-" in line.text]
    assert len(received) > 60
    for text in received:
        assert parsed.count(text) == 1, text
