"""The folder that a demo keeps to itself: its database, its settings file, and the log of its ingestor.

A run makes the database anew, so the folder must not be one in which somebody keeps faxes: the demo uses only
folders that are empty, or that it marked as its own.
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

MARK = "this-folder-is-a-demo.txt"
POLL_INTERVAL = 0.05
"""Seconds between two polls of the demo's ingestor: the least that the settings allow."""

_TEXT = "faxstore demo made this folder. The next demo makes its database anew; it may be removed at any time.\n"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """The folder, made if need be and emptied of a former run's spool, for one demo at a time."""
    try:
        mark = _marked(folder)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}; give --data-dir another folder") from error
    with mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"{folder}: another demo runs there; give --data-dir another folder") from error
        shutil.rmtree(folder / "spool", ignore_errors=True)
        yield


def fresh_database(dsn: str) -> None:
    """Drops the demo's database, with whoever still looks at it, and makes an empty one of the same name."""
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    with connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {}").format(name))


def write_settings(folder: Path, ports: Mapping[str, int], username: str, secret: str) -> Path:
    """A faxstore.toml for servers of these names and ports on 127.0.0.1; only its owner may read it."""
    tables = [f"# Made by faxstore demo.\ndata_dir = {_quoted(str(folder))}\n"]
    for name, port in ports.items():
        tables.append(
            f'[[server]]\nname = {_quoted(name)}\nhost = "127.0.0.1"\nport = {port}\n'
            f"username = {_quoted(username)}\nsecret = {_quoted(secret)}\n"
            f"poll_interval = {POLL_INTERVAL}\nidle_interval = {POLL_INTERVAL}\n"
        )
    file = folder / "faxstore.toml"
    file.touch(mode=0o600)
    file.write_text("\n".join(tables), encoding="utf-8")
    return file


def _marked(folder: Path) -> IO[str]:
    mark = folder / MARK
    if folder.exists() and not mark.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder}: holds other things than a demo; give --data-dir a folder that is empty or new")
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(_TEXT)
    return mark.open("a")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a basic string of TOML
