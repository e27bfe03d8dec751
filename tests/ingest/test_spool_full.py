"""A full disk: records wait in memory up to a limit; those beyond it are dropped and recorded as a gap."""

from __future__ import annotations

import pytest

from faxstore.ingest import spool_writer
from faxstore.ingest.spool_writer import OVERHEAD, SpoolWriter
from faxstore.observations import Life, Observation, ServerObservation, decode, encode, moment_text
from faxstore.spool.queue import Spool
from tests.kit.cluster import wait_until
from tests.kit.spool_disk import bodies, fill_disk, make_room

NOON = 1_795_435_200_000_000
SECOND = 1_000_000


def record(number: int, server: str = "pbx1") -> bytes:
    """Encode a snapshot taken `number` seconds after noon, longer than a page of the file."""
    life = Life(server, NOON)
    return encode(Observation(life, NOON + number * SECOND, "FAXSession", 7, details={"Filename": "x" * 5000}))


def text(number: int) -> str:
    return moment_text(NOON + number * SECOND)


@pytest.fixture
def holds_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_writer, "MOST_BYTES", 10 * (len(record(10)) + OVERHEAD))


@pytest.mark.usefixtures("holds_ten")
def test_records_beyond_the_limit_are_dropped_and_recorded(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    writer = SpoolWriter(spool)
    fill_disk(spool)
    for number in range(10, 40):
        writer.put(record(number, "pbx1" if number < 35 else "pbx2"))
        writer.flush()
    assert bodies(spool) == []
    make_room(spool)
    writer.flush()
    *held, first, second = bodies(spool)
    assert held == [record(number) for number in range(10, 20)]
    reason = "the spool could not be written (database or disk is full)"
    assert decode(first) == ServerObservation(
        "pbx1",
        NOON + 34 * SECOND,
        "Dropped",
        {"Reason": reason, "From": text(20), "To": text(34), "Records": "15"},
    )
    assert decode(second) == ServerObservation(
        "pbx2", NOON + 39 * SECOND, "Dropped", {"Reason": reason, "From": text(35), "To": text(39), "Records": "5"}
    )
    writer.put(record(40))
    writer.flush()
    assert bodies(spool)[-1] == record(40)
    assert [line.levelname for line in caplog.records] == ["ERROR", "ERROR", "WARNING"]
    assert caplog.messages[0].startswith("spool: not writable (database or disk is full); records wait in memory")
    assert "; dropping new records until it is writable" in caplog.messages[1]
    assert caplog.messages[2] == ("spool: writable again; wrote 10 records, dropped 20 and recorded a gap for these")


@pytest.mark.usefixtures("holds_ten")
def test_after_a_dropped_record_smaller_ones_are_dropped_too(spool: Spool) -> None:
    """So there is one gap, from the first dropped record to the last."""
    writer = SpoolWriter(spool)
    fill_disk(spool)
    small = encode(ServerObservation("pbx1", NOON + 21 * SECOND, "Polled"))
    for body in [*(record(number) for number in range(10, 21)), small]:
        writer.put(body)
    make_room(spool)
    writer.flush()
    last = decode(bodies(spool)[-1])
    assert isinstance(last, ServerObservation)
    assert last.details["Records"] == "2"


@pytest.mark.usefixtures("holds_ten")
def test_its_memory_is_bounded(spool: Spool) -> None:
    writer = SpoolWriter(spool)
    fill_disk(spool)
    for number in range(10_000):
        writer.put(record(number))
    assert len(writer._bodies) == 10
    assert writer._bytes <= spool_writer.MOST_BYTES


def test_the_thread_resumes_by_itself(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spool_writer, "RETRY", 0.05)
    writer = SpoolWriter(spool)
    fill_disk(spool)
    writer.start()
    writer.put(record(1))
    wait_until(lambda: caplog.records)
    make_room(spool)
    wait_until(lambda: len(spool) == 1)
    writer.stop()


@pytest.mark.usefixtures("holds_ten")
def test_a_stop_on_a_full_disk_logs_how_many_are_lost(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    writer = SpoolWriter(spool)
    fill_disk(spool)
    for number in range(10, 40):
        writer.put(record(number))
    writer.stop()
    assert caplog.messages[-1] == "spool: not written and lost: 30 records"
