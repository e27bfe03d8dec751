"""A Postgres of a test's own, from the same programs as the shared one: to be killed, restarted, and followed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import chown, rmtree
from tempfile import mkdtemp

import psycopg
from psycopg.conninfo import make_conninfo

from faxstore.store import migrate


@dataclass(frozen=True)
class Programs:
    """Where the programs of a server are, and which user runs them when a test runs as root."""

    folder: Path
    user: str

    def run(self, program: str, *arguments: str | Path) -> None:
        """Runs one of them, quietly, in a folder that anybody may be in."""
        user: str | None = self.user if os.geteuid() == 0 else None
        told = subprocess.run(
            [self.folder / program, *arguments],
            check=False,
            cwd="/tmp",
            stdout=subprocess.DEVNULL,  # pg_ctl's child would keep a pipe open
            stderr=subprocess.DEVNULL,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        assert told.returncode == 0, f"{program} failed: {' '.join(map(str, arguments))}"


class Cluster:
    """One server with its files in a folder of its own, on a TCP port of 127.0.0.1."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._data = folder / "data"
        self.port = _free_port()
        self.dsn = make_conninfo(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", sslmode="disable"
        )

    def make(self) -> None:
        """An empty server with the schema in its database `postgres`, and a user `carrier` that may append."""
        self._programs.run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync")
        self.start()
        migrate.upgrade(self.dsn)
        self.execute("create role carrier login in role fax_ingest")

    def follow(self, primary: Cluster) -> None:
        """A standby of that server, and what it needs to be called by name in synchronous_standby_names."""
        source = make_conninfo(primary.dsn, application_name="standby", dbname="")
        self._programs.run("pg_basebackup", "-D", self._data, "-d", source, "-R", "-X", "stream", "-c", "fast")
        self.start()
        streams = "select count(*) = 1 from pg_stat_replication where state = 'streaming'"
        wait_until(lambda: primary.ask(streams))

    def start(self) -> None:
        """Starts it; returns when it takes connections."""
        # Quick, and safe against all that a test does here: the machine stays.
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        log = self._folder / "log"
        try:
            self._programs.run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", log, "-o", settings, "start")
        except AssertionError as error:
            raise AssertionError(f"{error}: {log.read_text()[-2000:]}") from None

    def stop(self) -> None:
        """Stops it as an administrator does; its connections are ended."""
        self._programs.run("pg_ctl", "-D", self._data, "-w", "-m", "fast", "stop")

    def kill(self) -> None:
        """kill -9 of every process of it, as if the machine were gone."""
        with suppress(FileNotFoundError, ProcessLookupError):
            head = int((self._data / "postmaster.pid").read_text().split()[0])
            os.kill(head, signal.SIGSTOP)  # it shall have no further ones
            children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
            processes = [head, *map(int, children)]
            for process in processes:
                os.kill(process, signal.SIGKILL)
            wait_until(lambda: not any(_runs(process) for process in processes))
            # Where nobody reaps orphans, its number stays taken, and the next one would think that it runs.
            (self._data / "postmaster.pid").unlink()

    def execute(self, statement: str) -> None:
        """Runs a statement as the administrator."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def ask(self, question: str) -> object:
        """The one value that a question gives."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(question.encode()).fetchone()
            assert row is not None
            return row[0]


@contextmanager
def clusters(programs: Programs, count: int) -> Iterator[list[Cluster]]:
    """So many of them, without files yet; killed and removed at the end."""
    folder = Path(mkdtemp(prefix="faxstore-fault-", dir="/tmp"))
    folder.chmod(0o755)
    made: list[Cluster] = []
    try:
        for number in range(count):
            own = folder / str(number)
            own.mkdir()
            if os.geteuid() == 0:
                chown(own, programs.user, programs.user)
            made.append(Cluster(programs, own))
        yield made
    finally:
        for each in made:
            each.kill()
        rmtree(folder, ignore_errors=True)


def wait_until(condition: Callable[[], object], within: float = 60.0) -> None:
    """Waits for something that another thread or process brings about."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _runs(process: int) -> bool:
    """A killed process that nobody waits for stays as a zombie, which has let go of everything."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
