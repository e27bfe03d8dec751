"""Feeds bytes to the real guard and line reader, and checks what must hold for any bytes."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Iterable, Iterator
from itertools import chain, count, islice, zip_longest
from random import Random

from faxstore.ami.batch import Batch
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.ami.guard import GuardedProtocol, OneShotManager, Request
from faxstore.ami.headers import OUR_ACTION_ID
from faxstore.ami.lines import LineEmitter
from faxstore.capture.message import BANNER, MAX_MESSAGE_BYTES, MalformedMessageError, read
from faxstore.capture.recording import Line
from faxstore.observations import Rejected, decode, encode
from faxstore.reader.line_reader import LineReader
from tests.trials.fuzz.corpus import messages as messages_of_captures
from tests.trials.fuzz.corpus import mutated

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
OVERSIZED = f"received a message of more than {MAX_MESSAGE_BYTES:,} bytes"
LONGEST = 2.0
"""Seconds of CPU for one read and all its effects; the largest read holds a message of 8 MiB."""
_ACTION_ID = re.compile(rb"ActionID: [^\r\n]*")
ASKED = ("FAXSessions", "FAXSession", "FAXStats", "CoreStatus", "Ping")


class Transport(asyncio.Transport):
    """Accepts what is sent and discards it."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def abort(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False


class Complaints(logging.Handler):
    """Collects what is logged with an exception: there must be nothing."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(self.format(record))


class Feed:
    """One server, seen through one connection after another; for use in a running event loop."""

    def __init__(self) -> None:
        self.messages = self.records = self.rejected = self.idle = self.not_skipped = self.connections = 0
        self.slowest = 0.0
        self._line_reader = LineReader("pbx1")
        self._complaints = Complaints()
        logging.getLogger("faxstore").addHandler(self._complaints)
        self._ids = 0
        self._connect()

    def read(self, data: bytes) -> None:
        """Processes one read of the socket.  Raises AssertionError that names what does not hold."""
        begun = time.thread_time()
        self._protocol.data_received(data)
        self._passing.data_received(data)
        self._decode(self._lines)
        took = time.thread_time() - begun
        self.slowest = max(self.slowest, took)
        assert took < LONGEST, f"a read of {len(data)} bytes took {took:.1f} s"
        assert not self._complaints.records, self._complaints.records[0]
        self._compare()
        if self._protocol.lost.done():
            assert self._protocol.lost.result() == OVERSIZED, self._protocol.lost.result()
            assert self._passing.lost.done()
            self._connect()

    def ask(self, random: Random) -> bytes:
        """Sends a request, or a batch of them; returns its ActionID, so that the fuzzer can answer it."""
        self._ids += 1
        action_id = f"{OUR_ACTION_ID}fuzz-{self._ids}"
        if random.random() < 0.3:
            for protocol in (self._protocol, self._passing):
                ids = chain([action_id], (f"{action_id}-{number}" for number in count()))
                protocol.begin(Batch("FAXSession", "SessionNumber", map(str, range(9)), ids, limit=5.0, window=4))
            return action_id.encode()
        action, headers = random.choice(ASKED), {"SessionNumber": str(random.randint(0, 30))}
        for protocol in (self._protocol, self._passing):
            request = Request(action, action_id, headers)
            protocol.send(request)
            request.future.add_done_callback(lambda future: future.cancelled() or future.exception())
        return action_id.encode()

    def close(self) -> None:
        logging.getLogger("faxstore").removeHandler(self._complaints)

    def _connect(self) -> None:
        self._lines: list[Line] = []
        self._passed: list[Line] = []
        self._protocol = _connected(LineEmitter(self._lines.append))
        self._passing = _connected(LineEmitter(self._passed.append), passing=True)
        self.connections += 1
        self.read(GREETING)

    def _decode(self, lines: list[Line]) -> None:
        for line in lines:
            records = self._line_reader.feed(line)
            self.records += len(records)
            for record in records:
                assert decode(encode(record)) == record
            rejected = [record for record in records if isinstance(record, Rejected)]
            self.rejected += bool(rejected)
            if line.dir == "in":
                self.messages += 1
                _check(line, rejected)
                assert not (records and _is_idle(line)), line.text

    def _compare(self) -> None:
        """A connection that skips idle events passes on all other lines, in order.

        In rare cases it passes on an idle event, which costs time and nothing else (seed 815118928 has one).
        """
        kept = [line.text for line in self._lines if line.dir != "in" or not _is_idle(line)]
        self.idle += len(self._lines) - len(kept)
        passed = [line.text for line in self._passed if line.dir != "in" or not _is_idle(line)]
        self.not_skipped += len(self._passed) - len(passed)
        assert kept == passed, next((pair for pair in zip_longest(kept, passed) if pair[0] != pair[1]), "")
        self._lines.clear()
        self._passed.clear()


def _check(line: Line, rejected: list[Rejected]) -> None:
    assert not any(record.reason.startswith("faxstore failed") for record in rejected), rejected
    raws = {record.raw for record in rejected}
    for text, found in [] if BANNER.match(line.text) else read(line.text):
        assert text in raws or not (isinstance(found, MalformedMessageError) or found.junk), text


def _is_idle(line: Line) -> bool:
    return IRRELEVANT_EVENTS.fullmatch(line.text.encode("utf-8", "surrogateescape")) is not None


def _connected(lines: LineEmitter, *, passing: bool = False) -> GuardedProtocol:
    protocol = GuardedProtocol(lines, IRRELEVANT_EVENTS if passing else None)
    protocol.connection_made(Transport())
    protocol.factory = OneShotManager("127.0.0.1", 1, None, protocol)
    return protocol


async def run(messages: int, seed: int) -> Feed:
    """`count` messages of the corpus, mixed with answers to requests."""
    random, feed = Random(seed), Feed()
    try:
        for data in reads(random, _answering(random, feed, islice(mutated(random, messages_of_captures()), messages))):
            feed.read(data)
    finally:
        feed.close()
    return feed


def _answering(random: Random, feed: Feed, messages: Iterable[bytes]) -> Iterator[bytes]:
    """Turns some of the messages into answers to our requests."""
    action_id = b"faxstore-none"
    for message in messages:
        if random.random() < 0.02:
            action_id = feed.ask(random)
        yield _ACTION_ID.sub(b"ActionID: " + action_id, message) if random.random() < 0.3 else message


def reads(random: Random, messages: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces, as a network may deliver them."""
    waiting = b""
    for message in messages:
        waiting += message
        while len(waiting) > (size := _size(random)):
            yield waiting[:size]
            waiting = waiting[size:]
    yield waiting


def _size(random: Random) -> int:
    return random.choice((1, 2, 3, 100, 1448, 1448, 4096, 16384, 262144))
