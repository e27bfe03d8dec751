"""The servers of one process: polled at different moments, and their rates reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from faxstore.ingest import service
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.leader_election import LeaderElection
from faxstore.ingest.metrics.measurements import Measurements
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.ingest.stop_signals import StopSignals
from faxstore.ingest.watchdog import ServiceManager
from faxstore.settings.values import Secret, ServerSettings
from faxstore.spool.queue import Spool
from faxstore.store.lease import Lease, Leases


class Unused:
    """Stands for a part that the collectors of this test do not use."""


class FreeLeases(Unused):
    """Grants every lease."""

    async def hold(self, servers: Sequence[str], seconds: float = 6.0) -> list[Lease]:
        return [Lease(server, True, "this one", seconds) for server in servers]

    async def give_up(self, servers: Sequence[str]) -> None:
        pass


def test_the_servers_start_spread_over_the_poll_interval(monkeypatch: pytest.MonkeyPatch, spool: Spool) -> None:
    delays: dict[str, float] = {}

    class FakeCollector:
        connected = False

        def __init__(self, server: ServerSettings, *_: object, start_delay: float, **__: object) -> None:
            delays[server.name] = start_delay

        async def run(self, stop: asyncio.Event) -> None:
            if len(delays) == 4:
                signals.first()
            await stop.wait()

    class FakeSignals(Unused):
        first: Callable[[], object]

        def call(self, _loop: object, first: Callable[[], object], second: object) -> None:
            self.first = first

    signals = FakeSignals()
    monkeypatch.setattr(service, "Collector", FakeCollector)
    servers = tuple(
        ServerSettings(name=f"pbx{number}", host="a", username="faxstore", secret=Secret("x"), poll_interval=2.0)
        for number in range(4)
    )
    manager = ServiceManager({})
    election = LeaderElection([each.name for each in servers], cast("Leases", FreeLeases()))
    measurements = Measurements([each.name for each in servers], pack_after=2)
    parts = service.Parts(SpoolWriter(spool), Carrier("", spool, "host1"), election, measurements)
    asyncio.run(service._collect_all(servers, parts, cast("StopSignals", signals), manager, None))
    assert delays == {"pbx0": 0.0, "pbx1": 0.5, "pbx2": 1.0, "pbx3": 1.5}
