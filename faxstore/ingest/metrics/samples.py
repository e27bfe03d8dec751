"""How the samples of a metric are found in the snapshots of the processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from faxstore.ingest.snapshot import DatabaseSnapshot, FaxCounts, ServerSnapshot, Snapshot


class State(NamedTuple):
    """The state of the whole service at a moment."""

    workers: int
    """The number of processes that collect."""
    snapshots: Mapping[int, Snapshot]
    """The newest snapshot of each process that runs and has reported one, by the number of the worker, from 1."""
    stuck: Sequence[str] = ()
    """What hangs, as the watchdog sees it."""

    @property
    def workers_without_snapshot(self) -> list[int]:
        """The numbers of the processes that do not run or have not reported yet."""
        return [number for number in range(1, self.workers + 1) if number not in self.snapshots]


Value = float | tuple[int, float]
"""A number; of a summary its count and its sum."""

Sample = tuple[tuple[str, ...], Value]
"""The values of the labels, and the value."""


DIRECTIONS = ("sent", "received")
RESULTS = ("success", "failed", "unknown")
"""Words whose counts are present from the start, as zero, so that the first fax is an increase."""


def of_servers(value: Callable[[ServerSnapshot], Value | None]) -> Callable[[State], Iterator[Sample]]:
    """Return the samples of a value of each server; None has no sample."""

    def samples(state: State) -> Iterator[Sample]:
        for snapshot in state.snapshots.values():
            for name, server in snapshot.servers.items():
                found = value(server)
                if found is not None:
                    yield (name,), found

    return samples


def of_faxes(
    values: Callable[[FaxCounts], Mapping[tuple[str, ...], int]],
) -> Callable[[State], Iterator[Sample]]:
    """Return the samples of each server; those of a server without a fax so far are zero."""

    def samples(state: State) -> Iterator[Sample]:
        sums: Counter[tuple[str, ...]] = Counter()
        for snapshot in state.snapshots.values():
            for server in dict.fromkeys([*snapshot.servers, *snapshot.faxes]):
                for labels, number in values(snapshot.faxes.get(server, FaxCounts())).items():
                    sums[server, *labels] += number
        yield from sums.items()

    return samples


def of_workers(value: Callable[[Snapshot], float | None]) -> Callable[[State], Iterator[Sample]]:
    """Return the samples of a value of each process; None has no sample."""

    def samples(state: State) -> Iterator[Sample]:
        for number, snapshot in state.snapshots.items():
            found = value(snapshot)
            if found is not None:
                yield (str(number),), found

    return samples


def of_database(
    values: Callable[[DatabaseSnapshot], Mapping[tuple[str, ...], float | None]],
) -> Callable[[State], Iterator[Sample]]:
    """Return the samples of the newest reading of any worker."""

    def samples(state: State) -> Iterator[Sample]:
        readings = [snapshot.database for snapshot in state.snapshots.values() if snapshot.database is not None]
        if readings:
            for labels, number in values(max(readings, key=lambda reading: reading.read_at)).items():
                if number is not None:
                    yield labels, number

    return samples


def sessions(counts: FaxCounts) -> dict[tuple[str, ...], int]:
    """Return finished faxes by direction and result."""
    zeros: dict[tuple[str, ...], int] = {(direction, result): 0 for direction in DIRECTIONS for result in RESULTS}
    return zeros | {(way, result): n for way, results in counts.sessions.items() for result, n in results.items()}


def pages(counts: FaxCounts) -> dict[tuple[str, ...], int]:
    """Return pages by direction."""
    found = dict.fromkeys(DIRECTIONS, 0) | counts.pages
    return {(direction,): number for direction, number in found.items()}


def rejected(state: State) -> Iterator[Sample]:
    """Yield the rejected messages of each server."""
    sums: Counter[str] = Counter()
    for snapshot in state.snapshots.values():
        sums.update(dict.fromkeys(snapshot.servers, 0) | snapshot.rejected)
    for server, count in sums.items():
        yield (server,), count


def workers_up(state: State) -> Iterator[Sample]:
    """Yield for each worker whether it runs and has reported."""
    for number in range(1, state.workers + 1):
        yield (str(number),), number in state.snapshots
