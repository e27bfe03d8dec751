"""The script of docs/how-to/follow.md posts every event to a server, in order, and continues where it stopped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.kit.cluster import wait_until
from tests.kit.given import append, completed, gone, receiving

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "follow.md"
PROGRAMS = ("curl", "jq")


class Sink(HTTPServer):
    """A web server that keeps what is posted; it refuses the first event once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.refused = 0
        self.events: list[dict[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    """Stores one event."""

    server: Sink

    def do_POST(self) -> None:
        assert self.headers["Content-Type"] == "application/cloudevents+json"
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.server.refused:
            self.server.refused += 1
            self.send_response(503)
        else:
            self.server.events.append(event)
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def sink() -> Iterator[Sink]:
    """Run the web server."""
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def running(folder: Path, dsn: str, port: int) -> Iterator[None]:
    """Run the script of the page, with other places; kill it and its children at the end."""
    (text,) = (block for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL) if "#!/bin/sh" in block)
    replaced = {
        "https://crm.example/faxes": f"http://127.0.0.1:{port}/",
        "/var/lib/follow-faxes/position": str(folder / "position"),
        "faxstore follow": f"{sys.executable} -m faxstore follow",
        "sleep 5": "sleep 0.1",
    }
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    script = folder / "script"
    script.write_text(text)
    with subprocess.Popen(["sh", script], env=os.environ | {"FAXSTORE_DSN": dsn}, start_new_session=True) as process:
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="needs curl and jq")
def test_a_webhook_gets_every_event(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    position = tmp_path / "position"
    with sink() as server:
        for number in (1, 2):
            with running(tmp_path, dsn, server.server_port):
                wait_until(lambda number=number: len(server.events) == number)  # type: ignore[misc]
                wait_until(lambda number=number: position.exists() and position.read_text() == f"{number + 1}\n")  # type: ignore[misc]
            append(database, completed(3, 1))
    assert [event["type"] for event in server.events] == ["faxstore.fax_ended", "faxstore.fax_corrected"]
    assert server.refused == 1
