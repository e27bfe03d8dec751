"""The demo's own folder: its database, its settings file, and the log of its ingestor.

Each run drops and re-creates the database.  To protect a folder with real faxes, the demo uses only a folder that is
empty or that contains the marker file of an earlier demo.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from faxstore.errors import UsageError
from faxstore.store.database import connect
from faxstore.system.files import atomic_file

MARKER = "this-folder-is-a-demo.txt"
POLL_INTERVAL = 0.05
"""Seconds between two polls of the demo's ingestor: the shortest interval that the settings allow."""

_TEXT = (
    "faxstore demo created this folder. The next demo re-creates its database. You may remove the folder at any time.\n"
)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Lock the folder for one demo, create it if necessary, and remove the spool of an earlier run."""
    try:
        marker = _open_marker(folder)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}; choose another --data-dir") from error
    with marker:
        try:
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"{folder}: another demo is running there; choose another --data-dir") from error
        shutil.rmtree(folder / "spool", ignore_errors=True)
        yield


def fresh_database(dsn: str) -> None:
    """Drop the demo's database together with its connections, and create an empty one of the same name."""
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    with connect(make_conninfo(dsn, dbname="postgres")) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {}").format(name))


def write_settings(folder: Path, ports: Mapping[str, int], username: str, secret: str) -> Path:
    """Write a faxstore.toml for servers on 127.0.0.1, given by name and port, that only its owner can read."""
    tables = [f"# Written by faxstore demo.\ndata_dir = {_quoted(str(folder))}\n"]
    for name, port in ports.items():
        tables.append(
            f'[[server]]\nname = {_quoted(name)}\nhost = "127.0.0.1"\nport = {port}\n'
            f"username = {_quoted(username)}\nsecret = {_quoted(secret)}\n"
            f"poll_interval = {POLL_INTERVAL}\nidle_interval = {POLL_INTERVAL}\n"
        )
    file = folder / "faxstore.toml"
    with atomic_file(file) as out:
        out.write("\n".join(tables).encode())
    return file


def _open_marker(folder: Path) -> IO[str]:
    marker = folder / MARKER
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: contains files that no demo created; choose an empty or new --data-dir")
    folder.mkdir(parents=True, exist_ok=True)
    opened = marker.open("a")
    if not opened.tell():
        opened.write(_TEXT)
        opened.flush()
    return opened


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a basic string of TOML
