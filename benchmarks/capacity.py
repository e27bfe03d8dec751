"""Measures how many live sessions `faxstore ingest` polls at 1 Hz.

    python -m benchmarks.capacity                                   # one server with 2,000 sessions
    python -m benchmarks.capacity --servers 50 --sessions 100 --workers 2

Each server (benchmarks/busy_server.py) is a process; its sessions end at random and others take their places, with the
events of both.  The ingestor and a temporary embedded Postgres share the machine with them.  The rate is counted by the
servers; the lag is the time from an observation to its append, of the snapshots.  Memory is the proportional share (Pss
in /proc/PID/smaps_rollup), summed over the processes of the ingestor: a page that two of them share counts half for
each.  The largest of one sum per second is reported.  Prints a row for docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from faxstore.store import embedded, migrate
from faxstore.store.database import connect

LAG = """
select coalesce(max(lag), 0)::float, coalesce(percentile_cont(0.5) within group (order by lag), 0)::float, count(*)
from fax.session_history history
cross join lateral (
    select extract(epoch from appended_at - history.observed_at) as lag
    from fax.append_batch
    where last_position >= history.position
    order by last_position
    limit 1
) batch
where history.event in ('FAXSession', 'FAXSessionsEntry', 'Gone')
  and history.observed_at between to_timestamp(%s) and to_timestamp(%s)
"""
"""The longest and the median lag in seconds of snapshots observed in an interval, and their number."""

DROPPED = (
    "select coalesce(sum((details ->> 'Records')::bigint), 0)::bigint from fax.server_history where event = 'Dropped'"
)


@dataclass(frozen=True)
class Outcome:
    """The results of one run; rates are polls per second, memory is in MB, time in seconds."""

    servers: int
    sessions: int
    workers: int
    seconds: float
    lowest_rate: float
    mean_rate: float
    details_per_second: float
    worst_lag: float
    median_lag: float
    snapshots: int
    dropped: int
    memory: float
    ingest_cpu: float
    """Share of one processor, of all processes of the ingestor."""
    server_cpu: float


class Server:
    """One server process."""

    def __init__(self, sessions: int, mean_life: float) -> None:
        command = (sys.executable, "-m", "benchmarks.busy_server", str(sessions), str(mean_life))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self._line())

    def counts(self) -> dict[str, float]:
        """Return what the server has counted."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        counts: dict[str, float] = json.loads(self._line())
        return counts

    def stop(self) -> None:
        """End the process."""
        self._process.communicate()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def running_servers(count: int, sessions: int, mean_life: float) -> Iterator[list[Server]]:
    """Run servers, each with that many sessions."""
    with ExitStack() as stack:
        servers = []
        for _ in range(count):
            servers.append(Server(sessions, mean_life))
            stack.callback(servers[-1].stop)
        yield servers


@contextmanager
def ingesting(folder: Path, dsn: str, servers: Sequence[Server], workers: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `faxstore ingest` for the servers."""
    names = [f"pbx{number:02}" for number in range(len(servers))]
    settings = "".join(
        f'[[server]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {server.port}\nusername = "faxstore"\n'
        for name, server in zip(names, servers, strict=True)
    )
    config = folder / "faxstore.toml"
    config.write_text(settings)
    secrets = {f"FAXSTORE_SECRET_{name.upper()}": "letmein" for name in names}
    command = (sys.executable, "-m", "faxstore", "--config", str(config), "--data-dir", str(folder / "data"))
    with subprocess.Popen(
        [*command, "ingest", "--workers", str(workers)], env=os.environ | secrets | {"FAXSTORE_DSN": dsn}
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def measure(servers: int, sessions: int, seconds: float, mean_life: float, warm_up: float, workers: int = 1) -> Outcome:
    """Run the ingestor and return the results of the seconds after the warm-up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faxstore-benchmark-")))
        folder.chmod(0o755)
        dsn = stack.enter_context(embedded.running(folder))
        migrate.upgrade(dsn)
        running = stack.enter_context(running_servers(servers, sessions, mean_life))
        with ingesting(folder, dsn, running, workers) as ingest:
            time.sleep(warm_up)
            began, before, cpu = time.time(), [server.counts() for server in running], _cpu(ingest.pid)
            memory = _most_memory(ingest.pid, began + seconds)
            ended, after, cpu = time.time(), [server.counts() for server in running], _cpu(ingest.pid) - cpu
        with connect(dsn) as connection:
            lag = connection.execute(LAG, [began, ended - 0.1]).fetchone()
            dropped = connection.execute(DROPPED).fetchone()
    worst, median, snapshots = lag or (0.0, 0.0, 0)
    took = ended - began
    done = {name: [late[name] - early[name] for early, late in zip(before, after, strict=True)] for name in before[0]}
    return Outcome(
        servers, sessions, workers, took, min(done["lists"]) / took, sum(done["lists"]) / servers / took,
        sum(done["details"]) / took, worst, median, snapshots, dropped[0] if dropped else 0, memory, cpu / took,
        sum(done["cpu_seconds"]) / took,
    )  # fmt: skip


def _cpu(process: int) -> float:
    """Return the processor seconds that a process and its workers have used."""
    return sum(map(processor_seconds, _processes(process)))


def _most_memory(process: int, until: float) -> float:
    """Return the most memory of a process and its workers until that time, in MB."""
    most = 0.0
    while (left := until - time.time()) > 0:
        most = max(most, sum(map(_proportional_share, _processes(process))))
        time.sleep(min(1.0, left))
    return most


def _processes(process: int) -> list[int]:
    """Return a process and its workers."""
    return [process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]


def _proportional_share(process: int) -> float:
    """Return the memory of a process in MB, in which a page shared by n processes counts 1/n."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    (share,) = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(share) * 1024 / 1e6


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=2000, help="of each server (default: 2000)")
    parser.add_argument("--workers", type=int, default=1, help="of the ingestor (default: 1)")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--mean-life", type=float, default=90, help="of a session, in seconds (default: 90)")
    parser.add_argument("--warm-up", type=float, default=20, help="seconds before the measurement (default: 20)")
    parser.add_argument("--json", type=Path, help="file for the results")
    arguments = parser.parse_args()
    outcome = measure(
        arguments.servers, arguments.sessions, arguments.seconds, arguments.mean_life, arguments.warm_up,
        arguments.workers,
    )  # fmt: skip
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}\n")
    print(
        "| servers x sessions | workers | Hz, lowest | Hz, mean | worst lag s | median lag s | dropped | MB | ingest "
        "| servers |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {outcome.servers} x {outcome.sessions:,} | {outcome.workers} | {outcome.lowest_rate:.3f} | "
        f"{outcome.mean_rate:.3f} | {outcome.worst_lag:.2f} | {outcome.median_lag:.2f} | {outcome.dropped:,} | "
        f"{outcome.memory:.0f} | {outcome.ingest_cpu:.0%} | {outcome.server_cpu:.0%} |"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(outcome) | {"hardware": hardware()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
