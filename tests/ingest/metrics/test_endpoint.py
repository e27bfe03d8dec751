"""The endpoint over real sockets: metrics, health checks, and clients that misbehave."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from faxstore.ingest.metrics import endpoint as module
from faxstore.ingest.metrics.endpoint import Endpoint
from faxstore.ingest.metrics.samples import State
from faxstore.ingest.snapshot import ServerSnapshot, Snapshot

COLLECTING = Snapshot(servers={"pbx1": ServerSnapshot(is_collecting=True)})
STANDBY = Snapshot(servers={"pbx2": ServerSnapshot(is_standby=True)})


@contextmanager
def served(state: State) -> Iterator[int]:
    """Serve a state in a thread; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    endpoint, over = Endpoint(listener, lambda: state), threading.Event()

    def serve() -> None:
        while not over.is_set():
            select.select([endpoint], [], [], 0.05)
            endpoint.step()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        thread.join()
        endpoint.close()


def get(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_metrics_with_the_content_type_of_prometheus() -> None:
    with served(State(1, {1: COLLECTING})) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert b'faxstore_collecting{server="pbx1"} 1.0\n' in answer.read()
        connection.close()


@pytest.mark.parametrize(
    ("state", "alive", "ready"),
    [
        (State(1, {1: COLLECTING}), (200, "alive\n"), (200, "collecting from 1 server, standby for 0\n")),
        (
            State(2, {1: COLLECTING, 2: STANDBY}),
            (200, "alive\n"),
            (200, "collecting from 1 server, standby for 1\n"),
        ),
        (State(2, {1: COLLECTING}), (200, "alive\n"), (503, "worker 2 has not reported\n")),
        (
            State(1, {1: Snapshot(servers={"pbx1": ServerSnapshot()})}),
            (200, "alive\n"),
            (503, "pbx1: not decided yet who collects\n"),
        ),
        (
            State(1, {1: COLLECTING}, ["carrier thread"]),
            (503, "stuck: carrier thread\n"),
            (200, "collecting from 1 server, standby for 0\n"),
        ),
    ],
)
def test_health_checks(state: State, alive: tuple[int, str], ready: tuple[int, str]) -> None:
    with served(state) as port:
        assert get(port, "/healthz") == alive
        assert get(port, "/readyz") == ready


def test_other_requests_are_refused() -> None:
    with served(State(1, {1: COLLECTING})) as port:
        assert get(port, "/") == (404, "404 there are /metrics, /healthz and /readyz\n")
        assert get(port, "/healthz", "POST")[0] == 501
        assert get(port, "/metrics", "HEAD") == (200, "")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\n\n", b"GET\r\n\r\n", b"\n\n", b"a" * 20_000])
def test_garbage_costs_only_its_own_connection(garbage: bytes) -> None:
    with served(State(1, {1: COLLECTING})) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(garbage)
            client.settimeout(10)
            while True:
                try:
                    if not client.recv(65_536):
                        break
                except ConnectionResetError:
                    break
        assert get(port, "/healthz") == (200, "alive\n")


def test_silent_clients_delay_nobody_and_do_not_accumulate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 4)
    with served(State(1, {1: COLLECTING})) as port:
        silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(8)]
        assert get(port, "/healthz") == (200, "alive\n")
        for client in silent[:4]:
            assert client.recv(1) == b""  # closed, the oldest first
        for client in silent:
            client.close()


class FullProcess(socket.socket):
    """A listener of a process without a free descriptor, as long as `is_full`."""

    is_full = True

    def accept(self) -> tuple[socket.socket, object]:
        if self.is_full:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().accept()


def test_a_process_without_descriptors_sleeps_and_serves_them_later() -> None:
    with FullProcess() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        endpoint = Endpoint(listener, lambda: State(1, {1: COLLECTING}))
        early = socket.create_connection(listener.getsockname(), timeout=10)
        assert select.select([endpoint], [], [], 10)[0]
        endpoint.step()
        assert select.select([endpoint], [], [], 0.1)[0] == []
        listener.is_full = False
        late = socket.create_connection(listener.getsockname(), timeout=10)
        for client in (early, late):
            client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        while select.select([endpoint], [], [], 0.5)[0]:
            endpoint.step()
        assert [client.recv(65_536)[-6:] for client in (early, late)] == [b"alive\n"] * 2
        for client in (early, late):
            client.close()
        endpoint.close()
