"""The network between the carrier and its database: half open, slow to a trickle, cut when the answer is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from psycopg.conninfo import make_conninfo

from faxstore.spool.queue import Spool
from faxstore.store import watched_connection as watched
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import carrying, pages, snapshot
from tests.kit.database_proxy import Link, Proxy, proxied


@pytest.fixture
def proxy(dsn: str) -> Iterator[Proxy]:
    with proxied(dsn) as proxy:
        yield proxy


def at_each(word: bytes, then: Callable[[Link], None], times: int) -> Callable[[Link, bytes], None]:
    """Does something to the first so many connections on which that word is sent."""
    done: list[Link] = []

    def on_sent(link: Link, data: bytes) -> None:
        if word in data and link not in done and len(done) < times:
            done.append(link)
            then(link)

    return on_sent


def dies(link: Link) -> None:
    link.dead.set()


def loses_answers(link: Link) -> None:
    link.answers_lost = True


@pytest.mark.parametrize(
    "word", [b"lock_append", b"copy fax.staged_row", b"select appended", b"COMMIT"], ids=lambda word: word.decode()
)
def test_half_open_while_the_peer_still_acknowledges(
    dsn: str,
    proxy: Proxy,
    spool: Spool,
    word: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever was under way: the server's half holds the lock of all appenders, and hears nothing of us."""
    monkeypatch.setattr(watched, "SILENCE", 1.0)
    spool.put(snapshot(number) for number in range(1, 51))
    proxy.on_sent = at_each(word, dies, times=2)
    with carrying(proxy.dsn, spool):
        wait_until(lambda: len(spool) == 0, within=20.0)
        assert sum(link.dead.is_set() for link in proxy.links) == 2
    assert pages(dsn) == list(range(1, 51))
    down, up = caplog.messages
    assert down == "the database does not take rows (no answer for 1 s); collecting into the spool until it does"
    assert up.startswith("the database takes rows again")


def test_half_open_while_there_is_nothing_to_say(
    dsn: str, proxy: Proxy, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "SILENCE", 1.0)
    with carrying(proxy.dsn, spool):
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        proxy.links[0].dead.set()
        spool.put([snapshot(2)])
        wait_until(lambda: len(spool) == 0, within=20.0)
    assert pages(dsn) == [1, 2]


@pytest.mark.parametrize("silence", [1.0, 30.0], ids=["given up again and again", "not yet given up"])
def test_a_stop_ends_in_time_in_a_dead_network(
    proxy: Proxy, spool: Spool, silence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "SILENCE", silence)
    with carrying(proxy.dsn, spool) as carrier:
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        proxy.new_are_dead = True
        proxy.links[0].dead.set()
        spool.put([snapshot(2)])
        time.sleep(0.3)  # it waits for its answer now
        began = time.monotonic()
        carrier.stop(within=1.0)
        assert time.monotonic() - began < 3.0
    assert len(spool) == 1


def test_a_connection_that_is_taken_and_never_answered(
    dsn: str, proxy: Proxy, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.new_are_dead = True
    spool.put([snapshot(1)])
    with carrying(make_conninfo(proxy.dsn, connect_timeout=2), spool):
        wait_until(lambda: len(caplog.messages) == 1, within=20.0)
        assert "timeout" in caplog.messages[0]
        proxy.new_are_dead = False
        wait_until(lambda: len(spool) == 0, within=20.0)
    assert pages(dsn) == [1]


def test_slow_to_a_trickle_it_takes_less_at_a_time(
    dsn: str, proxy: Proxy, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 rows at once would keep this network busy for longer than a silence is borne."""
    monkeypatch.setattr(watched, "SILENCE", 2.0)
    spool.put(snapshot(number) for number in range(1, 501))
    proxy.bytes_a_second = 20_000
    with carrying(proxy.dsn, spool):
        wait_until(lambda: len(spool) < 500, within=60.0)
        proxy.bytes_a_second = None
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 501))


def test_a_commit_whose_outcome_is_not_learned_was_one(
    dsn: str, proxy: Proxy, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server commits, and its answer is lost: the batch is sent again, and is a repeat."""
    monkeypatch.setattr("faxstore.ingest.drain.BATCH", 20)
    proxy.on_sent = at_each(b"COMMIT", loses_answers, times=8)
    with carrying(proxy.dsn, spool):
        for number in range(1, 401):
            spool.put([snapshot(number)])
        wait_until(lambda: len(spool) == 0)
    assert [link.lost for link in proxy.links].count(1) == 8
    assert pages(dsn) == list(range(1, 401))


def test_a_commit_whose_outcome_is_not_learned_was_none(dsn: str, proxy: Proxy, spool: Spool) -> None:
    """It looks the same to the client: here the COMMIT never arrives."""
    proxy.on_sent = at_each(b"COMMIT", Link.cut, times=8)
    with carrying(proxy.dsn, spool):
        spool.put(snapshot(number) for number in range(1, 401))
        wait_until(lambda: len(spool) == 0)
    assert len(proxy.links) == 9
    assert pages(dsn) == list(range(1, 401))


def test_reset_in_the_middle_of_a_message(dsn: str, proxy: Proxy, spool: Spool) -> None:
    """The first half of what was sent arrives."""

    def half(link: Link, data: bytes) -> None:
        if b"copy fax.staged_row" in data or len(data) == 4096:
            link.server.sendall(data[: len(data) // 2])
            link.cut()

    proxy.on_sent = half
    with carrying(proxy.dsn, spool):
        spool.put(snapshot(number) for number in range(1, 401))
        wait_until(lambda: len(proxy.links) > 5)
        proxy.on_sent = lambda link, data: None
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 401))
