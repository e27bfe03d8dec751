"""`faxstore ingest` as a real process serves metrics and health checks, with one worker and with several."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.ingest.test_watchdog import NOWHERE
from tests.kit.cluster import free_port
from tests.kit.ingestor_pair import until
from tests.kit.worker_processes import Workers, all_played, played
from tests.recordings.test_replay import settled

pytestmark = pytest.mark.alone

SERVERS = ("bad-page-16", "one-page-22")
EXPECTED = {"database_up": 1, "appended_records_total": 100}
Scrape = Mapping[tuple[str, ...], float]
"""Values by the name of the sample and the values of its labels, which are sorted by their names."""


async def get(port: int, path: str) -> tuple[int, str]:
    """The status and the text of an answer; 0 if nothing listens."""

    def request() -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    return await asyncio.to_thread(request)


async def scrape(port: int) -> Scrape:
    _, text = await get(port, "/metrics")
    families = text_string_to_metric_families(text)
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


async def until_scraped(port: int, wanted: Scrape, most: float = math.inf) -> Scrape:
    """Scrape until the metrics have at least these values, and at most that; return them all."""
    async with asyncio.timeout(60):
        while True:
            found = await scrape(port)
            if all(value <= found.get(name, -1) <= most for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.1)


async def started(workers: Workers, dsn: str, *arguments: str) -> int:
    """Start the ingestor with metrics; return their port."""
    port = free_port()
    await workers.start(dsn, *arguments, FAXSTORE_METRICS_LISTEN=f"127.0.0.1:{port}")
    await until(lambda: f"metrics: http://127.0.0.1:{port}/metrics\n" in workers.log)
    return port


@pytest.mark.parametrize("count", [1, 2])
def test_one_address_has_the_metrics_of_all_servers(dsn: str, tmp_path: Path, count: int) -> None:
    async def play() -> None:
        async with played(tmp_path, *SERVERS) as (workers, servers):
            port = await started(workers, dsn, "--workers", str(count))
            await until_scraped(port, {("faxstore_polls_total", name): 3 for name in SERVERS})
            assert await get(port, "/healthz") == (200, "alive\n")
            assert await get(port, "/readyz") == (200, "collecting from 2 servers, standby for 0\n")
            await all_played(servers)
            await settled(dsn)
            numbers = [str(number) for number in range(1, count + 1)]
            found = await until_scraped(
                port,
                {(f"faxstore_{name}", number): least for name, least in EXPECTED.items() for number in numbers},
            )
            assert [found["faxstore_worker_up", number] for number in numbers] == [1.0] * count
            for name in SERVERS:
                assert found["faxstore_poll_duration_seconds_count", name] == found["faxstore_polls_total", name]
                assert found["faxstore_rejected_messages_total", name] == 0
                assert ("faxstore_sessions_total", "received", "success", name) in found
            assert ("faxstore_last_seal_timestamp_seconds",) not in found  # it was never sealed
            assert found["faxstore_compaction_backlog", "packs"] == 0
            await workers.stop()
            assert await get(port, "/healthz") == (0, "")

    asyncio.run(play())


@pytest.mark.parametrize("count", [1, 2])
def test_a_scrape_while_the_database_is_down(tmp_path: Path, count: int) -> None:
    async def play() -> None:
        async with played(tmp_path, *SERVERS) as (workers, _):
            port = await started(workers, NOWHERE, "--workers", str(count))
            found = await until_scraped(port, {("faxstore_spool_records", str(count)): 1})
            assert found["faxstore_database_up", str(count)] == 0
            assert found["faxstore_spool_oldest_record_timestamp_seconds", str(count)] > 1.7e9
            assert ("faxstore_compaction_backlog", "packs") not in found
            assert (await get(port, "/healthz"))[0] == 200  # a restart would not help
            assert (await get(port, "/readyz"))[0] == 200
            await workers.stop()

    asyncio.run(play())


def test_a_taken_port_is_one_line_and_collecting_goes_on(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with played(tmp_path, *SERVERS) as (workers, servers):
            with closing(socket.create_server(("127.0.0.1", 0))) as other:
                where = f"127.0.0.1:{other.getsockname()[1]}"
                await workers.start(dsn, FAXSTORE_METRICS_LISTEN=where)
                await all_played(servers)
                await settled(dsn)
                await workers.stop()
            line = f"metrics: not served, cannot listen on {where} (Address already in use); set metrics.listen\n"
            assert workers.log.count(line) == workers.log.count("ERROR") == 1

    asyncio.run(play())


def test_a_worker_that_died_is_down_in_the_metrics(dsn: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with played(tmp_path, *SERVERS) as (workers, _):
            port = await started(workers, dsn, "--workers", "2")
            await until_scraped(port, {("faxstore_worker_up", "2"): 1})
            for pid in workers.running:
                os.kill(pid, signal.SIGKILL)
            await until_scraped(port, {("faxstore_worker_up", "1"): 0}, most=0)
            assert (await get(port, "/readyz"))[0] == 503
            assert await get(port, "/healthz") == (200, "alive\n")  # the supervisor restarts it
            await until_scraped(port, {("faxstore_worker_up", number): 1 for number in "12"})
            await workers.stop()

    asyncio.run(play())
