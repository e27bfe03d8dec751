"""`faxstore ingest --workers`, as real processes: one that dies, all that stop, and spools that change hands."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from faxstore.ingest.worker import name_of
from tests.ingest.test_watchdog import NOWHERE, Notifications
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.ingestor_pair import until
from tests.kit.worker_processes import all_played, is_running, played
from tests.recordings.test_replay import PAGES, SESSIONS, rows, settled

SHORT = ("bad-page-16", "one-page-22")
FOUR = ("bad-page-16", "one-page-22", "gateway-16", "names-22")


def undisturbed(server: str, template: str, recordings: tuple[str, ...]) -> dict[str, list[Any]]:
    """Return the sessions and pages of observers that missed nothing."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        for name in recordings:
            import_file(database, str(truth.path(name)), name, lambda _: None)
        return stored(database, recordings)


def stored(database: psycopg.Connection, recordings: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: [rows(database, SESSIONS, name), rows(database, PAGES, name)] for name in recordings}


def test_a_worker_that_is_killed_starts_again_and_the_others_notice_nothing(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    async def play() -> None:
        async with played(tmp_path, *SHORT) as (workers, servers):
            await workers.start(dsn, "--workers", "2")
            first, second = await workers.until_running(2)
            with psycopg.connect(dsn, autocommit=True) as database:
                some = "select count(*) > 20 from fax.session_history h join fax.session using (session_id)"
                some += " where server = 'bad-page-16'"
                await until(lambda: database.execute(some.encode()).fetchone() == (True,))
                os.kill(first, signal.SIGKILL)
                await until(lambda: len(workers.running) == 2 and first not in workers.running)
                assert second in workers.running
                await all_played(servers)
                await settled(dsn)
                await workers.stop()
                expected, found = undisturbed(server, template, SHORT), stored(database, SHORT)
                assert found["one-page-22"] == expected["one-page-22"]
                seen, there = ({row[:4] for row in one["bad-page-16"][0]} for one in (found, expected))
                assert len(seen) == len(found["bad-page-16"][0])
                assert set() < seen <= there  # a fax may begin and end while nobody watches
            assert "ERROR worker 1 was killed by SIGKILL; starting it again in 0.5 s\n" in workers.log
            assert re.search(r"INFO worker 1: servers: bad-page-16 \(127\.0\.0\.1:\d+\)\n", workers.log)

    asyncio.run(play())


def test_workers_stop_by_themselves_when_their_supervisor_is_killed(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with played(tmp_path, *SHORT) as (workers, _):
            await workers.start(dsn, "--workers", "2")
            running = await workers.until_running(2)
            workers.send(signal.SIGKILL)
            await workers.ended()
            assert await until(lambda: not any(map(is_running, running))) < 10
            assert workers.log.count("the supervisor has ended") == 2
            assert workers.log.count("stopped; the spool is empty") == 2
            await workers.start(dsn, "--workers", "2")  # nothing is locked any more
            await workers.until_running(2)
            await workers.stop()

    asyncio.run(play())


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
def test_a_signal_at_any_moment_of_the_start_is_a_clean_stop(
    dsn: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    async def play() -> None:
        async with played(tmp_path, *SHORT) as (workers, _):
            for number in range(12):
                await workers.start(dsn, *arguments)
                await until(lambda: handles_signals(workers.process))
                await asyncio.sleep(number * 0.1)
                workers.send((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[number % 3])
                signalled = time.monotonic()
                assert await workers.ended() == 0, workers.log
                assert time.monotonic() - signalled < 10
            assert "faxstore: stopped before it began\n" in workers.log
            assert "killing" not in workers.log

    asyncio.run(play())


def handles_signals(process: asyncio.subprocess.Process | None) -> bool:
    """Whether the program handles SIGTERM; before that, the system ends it without its doing."""
    assert process is not None
    status = Path(f"/proc/{process.pid}/status").read_text()
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_signal_to_the_whole_group_is_one_signal_for_each_worker(dsn: str, tmp_path: Path) -> None:
    """Ctrl-C reaches all processes of a terminal; the supervisor's order must not count as the second signal."""

    async def play() -> None:
        async with played(tmp_path, *SHORT) as (workers, _):
            await workers.start(dsn, "--workers", "2")
            running = await workers.until_running(2)
            workers.send(signal.SIGINT)
            for pid in running:
                os.kill(pid, signal.SIGINT)
            assert await workers.ended() == 0
            assert "at once" not in workers.log
            assert workers.log.count("stopped; the spool is empty") == 2

    asyncio.run(play())


def test_a_second_signal_stops_all_at_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with played(tmp_path, *SHORT) as (workers, servers):
            await workers.start(NOWHERE, "--workers", "2")
            await workers.until_running(2)
            await all_played(servers)
            workers.send(signal.SIGTERM)
            await until(lambda: workers.log.count("stopping\n") == 3)
            workers.send(signal.SIGTERM)
            signalled = time.monotonic()
            assert await workers.ended() == 0
            assert time.monotonic() - signalled < 4  # after one signal they would wait 5 s for the database
            assert len(re.findall(r"stopped; the spool has [\d,]+ records? for the next start", workers.log)) == 2

    asyncio.run(play())


def test_a_worker_that_always_dies_is_reported_and_the_others_go_on(dsn: str, tmp_path: Path) -> None:
    name = str(tmp_path / "notify")

    async def play() -> None:
        notifications = Notifications(name)
        async with played(tmp_path, *SHORT) as (workers, servers):
            (workers.spools / "ingest-2.lock").mkdir(parents=True)
            await workers.start(dsn, "--workers", "2", NOTIFY_SOCKET=name, WATCHDOG_USEC="2000000")
            assert await notifications.next(30) == ["READY=1"]
            status = "STATUS=1 of 2 servers connected, .*; worker 2 is down"
            await notifications.until(lambda line: re.fullmatch(status, line) is not None)
            again = "worker 2 ended with status 2; starting it again in {} s"
            await until(lambda: again.format(4) in workers.log)
            assert [again.format(delay) in workers.log for delay in ("0.5", "1", "2")] == [True] * 3
            assert re.search(r"ERROR worker 2: the spool \S+ cannot be used: ", workers.log)
            await servers["bad-page-16"].finished.wait()
            await notifications.until(lambda line: line == "WATCHDOG=1")
            await workers.stop()
            with psycopg.connect(dsn, autocommit=True) as database:
                counts = "select server, count(*) > 5 from fax.sessions group by server"
                assert database.execute(counts).fetchall() == [("bad-page-16", True)]
        notifications.socket.close()

    asyncio.run(play())


def test_after_a_change_of_the_number_older_records_are_appended_first(
    dsn: str, server: str, template: str, tmp_path: Path
) -> None:
    """The database is down while 3, then 2, then 4 workers and then one collect; the rows are those of one observer."""

    async def play() -> None:
        async with played(tmp_path, *FOUR) as (workers, servers):
            for count in (3, 2, 4):
                await workers.start(NOWHERE, "--workers", str(count))
                await workers.until_running(count)
                await asyncio.sleep(2.5)
                await workers.stop()
            assert len(list(workers.spools.glob("ingest*.sqlite"))) == 3 + 2 + 4
            await workers.start(dsn, "--workers", "1")
            await all_played(servers)
            await settled(dsn)
            await workers.stop()
            assert [path.name for path in workers.spools.glob("ingest*.sqlite")] == ["ingest-10.sqlite"]
            assert "the spool is empty" in workers.log.splitlines()[-1]
            with psycopg.connect(dsn, autocommit=True) as database:
                assert stored(database, FOUR) == undisturbed(server, template, FOUR)

    asyncio.run(play())


def test_there_are_no_more_workers_than_servers(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with played(tmp_path, *SHORT) as (workers, _):
            await workers.start(dsn, "--workers", "4")
            await workers.until_running(2)
            await workers.stop()
            assert workers.log.count("INFO workers: 2 of 4, one for each server\n") == 1

    asyncio.run(play())


def test_the_service_manager_sees_one_service_that_hangs_with_each_of_its_workers(dsn: str, tmp_path: Path) -> None:
    name = str(tmp_path / "notify")

    async def play() -> None:
        notifications = Notifications(name)
        async with played(tmp_path, *SHORT) as (workers, _):
            await workers.start(dsn, "--workers", "2", NOTIFY_SOCKET=name, WATCHDOG_USEC="2000000")
            assert await notifications.next(30) == ["READY=1"]
            await notifications.until(lambda line: line.startswith("STATUS=2 of 2 servers connected, "))
            _, second = workers.running
            os.kill(second, signal.SIGSTOP)
            stuck = await notifications.until(lambda line: line.startswith("STATUS=stuck"))
            assert re.fullmatch(r"STATUS=stuck: worker 2 \(silent for \d+ s\)", stuck)
            await notifications.until_silent("WATCHDOG=1")
            os.kill(second, signal.SIGCONT)
            await notifications.until(lambda line: line == "WATCHDOG=1")
            workers.send(signal.SIGTERM)
            await notifications.until(lambda line: line == "STOPPING=1")
            assert await workers.ended() == 0
        notifications.socket.close()

    asyncio.run(play())


def test_every_signal_has_a_name() -> None:
    assert [name_of(number) for number in (9, 15, 40)] == ["SIGKILL", "SIGTERM", "signal 40"]
