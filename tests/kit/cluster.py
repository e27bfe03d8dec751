"""A Postgres server for one test, which can be killed, restarted and replicated; same programs as the shared one."""

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
from tests.kit.places import server_place


@dataclass(frozen=True)
class Programs:
    """The folder with a server's programs, and the user that runs them if the tests run as root."""

    folder: Path
    user: str

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program without output, in a folder that every user may enter."""
        user: str | None = self.user if os.geteuid() == 0 else None
        result = subprocess.run(
            [self.folder / program, *arguments],
            check=False,
            cwd="/tmp",
            stdout=subprocess.DEVNULL,  # a pipe would be kept open by pg_ctl's child
            stderr=subprocess.DEVNULL,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        assert result.returncode == 0, f"{program} failed: {' '.join(map(str, arguments))}"


class Cluster:
    """One server with its files in its own folder, on a TCP port of 127.0.0.1."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._data = folder / "data"
        self._wal = folder / "wal"
        self.port = free_port()
        self.dsn = make_conninfo(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", sslmode="disable"
        )

    def make(self) -> None:
        """Create a server with the schema in its database `postgres` and a user `carrier` with the role fax_ingest."""
        self.make_empty()
        migrate.upgrade(self.dsn)
        self.execute("create role carrier login in role fax_ingest")

    def make_empty(self) -> None:
        """Create a server without a schema."""
        self._programs.run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync")
        self.start()

    def follow(self, primary: Cluster) -> None:
        """Create a streaming standby of that server, named `standby` in synchronous_standby_names."""
        source = make_conninfo(primary.dsn, application_name="standby", dbname="")
        self._programs.run("pg_basebackup", "-D", self._data, "-d", source, "-R", "-X", "stream", "-c", "fast")
        self.start()
        streams = "select count(*) = 1 from pg_stat_replication where state = 'streaming'"
        wait_until(lambda: primary.ask(streams))

    def archive(self) -> None:
        """Copy the WAL to a folder from now on, as for restores to a moment."""
        self._wal.mkdir()
        if os.geteuid() == 0:
            chown(self._wal, self._programs.user, self._programs.user)
        self.execute("alter system set archive_mode = on")
        self.execute(f"alter system set archive_command = 'cp %p {self._wal}/%f'")
        self.stop()
        self.start()

    def back_up(self, primary: Cluster) -> None:
        """Copy the files of that server as they are now."""
        source = make_conninfo(primary.dsn, dbname="")
        self._programs.run("pg_basebackup", "-D", self._data, "-d", source, "-X", "stream", "-c", "fast")

    def recover(self, primary: Cluster, point: str) -> None:
        """Start from the copy, and apply the archived WAL of that server up to a named restore point."""
        primary.execute("select pg_switch_wal()")
        last = primary.ask("select pg_walfile_name(pg_current_wal_lsn() - 1)")
        wait_until(lambda: (primary._wal / str(last)).exists())
        (self._data / "recovery.signal").touch()
        with (self._data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"archive_mode = off\nrestore_command = 'cp {primary._wal}/%f %p'\n")
            settings.write(f"recovery_target_name = '{point}'\nrecovery_target_action = promote\n")
        self.start()
        wait_until(lambda: self.ask("select not pg_is_in_recovery()"))

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        # fsync=off is fast, and safe here because no test stops the machine.
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        log = self._folder / "log"
        try:
            self._programs.run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-l", log, "-o", settings, "start")
        except AssertionError as error:
            raise AssertionError(f"{error}: {log.read_text()[-2000:]}") from None

    def stop(self) -> None:
        """Stop the server as an administrator does; its connections are closed."""
        self._programs.run("pg_ctl", "-D", self._data, "-w", "-m", "fast", "stop")

    def kill(self) -> None:
        """Kill every process of the server with -9, as a crash of its machine would."""
        with suppress(FileNotFoundError, ProcessLookupError):
            head = int((self._data / "postmaster.pid").read_text().split()[0])
            os.kill(head, signal.SIGSTOP)  # so that it starts no further children
            children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
            processes = [head, *map(int, children)]
            for process in processes:
                os.kill(process, signal.SIGKILL)
            wait_until(lambda: not any(_runs(process) for process in processes))
            # If no process reaps orphans, its pid stays in use and the next server would believe that it still runs.
            (self._data / "postmaster.pid").unlink()

    def execute(self, statement: str) -> None:
        """Run a statement as the administrator."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())

    def ask(self, query: str) -> object:
        """Return the single value of a query."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
            assert row is not None
            return row[0]


@contextmanager
def clusters(programs: Programs, count: int) -> Iterator[list[Cluster]]:
    """Yield `count` servers without files; they are killed and removed at the end."""
    folder = Path(mkdtemp(prefix="faxstore-fault-", dir=server_place()))
    folder.chmod(0o755)
    created: list[Cluster] = []
    try:
        for number in range(count):
            own = folder / str(number)
            own.mkdir()
            if os.geteuid() == 0:
                chown(own, programs.user, programs.user)
            created.append(Cluster(programs, own))
        yield created
    finally:
        for each in created:
            each.kill()
        rmtree(folder, ignore_errors=True)


def wait_until(condition: Callable[[], object], within: float = 60.0) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "the condition was not met in time"
        time.sleep(0.01)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _runs(process: int) -> bool:
    """Return whether a process runs.  A zombie, which nobody waited for, holds nothing any more and does not count."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
