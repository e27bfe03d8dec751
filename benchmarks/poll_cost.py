"""Measures what one poll of many sessions costs a client, in processor time.

    python -m benchmarks.poll_cost [--sessions 1000] [--polls 10] [--rounds 7] [--json FILE]

Three clients poll one server (benchmarks/busy_server.py), in interleaved rounds of one run; medians are printed.  Each
lists the sessions and requests the detail of each, 50 requests at a time:

- faxstore: the collector, the reader and the spool, as in `faxstore ingest`;
- panoramisk: its Manager as it is, with a callback for the events; nothing is decoded or stored;
- splitting: a socket whose bytes are split at blank lines, the least that any client must do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from panoramisk import Manager

from benchmarks.import_rate import hardware
from faxstore.ami.collector import Collector
from faxstore.ami.event_filter import IRRELEVANT_EVENTS
from faxstore.capture.marks import POLLED
from faxstore.capture.recording import Line
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.observations import encode
from faxstore.reader.line_reader import LineReader
from faxstore.settings.values import Secret, ServerSettings
from faxstore.spool.queue import Spool

WINDOW = 50
"""Unanswered requests of each client."""

Client = Callable[[int, int, int], float]
"""Polls a server (port) with a number of sessions a number of times; returns processor seconds per poll."""


@contextmanager
def running_server(sessions: int) -> Iterator[int]:
    """Run a server with that many sessions in another process; yield its port."""
    command = (sys.executable, "-m", "benchmarks.busy_server", str(sessions))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.communicate()


def poll_with_faxstore(port: int, _sessions: int, polls: int) -> float:
    """Poll as `faxstore ingest` does, into a spool on disk."""
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as folder:
        spool = Spool(Path(folder) / "spool.sqlite")
        writer = SpoolWriter(spool)
        writer.start()
        try:
            return asyncio.run(_faxstore_polls(port, polls, writer))
        finally:
            writer.stop()
            spool.close()


async def _faxstore_polls(port: int, polls: int, writer: SpoolWriter) -> float:
    settings = ServerSettings(
        name="pbx1", host="127.0.0.1", port=port, username="faxstore", secret=Secret("letmein"),
        poll_interval=0.2, idle_interval=0.2,
    )  # fmt: skip
    line_reader, stop, spent = LineReader("pbx1"), asyncio.Event(), [0.0]
    seen = 0

    def on_line(line: Line) -> None:
        nonlocal seen
        for record in line_reader.feed(line):
            writer.put(encode(record))
        if line.dir == "mark" and line.text == POLLED:
            seen += 1  # the first poll also requests the channels of all sessions
            if seen in (2, 2 + polls):
                spent.append(time.process_time())
            if seen == 2 + polls:
                stop.set()

    await Collector(settings, on_line, ignore=IRRELEVANT_EVENTS).run(stop)
    return (spent[2] - spent[1]) / polls


def poll_with_panoramisk(port: int, sessions: int, polls: int) -> float:
    """Poll with panoramisk alone."""
    return asyncio.run(_panoramisk_polls(port, sessions, polls))


async def _panoramisk_polls(port: int, sessions: int, polls: int) -> float:
    manager = Manager(host="127.0.0.1", port=port, username="faxstore", secret="letmein", ping_delay=3600)
    manager.log.setLevel(logging.ERROR)
    await manager.connect()
    await manager.authenticated_future
    details: list[object] = []
    all_details = asyncio.Event()

    def on_detail(_manager: Manager, message: object) -> None:
        details.append(message)
        if len(details) == sessions:
            all_details.set()

    manager.register_event("FAXSession", on_detail)
    begun = time.process_time()
    for _ in range(polls):
        details.clear()
        all_details.clear()
        listed = await manager.send_action({"Action": "FAXSessions"})
        numbers = [entry.SessionNumber for entry in listed[1:-1]]
        for first in range(0, len(numbers), WINDOW):
            requests = (
                manager.send_action({"Action": "FAXSession", "SessionNumber": number}, as_list=False)
                for number in numbers[first : first + WINDOW]
            )
            await asyncio.gather(*requests)
        await all_details.wait()
    spent = time.process_time() - begun
    manager.close()
    return spent / polls


def poll_by_splitting(port: int, _sessions: int, polls: int) -> float:
    """Poll over a bare socket."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"Action: Login\r\nActionID: 1\r\n\r\n")
        _split(connection, 3)  # greeting and Response, FullyBooted
        begun = time.process_time()
        for _ in range(polls):
            connection.sendall(b"Action: FAXSessions\r\nActionID: 1\r\n\r\n")
            numbers = [message.split(b"SessionNumber: ")[1].split(b"\r")[0] for message in _split(connection, 0)[1:-1]]
            for first in range(0, len(numbers), WINDOW):
                asked = numbers[first : first + WINDOW]
                text = b"Action: FAXSession\r\nActionID: 1\r\nSessionNumber: %b\r\n\r\n"
                connection.sendall(b"".join(text % number for number in asked))
                _split(connection, 2 * len(asked))
        return (time.process_time() - begun) / polls


def _split(connection: socket.socket, messages: int) -> list[bytes]:
    """Return that many messages; 0: those of a list."""
    found: list[bytes] = []
    rest = b""
    while len(found) < messages or (not messages and not (found and b"EventList: Complete" in found[-1])):
        *complete, rest = (rest + connection.recv(262144)).split(b"\r\n\r\n")
        found += complete
        if messages == 3 and len(found) == 2:
            break  # the greeting ends with one line end
    return found


CLIENTS: dict[str, Client] = {
    "faxstore, with reader and spool": poll_with_faxstore,
    "panoramisk alone": poll_with_panoramisk,
    "splitting alone": poll_by_splitting,
}


def measure(sessions: int, polls: int, rounds: int) -> dict[str, list[float]]:
    """Return the processor milliseconds per poll of each client, by round."""
    taken: dict[str, list[float]] = {name: [] for name in CLIENTS}
    with running_server(sessions) as port:
        for _ in range(rounds):
            for name, client in CLIENTS.items():
                taken[name].append(1000 * client(port, sessions, polls))
    return taken


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.poll_cost", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--polls", type=int, default=10, help="of each client per round (default: 10)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="file for the figures of each round")
    arguments = parser.parse_args()
    taken = measure(arguments.sessions, arguments.polls, arguments.rounds)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    bare = medians["panoramisk alone"]
    print(f"One poll of {arguments.sessions:,} sessions, {hardware()}, {time.strftime('%Y-%m-%d')}\n")
    print("| client | ms of processor time, median | lowest | highest | of panoramisk |")
    print("| --- | --- | --- | --- | --- |")
    for name, values in taken.items():
        print(f"| {name} | {medians[name]:.1f} | {min(values):.1f} | {max(values):.1f} | {medians[name] / bare:.2f} |")
    if arguments.json:
        report = {"sessions": arguments.sessions, "hardware": hardware(), "milliseconds": taken, "medians": medians}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
