"""fax.hold_lease(): one holder at a time, by the database's clock; and Leases, which asks it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import psycopg
import pytest

from faxstore.store.lease import LEASE, Held, Leases
from tests.kit.given import read


def hold(database: psycopg.Connection, who: str, seconds: float = 60, server: str = "pbx1") -> Any:
    (answer,) = read(database, "select * from fax.hold_lease(%s, %s, %s)", server, who, seconds)
    return answer


def shift(database: psycopg.Connection, interval: str) -> None:
    """As if the database's clock had gone the other way."""
    database.execute(
        "update fax.lease set taken_at = taken_at + %(by)s::interval, renewed_at = renewed_at + %(by)s::interval,"
        " expires_at = expires_at + %(by)s::interval",
        {"by": interval},
    )


def test_the_first_who_asks_holds_it_and_the_second_is_told_who_does(database: psycopg.Connection) -> None:
    assert hold(database, "a") == {
        "holds": True, "held_by": "a", "seconds_left": 60, "left_by": None, "silent_since": None
    }  # fmt: skip
    second = hold(database, "b")
    assert (second["holds"], second["held_by"]) == (False, "a")
    assert 0 < second["seconds_left"] <= 60


def test_each_server_has_a_lease_of_its_own(database: psycopg.Connection) -> None:
    assert hold(database, "a")["holds"]
    assert hold(database, "b", server="pbx2")["holds"]


def test_the_holder_renews_it_and_one_that_starts_again_has_it_at_once(database: psycopg.Connection) -> None:
    hold(database, "a", 6)
    (before,) = read(database, "select * from fax.lease")
    assert hold(database, "a", 60)["holds"]
    (after,) = read(database, "select * from fax.lease")
    assert after["taken_at"] == before["taken_at"]
    assert after["renewed_at"] > before["renewed_at"]
    assert after["expires_at"] > before["expires_at"]


def test_one_that_has_run_out_goes_to_whoever_asks(database: psycopg.Connection) -> None:
    hold(database, "a", 6)
    shift(database, "-7 s")
    (before,) = read(database, "select * from fax.lease")
    taken = hold(database, "b")
    assert (taken["holds"], taken["left_by"], taken["silent_since"]) == (True, "a", before["renewed_at"])
    assert not hold(database, "a")["holds"]


def test_one_that_was_given_up_is_free_at_once(database: psycopg.Connection) -> None:
    hold(database, "a")
    hold(database, "a", 0)
    taken = hold(database, "b")
    assert (taken["holds"], taken["left_by"], taken["silent_since"]) == (True, "a", None)


def test_nobody_gives_up_what_another_holds(database: psycopg.Connection) -> None:
    hold(database, "a")
    hold(database, "b", 0)
    assert hold(database, "a")["left_by"] is None
    assert not hold(database, "b")["holds"]


def test_a_clock_that_was_set_back_keeps_nobody_waiting(database: psycopg.Connection) -> None:
    """A lease that was renewed an hour from now is nobody's."""
    hold(database, "a", 6)
    shift(database, "1 hour")
    assert hold(database, "b")["holds"]


@pytest.mark.parametrize("seconds", [1e9, 61])
def test_nobody_holds_it_for_longer_than_a_minute(database: psycopg.Connection, seconds: float) -> None:
    assert hold(database, "a", seconds)["seconds_left"] == 60


def test_of_many_who_ask_at_once_one_holds_it(dsn: str) -> None:
    together = threading.Barrier(8)
    answers: list[Any] = []

    def ask(who: str) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            together.wait(30)
            answers.extend(hold(connection, who) for _ in range(20))

    askers = [threading.Thread(target=ask, args=[f"host-{number}"]) for number in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert len(answers) == 160
    assert len({answer["held_by"] for answer in answers}) == 1
    assert sum(answer["holds"] for answer in answers) == 20


def test_whoever_stands_by_writes_nothing(database: psycopg.Connection) -> None:
    """So it may go on asking a database that has become read-only."""
    hold(database, "a")
    database.execute("set default_transaction_read_only = on")
    assert hold(database, "b")["held_by"] == "a"
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        hold(database, "a")


# -- the client -------------------------------------------------------------------------------------------


def test_two_ingestors_ask_for_several_servers(dsn: str) -> None:
    async def play() -> None:
        one, other = Leases(dsn, "a"), Leases(dsn, "b")
        assert await one.hold(["pbx2", "pbx1"]) == [Held("pbx1", True, "a", LEASE), Held("pbx2", True, "a", LEASE)]
        assert [(held.server, held.mine, held.holder) for held in await other.hold(["pbx1", "pbx2"])] == [
            ("pbx1", False, "a"),
            ("pbx2", False, "a"),
        ]
        await one.give_up(["pbx1", "pbx2"])
        taken = await other.hold(["pbx1"])
        assert taken == [Held("pbx1", True, "b", LEASE, "a", None)]
        await other.give_up(["pbx1"])

    asyncio.run(play())


def test_a_connection_that_was_ended_is_made_anew(dsn: str, database: psycopg.Connection) -> None:
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


def test_a_lease_that_is_locked_is_not_waited_for(dsn: str, database: psycopg.Connection) -> None:
    """An administrator's open transaction on the row: the question fails, and the next one is asked anew."""

    async def play() -> None:
        leases = Leases(dsn, "a")
        await leases.hold(["pbx1"])
        with database.transaction(force_rollback=True):
            database.execute("update fax.lease set holder = holder")
            with pytest.raises(psycopg.errors.QueryCanceled):
                await leases.hold(["pbx1"])
        assert (await leases.hold(["pbx1"]))[0].mine
        await leases.give_up(["pbx1"])

    asyncio.run(play())
