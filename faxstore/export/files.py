"""A file or a folder that has its name only when it is whole and on the disk.

It grows under a temporary name beside it, `.NAME.faxstore-part`, which its writer locks.  Whoever is killed leaves
that one behind; the next to write the same name takes it over and empties it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from faxstore.errors import UsageError
from faxstore.visible import visible


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A stream into the file, which takes the place of an older one at the end; on failure nothing has changed.

    Raises UsageError where it cannot be written, or where that is no place for a file (a device, a pipe, a folder).
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{visible(str(path))} is not a file that can be replaced; name another one")
    with told(str(path)), _part(path, os.O_RDWR | os.O_CREAT) as (part, descriptor):
        os.ftruncate(descriptor, 0)
        try:
            with open(descriptor, "wb", closefd=False) as out:
                yield out
            os.fsync(descriptor)
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder to fill, which then gets this name; what stands in it must be on the disk (sync_folder, fsync).

    Raises UsageError where it cannot be made, or where there is something of that name other than an empty folder.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{visible(str(path))} is there and not an empty folder; name another one, or remove it")
    temporary = _part_of(path)
    with told(str(path)):
        temporary.mkdir(exist_ok=True)
        with _part(path, os.O_RDONLY | os.O_DIRECTORY) as (part, _):
            _empty(part)
            try:
                yield part
                part.rename(path)
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Puts on the disk which files a folder has."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _part(path: Path, flags: int) -> Iterator[tuple[Path, int]]:
    """The temporary name and its descriptor, locked: two writers of one name would spoil each other's work."""
    part = _part_of(path)
    while True:
        descriptor = os.open(part, flags, 0o666)
        try:
            _lock(path, descriptor)
            if not _is_still(part, descriptor):  # another writer finished between open and lock
                continue
            yield part, descriptor
            return
        finally:
            os.close(descriptor)


def _lock(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(f"another export is writing {visible(str(path))} at this moment") from error


def _is_still(part: Path, descriptor: int) -> bool:
    try:
        return part.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.faxstore-part")


@contextmanager
def told(name: str) -> Iterator[None]:
    """What the system says against writing there, as a UsageError; a reader of a pipe that left is another matter."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{visible(name)} cannot be written: {error.strerror or error}") from error
