"""The network between the carrier and its database: half open, very slow, or cut while an answer is under way."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from psycopg.conninfo import make_conninfo

from faxstore.spool.queue import Spool
from faxstore.store import watched_connection as watched
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import carrying, pages, snapshot
from tests.kit.database_proxy import Link, Proxy

pytestmark = pytest.mark.alone


def at_each(word: bytes, then: Callable[[Link], None], times: int) -> Callable[[Link, bytes], None]:
    """Return a hook that applies `then` to the first `times` connections on which this word is sent."""
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


@pytest.mark.parametrize("word", [b"lock_append", b"select appended", b"COMMIT"], ids=lambda word: word.decode())
def test_half_open_while_the_peer_still_acknowledges(
    dsn: str,
    proxy: Proxy,
    spool: Spool,
    word: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The server's side of the connection holds the lock of all appenders, and does not notice that it is dead."""
    monkeypatch.setattr(watched, "SILENCE", 1.0)
    spool.put(snapshot(number) for number in range(1, 51))
    proxy.on_sent = at_each(word, dies, times=2)
    with carrying(proxy.dsn, spool):
        wait_until(lambda: len(spool) == 0, within=20.0)
        assert sum(link.dead.is_set() for link in proxy.links) == 2
    assert pages(dsn) == list(range(1, 51))
    down, up = caplog.messages
    assert down == "database: cannot append (no answer for 1 s); records wait in the spool"
    assert up.startswith("database: appending again; ")


def test_half_open_while_idle(dsn: str, proxy: Proxy, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "SILENCE", 1.0)
    with carrying(proxy.dsn, spool):
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        proxy.links[0].dead.set()
        spool.put([snapshot(2)])
        wait_until(lambda: len(spool) == 0, within=20.0)
    assert pages(dsn) == [1, 2]


@pytest.mark.parametrize("silence", [1.0, 30.0], ids=["closed again and again", "not yet closed"])
def test_a_stop_ends_in_time_in_a_dead_network(
    proxy: Proxy, spool: Spool, silence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "SILENCE", silence)
    with carrying(proxy.dsn, spool) as carrier:
        spool.put([snapshot(1)])
        wait_until(lambda: len(spool) == 0)
        proxy.new_links_are_dead = True
        proxy.links[0].dead.set()
        spool.put([snapshot(2)])
        time.sleep(0.3)  # now it waits for an answer
        began = time.monotonic()
        carrier.stop(within=1.0)
        assert time.monotonic() - began < 3.0
    assert len(spool) == 1


def test_a_connection_that_is_accepted_and_never_answered(
    dsn: str, proxy: Proxy, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.new_links_are_dead = True
    spool.put([snapshot(1)])
    with carrying(make_conninfo(proxy.dsn, connect_timeout=2), spool):
        wait_until(lambda: len(caplog.messages) == 1, within=20.0)
        assert "timeout" in caplog.messages[0]
        proxy.new_links_are_dead = False
        wait_until(lambda: len(spool) == 0, within=20.0)
    assert pages(dsn) == [1]


def test_on_a_very_slow_network_batches_get_smaller(
    dsn: str, proxy: Proxy, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 rows at once would keep this network busy for longer than SILENCE."""
    monkeypatch.setattr(watched, "SILENCE", 2.0)
    spool.put(snapshot(number) for number in range(1, 501))
    proxy.bytes_per_second = 20_000
    with carrying(proxy.dsn, spool):
        wait_until(lambda: len(spool) < 500, within=60.0)
        proxy.bytes_per_second = None
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 501))


def test_a_commit_whose_answer_is_lost(dsn: str, proxy: Proxy, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server commits; the batch is sent again, and counts as a repeat."""
    monkeypatch.setattr("faxstore.ingest.drain.BATCH", 20)
    proxy.on_sent = at_each(b"COMMIT", loses_answers, times=8)
    with carrying(proxy.dsn, spool):
        for number in range(1, 401):
            spool.put([snapshot(number)])
        wait_until(lambda: len(spool) == 0)
    assert [link.lost for link in proxy.links].count(1) == 8
    assert pages(dsn) == list(range(1, 401))


def test_a_commit_that_never_arrives(dsn: str, proxy: Proxy, spool: Spool) -> None:
    """To the client it looks like a commit whose answer is lost."""
    proxy.on_sent = at_each(b"COMMIT", Link.reset, times=8)
    with carrying(proxy.dsn, spool):
        spool.put(snapshot(number) for number in range(1, 401))
        wait_until(lambda: len(spool) == 0)
    assert len(proxy.links) == 9
    assert pages(dsn) == list(range(1, 401))


def test_reset_in_the_middle_of_a_message(dsn: str, proxy: Proxy, spool: Spool) -> None:
    """Only the first half of a message arrives."""

    def half(link: Link, data: bytes) -> None:
        if b"select appended" in data or len(data) == 4096:
            link.server.sendall(data[: len(data) // 2])
            link.reset()

    proxy.on_sent = half
    with carrying(proxy.dsn, spool):
        spool.put(snapshot(number) for number in range(1, 401))
        wait_until(lambda: len(proxy.links) > 5)
        proxy.on_sent = lambda link, data: None
        wait_until(lambda: len(spool) == 0)
    assert pages(dsn) == list(range(1, 401))
