"""The queue of an import: the surface of the spool that a Drain uses, for records that are not encoded."""

from __future__ import annotations

import pytest

from faxstore.ingest.record_queue import RecordQueue
from faxstore.observations import ServerObservation

RECORDS = [ServerObservation("pbx1", at, "Polled") for at in range(5)]


@pytest.fixture
def queue() -> RecordQueue:
    queue = RecordQueue()
    queue.put(RECORDS)
    return queue


def test_it_returns_the_records_themselves_in_order_from_a_key_on(queue: RecordQueue) -> None:
    assert queue.peek(0, 2) == [(1, RECORDS[0]), (2, RECORDS[1])]
    assert queue.peek(2, 2) == [(3, RECORDS[2]), (4, RECORDS[3])]
    assert queue.peek(4, 2) == [(5, RECORDS[4])]
    assert queue.peek(5, 2) == []
    assert queue.peek(0, 1)[0][1] is RECORDS[0]


def test_entries_stay_until_they_are_discarded(queue: RecordQueue) -> None:
    queue.discard([1, 3, 4])
    assert queue.peek(0, 9) == [(2, RECORDS[1]), (5, RECORDS[4])]
    queue.discard([2, 1])
    assert queue.left() == [(5, RECORDS[4])]


def test_keys_increase_after_everything_was_discarded(queue: RecordQueue) -> None:
    queue.discard(range(1, 6))
    queue.put([b"stored by an earlier import"])
    assert queue.peek(5, 9) == [(6, b"stored by an earlier import")]
