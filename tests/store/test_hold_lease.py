"""fax.hold_lease(): one holder at a time, by the database's clock; and its client, Leases."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import psycopg
import pytest

from faxstore.store.lease import LEASE_SECONDS, Lease, Leases
from tests.kit.given import read


def hold(database: psycopg.Connection, holder: str, seconds: float = 60, server: str = "pbx1") -> Any:
    (answer,) = read(database, "select * from fax.hold_lease(%s, %s, %s)", server, holder, seconds)
    return answer


def shift(database: psycopg.Connection, interval: str) -> None:
    """Move the times of all leases, as if the database's clock had been set by the opposite interval."""
    database.execute(
        "update fax.lease set taken_at = taken_at + %(by)s::interval, renewed_at = renewed_at + %(by)s::interval,"
        " expires_at = expires_at + %(by)s::interval",
        {"by": interval},
    )


def test_the_first_to_ask_holds_it_and_the_second_gets_the_holder(database: psycopg.Connection) -> None:
    assert hold(database, "a") == {
        "holds": True, "held_by": "a", "seconds_left": 60, "left_by": None, "silent_since": None
    }  # fmt: skip
    second = hold(database, "b")
    assert (second["holds"], second["held_by"]) == (False, "a")
    assert 0 < second["seconds_left"] <= 60


def test_each_server_has_its_own_lease(database: psycopg.Connection) -> None:
    assert hold(database, "a")["holds"]
    assert hold(database, "b", server="pbx2")["holds"]


def test_the_holder_renews_it_also_after_a_restart(database: psycopg.Connection) -> None:
    hold(database, "a", 6)
    (before,) = read(database, "select * from fax.lease")
    assert hold(database, "a", 60)["holds"]
    (after,) = read(database, "select * from fax.lease")
    assert after["taken_at"] == before["taken_at"]
    assert after["renewed_at"] > before["renewed_at"]
    assert after["expires_at"] > before["expires_at"]


def test_an_expired_lease_goes_to_the_next_that_asks(database: psycopg.Connection) -> None:
    hold(database, "a", 6)
    shift(database, "-7 s")
    (before,) = read(database, "select * from fax.lease")
    taken = hold(database, "b")
    assert (taken["holds"], taken["left_by"], taken["silent_since"]) == (True, "a", before["renewed_at"])
    assert not hold(database, "a")["holds"]


def test_a_lease_that_was_given_up_is_free_at_once(database: psycopg.Connection) -> None:
    hold(database, "a")
    hold(database, "a", 0)
    taken = hold(database, "b")
    assert (taken["holds"], taken["left_by"], taken["silent_since"]) == (True, "a", None)


def test_only_the_holder_can_give_it_up(database: psycopg.Connection) -> None:
    hold(database, "a")
    hold(database, "b", 0)
    assert hold(database, "a")["left_by"] is None
    assert not hold(database, "b")["holds"]


def test_a_clock_set_back_does_not_prolong_a_lease(database: psycopg.Connection) -> None:
    """A lease that was renewed in the future does not count."""
    hold(database, "a", 6)
    shift(database, "1 hour")
    assert hold(database, "b")["holds"]


@pytest.mark.parametrize("seconds", [1e9, 61])
def test_a_lease_lasts_at_most_a_minute(database: psycopg.Connection, seconds: float) -> None:
    assert hold(database, "a", seconds)["seconds_left"] == 60


def test_one_of_many_concurrent_requests_gets_it(dsn: str) -> None:
    barrier = threading.Barrier(8)
    answers: list[Any] = []

    def ask(holder: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            barrier.wait(30)
            answers.extend(hold(connection, holder) for _ in range(20))

    threads = [threading.Thread(target=ask, args=[f"host-{number}"]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 160
    assert len({answer["held_by"] for answer in answers}) == 1
    assert sum(answer["holds"] for answer in answers) == 20


def test_a_standby_writes_nothing(database: psycopg.Connection) -> None:
    """So it can ask a database that has become read-only."""
    hold(database, "a")
    database.execute("set default_transaction_read_only = on")
    assert hold(database, "b")["held_by"] == "a"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        hold(database, "a")


# -- the client -------------------------------------------------------------------------------------------


def test_two_ingestors_request_several_servers(dsn: str) -> None:
    async def play() -> None:
        one, other = Leases(dsn, "a"), Leases(dsn, "b")
        assert await one.hold(["pbx2", "pbx1"]) == [
            Lease("pbx1", True, "a", LEASE_SECONDS),
            Lease("pbx2", True, "a", LEASE_SECONDS),
        ]
        assert [(held.server, held.mine, held.holder) for held in await other.hold(["pbx1", "pbx2"])] == [
            ("pbx1", False, "a"),
            ("pbx2", False, "a"),
        ]
        await one.give_up(["pbx1", "pbx2"])
        taken = await other.hold(["pbx1"])
        assert taken == [Lease("pbx1", True, "b", LEASE_SECONDS, "a", None)]
        await other.give_up(["pbx1"])

    asyncio.run(play())


def test_it_reconnects_after_its_connection_was_terminated(dsn: str, database: psycopg.Connection) -> None:
    async def play() -> None:
        leases = Leases(dsn, "a")
        await leases.hold(["pbx1"])
        database.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid()"
            " and datname = current_database()"
        )
        with pytest.raises(psycopg.OperationalError):
            await leases.hold(["pbx1"])
        assert (await leases.hold(["pbx1"]))[0].mine
        await leases.give_up(["pbx1"])

    asyncio.run(play())


def test_it_does_not_wait_for_a_locked_lease(dsn: str, database: psycopg.Connection) -> None:
    """While an administrator's transaction locks the row the request fails; the next one succeeds."""

    async def play() -> None:
        leases = Leases(dsn, "a")
        await leases.hold(["pbx1"])
        with database.transaction(force_rollback=True):
            database.execute("update fax.lease set holder = holder")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await leases.hold(["pbx1"])
        assert (await leases.hold(["pbx1"]))[0].mine
        await leases.give_up(["pbx1"])

    asyncio.run(play())
