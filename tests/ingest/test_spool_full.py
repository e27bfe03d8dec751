"""A disk that takes nothing: collecting goes on in memory up to a bound, and what is dropped is told as a gap."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faxstore.ingest import overflow as losses
from faxstore.ingest import spool_writer
from faxstore.ingest.overflow import Losses
from faxstore.ingest.spool_writer import OVERHEAD, SpoolWriter
from faxstore.observations import Hangup, Life, Observation, Rejected, ServerObservation, decode, encode, moment
from faxstore.spool.queue import Spool

NOON = 1_795_435_200_000_000
SECOND = 1_000_000


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool(tmp_path / "spool.sqlite")) as spool:
        yield spool


def record(number: int, server: str = "pbx1") -> bytes:
    """A snapshot of `number` seconds after noon, of more than a page of the file."""
    life = Life(server, NOON)
    return encode(Observation(life, NOON + number * SECOND, "FAXSession", 7, details={"Filename": "x" * 5000}))


def entries(spool: Spool) -> list[bytes]:
    return [body for _, body in spool.peek(0, 1_000_000)]


def fill(spool: Spool) -> None:
    """From now on the disk is full."""
    (pages,) = spool._database.execute("pragma page_count").fetchone()
    spool._database.execute(f"pragma max_page_count = {pages}")


def make_room(spool: Spool) -> None:
    spool._database.execute("pragma max_page_count = 1000000")


def text(number: int) -> str:
    return moment(NOON + number * SECOND).isoformat(timespec="microseconds")


@pytest.fixture
def holds_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_writer, "MOST_BYTES", 10 * (len(record(10)) + OVERHEAD))


@pytest.mark.usefixtures("holds_ten")
def test_beyond_the_bound_the_newest_are_dropped_and_told(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    writer = SpoolWriter(spool)
    fill(spool)
    for number in range(10, 40):
        writer.put(record(number, "pbx1" if number < 35 else "pbx2"))
        writer.flush()
    assert entries(spool) == []
    make_room(spool)
    writer.flush()
    *kept, first, second = entries(spool)
    assert kept == [record(number) for number in range(10, 20)]
    why = "the spool could not be written (database or disk is full)"
    assert decode(first) == ServerObservation(
        "pbx1",
        NOON + 34 * SECOND,
        "Dropped",
        {"Reason": why, "From": text(20), "To": text(34), "Records": "15"},
    )
    assert decode(second) == ServerObservation(
        "pbx2", NOON + 39 * SECOND, "Dropped", {"Reason": why, "From": text(35), "To": text(39), "Records": "5"}
    )
    writer.put(record(40))
    writer.flush()
    assert entries(spool)[-1] == record(40)
    assert [line.levelname for line in caplog.records] == ["ERROR", "ERROR", "WARNING"]
    assert caplog.messages[0].startswith("the spool cannot be written (database or disk is full); collecting goes on")
    assert "new records are dropped until it takes them" in caplog.messages[1]
    assert caplog.messages[2] == (
        "the spool can be written again; 10 records went to disk, 20 were dropped and are on record as a gap"
    )


@pytest.mark.usefixtures("holds_ten")
def test_a_small_record_does_not_slip_in_between(spool: Spool) -> None:
    """One gap, from the first that was dropped to the last."""
    writer = SpoolWriter(spool)
    fill(spool)
    small = encode(ServerObservation("pbx1", NOON + 21 * SECOND, "Polled"))
    for body in [*(record(number) for number in range(10, 21)), small]:
        writer.put(body)
    make_room(spool)
    writer.flush()
    last = decode(entries(spool)[-1])
    assert isinstance(last, ServerObservation)
    assert last.details["Records"] == "2"


@pytest.mark.usefixtures("holds_ten")
def test_the_memory_it_takes_is_bounded(spool: Spool) -> None:
    writer = SpoolWriter(spool)
    fill(spool)
    for number in range(10_000):
        writer.put(record(number))
    assert len(writer._bodies) == 10
    assert writer._bytes <= spool_writer.MOST_BYTES


def test_the_thread_resumes_by_itself(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spool_writer, "RETRY", 0.05)
    writer = SpoolWriter(spool)
    fill(spool)
    writer.start()
    writer.put(record(1))
    until(lambda: caplog.records)
    make_room(spool)
    until(lambda: len(spool) == 1)
    writer.stop()


@pytest.mark.usefixtures("holds_ten")
def test_a_stop_on_a_full_disk_says_all_that_is_lost(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    writer = SpoolWriter(spool)
    fill(spool)
    for number in range(10, 40):
        writer.put(record(number))
    writer.stop()
    assert caplog.messages[-1] == "30 records could not be written to the spool and are lost"


def test_what_waits_comes_before_what_is_kept_for_a_failover(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    spool.put(record(number) for number in range(100))
    spool.discard(key for key, _ in spool.peek(0, 100))
    fill(spool)
    spool.put(record(number) for number in range(150))
    assert len(spool) == 150
    assert caplog.messages == ["the disk under the spool is full: 100 records kept for a failover are given up"]


def test_on_a_full_disk_entries_can_be_discarded(spool: Spool) -> None:
    spool.put(record(number) for number in range(100))
    fill(spool)
    spool.discard(key for key, _ in spool.peek(0, 100))
    assert len(spool) == 0


def test_on_a_full_disk_another_place_gets_what_waits(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    spool.takes_to("a/1")
    spool.put(record(number) for number in range(100))
    spool.discard(range(1, 41))
    spool.put(record(number) for number in range(45))
    fill(spool)
    assert spool.takes_to("a/2") == 0
    assert caplog.messages == ["the disk under the spool is full: what is kept for a failover cannot be taken again"]
    assert len(spool) == 105
    make_room(spool)
    assert spool.takes_to("a/2") == 40


# -- how losses are told ---------------------------------------------------------------------------------


def test_every_kind_of_record_is_counted_for_its_server() -> None:
    life, lost = Life("pbx1", NOON), Losses()
    lost.add(encode(Observation(life, NOON, "FAXSession", 7)))
    lost.add(encode(Hangup(life, NOON + 3, "PJSIP/a-1", "1.1")))
    lost.add(encode(Rejected("pbx2", NOON + 4, "why", "raw")))
    told = [decode(body) for body in lost.told("why")]
    assert [(row.server, row.details["Records"]) for row in told if isinstance(row, ServerObservation)] == [
        ("pbx1", "2"),
        ("pbx2", "1"),
    ]
    assert lost.told("why") == []


def test_no_row_is_longer_than_fax_gaps_looks_for_it() -> None:
    lost = Losses()
    for minute in range(150):
        lost.add(encode(ServerObservation("pbx1", NOON + minute * 60 * SECOND, "Polled")))
    told = [decode(body) for body in lost.told("why")]
    spans = [(row.details["From"], row.details["To"]) for row in told if isinstance(row, ServerObservation)]
    assert spans == [(text(0), text(3600)), (text(3660), text(7260)), (text(7320), text(8940))]
    assert losses.LONGEST == 3600 * SECOND


def test_a_clock_that_is_set_back_makes_no_gap_that_ends_before_it_begins() -> None:
    lost = Losses()
    for at in (100, 40, 70):
        lost.add(encode(ServerObservation("pbx1", NOON + at * SECOND, "Polled")))
    (row,) = [decode(body) for body in lost.told("why")]
    assert isinstance(row, ServerObservation)
    assert (row.observed_at, row.details["From"], row.details["To"]) == (NOON + 100 * SECOND, text(40), text(100))


# -- what is kept ------------------------------------------------------------------------------------------


def test_another_place_gets_what_was_kept_again(spool: Spool) -> None:
    assert spool.takes_to("a/1") == 0
    spool.put([b"one", b"two", b"three"])
    spool.discard([1, 3])
    assert entries(spool) == [b"two"]
    assert spool.takes_to("a/1") == 0
    assert spool.takes_to("a/2") == 2
    assert entries(spool) == [b"one", b"two", b"three"]
    assert spool.takes_to("a/2") == 0


def test_what_is_kept_outlives_a_restart(spool: Spool, tmp_path: Path) -> None:
    spool.takes_to("a/1")
    spool.put([b"one", b"two"])
    spool.discard([1, 2])
    spool.close()
    with closing(Spool(tmp_path / "spool.sqlite")) as again:
        assert len(again) == 0
        assert again.takes_to("a/2") == 2


def test_no_more_than_so_many_are_kept(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "s.sqlite", keep=10)) as spool:
        spool.takes_to("a/1")
        for number in range(25):
            spool.put([b"%d" % number])
            spool.discard([number + 1])
        assert spool.takes_to("a/2") == 10
        assert entries(spool) == [b"%d" % number for number in range(15, 25)]


def test_nothing_is_kept_where_nobody_asked_for_it(tmp_path: Path) -> None:
    with closing(Spool(tmp_path / "s.sqlite", keep=0)) as spool:
        spool.takes_to("a/1")
        spool.put([b"one"])
        spool.discard([1])
        assert spool.takes_to("a/2") == 0


class Clocks:
    """Both clocks, to be moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_what_is_older_than_an_hour_goes(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    spool.takes_to("a/1")
    spool.put(b"%d" % number for number in range(100))
    for minute in range(100):
        clocks.now = 1000.0 + minute * 60
        spool.discard([minute + 1])
    assert spool.takes_to("a/2") in (60, 61, 62)


@pytest.mark.parametrize("set_to", [0.0, 4e9], ids=["back", "forth"])
def test_the_wall_clock_has_no_say(spool: Spool, monkeypatch: pytest.MonkeyPatch, set_to: float) -> None:
    writer = SpoolWriter(spool)
    writer.start()
    spool.takes_to("a/1")
    spool.put([b"one"])
    spool.discard([1])
    monkeypatch.setattr(time, "time", lambda: set_to)
    writer.put(b"two")
    until(lambda: len(spool) == 1)
    spool.discard([2])
    writer.stop()
    assert spool.takes_to("a/2") == 2


def until(condition: Callable[[], object]) -> None:
    """Waits for what the thread brings about."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
