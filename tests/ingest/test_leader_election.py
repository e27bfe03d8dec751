"""Requests for the leases: repeated whatever the database does, and never waited for long."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

import psycopg
import pytest

from faxstore.ingest.leader_election import ANSWER, RENEW, LeaderElection
from faxstore.store.lease import LEASE_SECONDS, Lease, Leases
from tests.kit.ingestor_pair import until


class FakeDatabase(Leases):
    """A lease client whose answer a test may change at any time."""

    def __init__(self, answer: Callable[[], list[Lease]]) -> None:
        super().__init__("", "me")
        self.answer = answer
        self.requests = 0
        self.given_up: list[str] = []

    async def hold(self, servers: Sequence[str], seconds: float = LEASE_SECONDS) -> list[Lease]:
        self.requests += 1
        return self.answer()

    async def give_up(self, servers: Sequence[str]) -> None:
        self.given_up += servers


class SilentDatabase(FakeDatabase):
    """Never answers, and takes long to cancel a request."""

    async def hold(self, servers: Sequence[str], seconds: float = LEASE_SECONDS) -> list[Lease]:
        self.requests += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(60)
        return []


def own() -> list[Lease]:
    return [Lease("pbx1", True, "me", 6.0)]


def fails(error: Exception) -> Callable[[], list[Lease]]:
    def answer() -> list[Lease]:
        raise error

    return answer


async def elect(database: FakeDatabase, work: Callable[[LeaderElection], object]) -> float:
    """Run an election until it collects, and then the work; return the seconds until it collected."""
    election = LeaderElection(["pbx1"], database)
    running = asyncio.ensure_future(election.run())
    began = time.monotonic()
    await asyncio.wait_for(election.leaderships["pbx1"].wait(), 10)
    seconds = time.monotonic() - began
    done = work(election)
    if asyncio.iscoroutine(done):
        await done
    election.stop()
    await asyncio.wait_for(running, 10)
    await election.release()
    return seconds


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten requests per second."""
    monkeypatch.setattr("faxstore.ingest.leader_election.RENEW", 0.1)


def test_a_silent_database_delays_a_start_only_briefly() -> None:
    assert asyncio.run(elect(SilentDatabase(own), lambda _: None)) < ANSWER + 1


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
def test_after_any_error_it_collects_and_logs_it_once(
    error: Exception, quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    database = FakeDatabase(fails(error))
    assert asyncio.run(elect(database, lambda _: until(lambda: database.requests == 3))) < ANSWER
    assert caplog.messages == [
        f"leader election: no answer from the database ({error}); collecting, as another ingestor may do too"
    ]


def test_it_logs_that_the_database_is_back(quick: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    database = FakeDatabase(fails(psycopg.OperationalError("gone")))

    async def restore(_: LeaderElection) -> None:
        database.answer = own
        await until(lambda: "answers again" in caplog.text)

    asyncio.run(elect(database, restore))
    assert caplog.messages[-1] == "leader election: the database answers again"
    assert database.given_up == ["pbx1"]


def test_a_lease_is_requested_as_soon_as_the_other_one_expires() -> None:
    """It does not wait for the next regular request."""
    database = FakeDatabase(lambda: [Lease("pbx1", database.requests > 1, "host-a", 0.3)])
    assert 0.3 < asyncio.run(elect(database, lambda _: None)) < RENEW


def test_leases_can_be_given_up_without_a_database() -> None:
    leases = Leases("host=127.0.0.1 port=9 dbname=fax user=nobody", "me")

    async def play() -> None:
        with pytest.raises(psycopg.OperationalError):
            await leases.hold(["pbx1"])
        await leases.give_up(["pbx1"])

    asyncio.run(play())
