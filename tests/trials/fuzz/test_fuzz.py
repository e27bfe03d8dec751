"""Whatever a server sends: no exception, no hang, the connection stays open, and rejected input is recorded.

This test feeds 30,000 messages with a fixed seed; `make fuzz` feeds a million with a new seed each time.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.capture.message import MAX_MESSAGE_BYTES
from faxstore.capture.recording import Line
from faxstore.observations import encode
from faxstore.reader.line_reader import LineReader
from tests.trials.fuzz.corpus import END, LINES, messages
from tests.trials.fuzz.feed import Feed, run

WIRE = st.lists(
    st.one_of(st.sampled_from(messages()), st.sampled_from([*LINES, b"\r\n", END, b"\n"]), st.binary(max_size=40)),
    max_size=20,
)


def test_thirty_thousand_messages() -> None:
    feed = asyncio.run(run(30_000, seed=1))
    assert feed.messages > 20_000
    assert feed.rejected > 5_000
    assert feed.idle > 500
    assert feed.not_skipped <= feed.idle // 1_000
    assert feed.connections >= 2, "none was too large"


@settings(max_examples=150, deadline=None)
@given(WIRE, st.integers(1, 300))
def test_any_bytes_in_any_pieces(parts: list[bytes], size: int) -> None:
    async def scenario() -> None:
        feed, wire = Feed(), b"".join(parts)
        try:
            for begin in range(0, len(wire), size):
                feed.read(wire[begin : begin + size])
            feed.read(END)
        finally:
            feed.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "repeated",
    [
        "Event: FAXStatus\r\n", "Event: FAXStatus\r\nChannel: a\r\n", "FileName: /a.tif\r\n", "junk\r\n", "x", "\n",
        "\0", "A: \udcff\r\n", "State: x\r\n", "DataRate: x\r\n", "Event: FAXSessionsEntry\r\nSessionNumber: 1\r\n",
        "Event: FAXStats\r\nTransmitAttempts: x\r\n", "SessionNumber: 7\r\n", "ChanVariable: FAXSTATUS=x\r\n",
    ],
)  # fmt: skip
def test_time_and_records_grow_with_the_size_and_not_with_its_square(repeated: str) -> None:
    def cost(times: int) -> tuple[float, int]:
        text, begun = "Event: FAXSession\r\nSessionNumber: 7\r\n" + repeated * times + "\r\n", time.thread_time()
        size = sum(len(encode(record)) for record in LineReader("pbx1").feed(Line(1.0, "in", text)))
        return time.thread_time() - begun, size

    few, many = (min(cost(times) for _ in range(3)) for times in (900, 9000))
    assert many[0] < 40 * max(few[0], 0.001)
    assert many[1] < 20 * max(few[1], 300)


def test_the_largest_message_takes_a_time_that_does_not_hang() -> None:
    begun, text = time.thread_time(), "Event: FAXStatus\r\n" * (MAX_MESSAGE_BYTES // 18)
    (rejected,) = LineReader("pbx1").feed(Line(1.0, "in", text))
    assert encode(rejected)
    assert time.thread_time() - begun < 5
