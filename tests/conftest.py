"""One Postgres for the whole run, one template database with the schema, one copy of it for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore.store import embedded, migrate

CAPTURES = Path(__file__).parent / "captures"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A DSN of a superuser on the server that FAXSTORE_TEST_SERVER names: embedded (default) or system."""
    kind = os.environ.get("FAXSTORE_TEST_SERVER", "embedded")
    starters = {"embedded": embedded.running, "system": system_server}
    folder = Path(tempfile.mkdtemp(prefix="faxstore-test-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with starters[kind](folder) as dsn:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("alter system set fsync = off")
                connection.execute("alter system set synchronous_commit = off")
                connection.execute("select pg_reload_conf()")
            yield dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def system_server(folder: Path) -> Iterator[str]:
    """The Postgres of the machine (Debian's, or what initdb is on the PATH), on a socket in that folder."""
    newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
    initdb = str(newest / "initdb") if newest else shutil.which("initdb")
    assert initdb, "FAXSTORE_TEST_SERVER=system needs a Postgres of the machine (Debian: postgresql)"
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    data = folder / "data"
    if user:
        shutil.chown(folder, "postgres", "postgres")
    binaries = Path(initdb).parent
    run = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL, **user}
    subprocess.run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "utf8"], **run)
    options = f"-k {folder} -c listen_addresses=''"
    subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], **run)
    try:
        yield make_conninfo(host=str(folder), user="postgres", dbname="postgres")
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], **run)


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


@contextmanager
def fresh(server: str, template: str = "template1") -> Iterator[str]:
    """A new database, dropped at the end."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        try:
            yield make_conninfo(server, dbname=name)
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def name_of(dsn: str) -> str:
    """The database that a DSN names."""
    return str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
