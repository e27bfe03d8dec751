"""The SpoolWriter: every record is on disk within 200 ms, and none is lost at a stop."""

from __future__ import annotations

import logging
import time

import pytest

from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.spool.queue import Spool
from tests.kit.spool_disk import bodies, fill_disk, make_room

pytestmark = pytest.mark.alone


def wait_for(spool: Spool, count: int, within: float) -> float:
    """Wait for `count` entries and return the seconds it took."""
    began = time.monotonic()
    while len(spool) < count:
        assert time.monotonic() < began + within
        time.sleep(0.002)
    return time.monotonic() - began


def test_a_record_is_on_disk_within_200_ms(spool: Spool) -> None:
    writer = SpoolWriter(spool)
    writer.start()
    waits = []
    for number in range(5):
        writer.put(b"%d" % number)
        waits.append(wait_for(spool, number + 1, 5.0))
    writer.stop()
    assert sorted(waits)[2] < 0.2  # the median, because a busy machine may be late once
    assert bodies(spool) == [b"0", b"1", b"2", b"3", b"4"]


def test_a_stop_writes_everything(spool: Spool) -> None:
    writer = SpoolWriter(spool)
    writer.start()
    for number in range(1000):
        writer.put(b"%d" % number)
    writer.stop()
    assert bodies(spool) == [b"%d" % number for number in range(1000)]


def test_records_that_a_full_disk_refuses_wait_and_it_is_logged_once(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    writer = SpoolWriter(spool)
    spool.put([b"one"])
    fill_disk(spool)
    for number in range(3):
        writer.put(b"%d" % number + b"x" * 100_000)
        writer.flush()
    assert bodies(spool) == [b"one"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "spool: not writable" in caplog.text
    assert "\n" not in caplog.records[0].getMessage()
    make_room(spool)
    writer.put(b"3")
    writer.flush()
    assert [body[:1] for body in bodies(spool)] == [b"o", b"0", b"1", b"2", b"3"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "wrote 4 records" in caplog.records[1].getMessage()


def test_a_stop_on_a_full_disk_logs_the_loss(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    writer = SpoolWriter(spool)
    spool.put([b"one"])
    fill_disk(spool)
    for _ in range(3):
        writer.put(b"x" * 100_000)
    writer.stop()
    assert "3 records" in caplog.text
