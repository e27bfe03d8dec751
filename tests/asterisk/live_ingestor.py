"""Runs `faxstore ingest` as a separate process that watches the servers of real_asterisk.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.asterisk.calls import connected, wait_until
from tests.asterisk.real_asterisk import Server

LEAVING_LIMIT = 10.0
"""Seconds that ingest may take to stop after SIGTERM."""


class Ingestor:
    """A running `faxstore ingest`.  As a context manager it kills the process at the end if it still runs."""

    def __init__(self, home: Path, dsn: str, servers: list[Server], every: float | None = None) -> None:
        """Seconds between polls, with or without faxes; None uses faxstore's own intervals."""
        home.mkdir(parents=True)
        self.servers = servers
        self._log = home / "log"
        config = home / "faxstore.toml"
        config.touch(mode=0o600)
        config.write_text(_settings(home, dsn, servers, every))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "faxstore", "--config", str(config), "ingest"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=inherited,
            )

    def __enter__(self) -> Self:
        try:
            self.wait_until_watching()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._kill()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait_until_watching(self) -> None:
        """Waits until ingest is logged in to every server, after its start or after a server's restart."""
        wait_until("ingest is logged in to every server", self._watching, 60)

    def leave(self) -> None:
        """Stops it as a service manager does; raises AssertionError unless it stops cleanly and in time."""
        self.check_alive()
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(LEAVING_LIMIT)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"ingest still runs {LEAVING_LIMIT} s after SIGTERM\n{self.log()}") from error
        assert status == 0, f"exit {status} after {time.monotonic() - began:.1f} s\n{self.log()}"

    def check_alive(self) -> None:
        """Raises AssertionError with its last output if it has ended by itself."""
        assert self._process.poll() is None, f"ingest ended with {self._process.returncode}\n{self.log()}"

    def log(self) -> str:
        """The end of its output."""
        return self._log.read_text(errors="replace")[-5000:]

    def _watching(self) -> bool:
        self.check_alive()
        return all(connected(server, "faxstore") for server in self.servers)

    def _kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _settings(home: Path, dsn: str, servers: list[Server], every: float | None) -> str:
    """Writes faxstore.toml; JSON strings are valid TOML strings."""
    lines = [f"data_dir = {json.dumps(str(home / 'data'))}", "[database]", f"dsn = {json.dumps(dsn)}"]
    for server in servers:
        lines += [
            "[[server]]",
            f'name = "{server.name}"',
            'host = "127.0.0.1"',
            f"port = {server.port}",
            'username = "faxstore"',
            f'secret = "{server.secret}"',
        ]
        if every is not None:
            lines += [f"poll_interval = {every}", f"idle_interval = {every}"]
    return "\n".join([*lines, ""])
