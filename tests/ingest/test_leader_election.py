"""The questions for the leases: asked again and again, whatever the database does, and never waited for long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import psycopg
import pytest

from faxstore.ingest.leader_election import ANSWER, RENEW, Keeper
from faxstore.store.lease import Held, Leases
from tests.kit.ingestor_pair import until


class Database:
    """What it answers may be changed at any time."""

    def __init__(self, answer: Callable[[], list[Held]]) -> None:
        self.answer = answer
        self.asked = 0
        self.given_up: list[str] = []

    async def hold(self, servers: Sequence[str]) -> list[Held]:
        self.asked += 1
        return self.answer()

    async def give_up(self, servers: Sequence[str]) -> None:
        self.given_up += servers


class Silent(Database):
    """It never answers, and is slow even to be told that nobody waits."""

    async def hold(self, servers: Sequence[str]) -> list[Held]:
        self.asked += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(60)
        return []


def alone() -> list[Held]:
    return [Held("pbx1", True, "me", 6.0)]


def fails(error: Exception) -> Callable[[], list[Held]]:
    def answer() -> list[Held]:
        raise error

    return answer


async def kept(database: Database, work: Callable[[Keeper], object]) -> float:
    """Runs a keeper until its server is its turn, and then the work; the seconds until its turn."""
    keeper = Keeper(["pbx1"], database)
    running = asyncio.ensure_future(keeper.run())
    begun = time.monotonic()
    await asyncio.wait_for(keeper.turns["pbx1"].begins(), 10)
    seconds = time.monotonic() - begun
    done = work(keeper)
    if asyncio.iscoroutine(done):
        await done
    keeper.stop()
    await asyncio.wait_for(running, 10)
    await keeper.leave()
    return seconds


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten questions a second."""
    monkeypatch.setattr("faxstore.ingest.leader_election.RENEW", 0.1)


def test_a_silent_database_delays_a_start_by_a_moment_only() -> None:
    assert asyncio.run(kept(Silent(alone), lambda _: None)) < ANSWER + 1


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection refused"),
        psycopg.errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"),
        psycopg.errors.InsufficientPrivilege("permission denied for function hold_lease"),
        psycopg.errors.UndefinedFunction("function fax.hold_lease does not exist"),
        OSError("the network"),
        ValueError("a bug"),
    ],
)
def test_any_error_means_that_nothing_is_known(error: Exception, quick: None, caplog: pytest.LogCaptureFixture) -> None:
    """It watches, and says it once, however often it asks."""
    database = Database(fails(error))
    assert asyncio.run(kept(database, lambda _: until(lambda: database.asked == 3))) < ANSWER
    assert [record.getMessage() for record in caplog.records] == [
        f"the database does not say whether another ingestor watches ({error}); watching"
    ]


def test_it_renews_and_says_when_the_database_is_back(quick: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    database = Database(fails(psycopg.OperationalError("gone")))

    async def back(_: Keeper) -> None:
        database.answer = alone
        await until(lambda: "says again" in caplog.text)

    asyncio.run(kept(database, back))
    assert caplog.records[-1].getMessage() == "the database says again which ingestor watches"
    assert database.given_up == ["pbx1"]


def test_a_lease_that_runs_out_is_asked_for_just_then() -> None:
    """Not only when the next question is due."""
    database = Database(lambda: [Held("pbx1", database.asked > 1, "host-a", 0.3)])
    assert 0.3 < asyncio.run(kept(database, lambda _: None)) < RENEW


def test_a_database_that_is_not_there_does_not_keep_the_leases_from_being_left() -> None:
    leases = Leases("host=127.0.0.1 port=9 dbname=fax user=nobody", "me")

    async def play() -> None:
        with pytest.raises(psycopg.OperationalError):
            await leases.hold(["pbx1"])
        await leases.give_up(["pbx1"])

    asyncio.run(play())
