"""Files and folders that get their name only when they are complete and on disk.

Only their owner can read them, because they contain numbers and names; what replaces a file or folder gets its mode.
They are written under a temporary name in the same folder, `.NAME.faxstore-part`, which the writer locks.  A killed
writer leaves that file behind; the next writer of the same name reuses it, empty.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from faxstore.errors import UsageError
from faxstore.system.interruption import held
from faxstore.visible import visible

PRIVATE = 0o600
"""The mode of a new file with numbers and names."""

PUBLIC = 0o666
"""The mode of a new file for others, as far as the umask allows it."""

PRIVATE_FOLDER = 0o700
"""The mode of a new folder of such files."""

PIPE_TIMEOUT = 2.0
"""Seconds to wait for the first byte of a pipe that is read in place of a file."""

_BUFFER = 1 << 18


@contextmanager
def atomic_file(path: Path, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """A stream into a file that replaces `path` when the block ends; if the block fails, `path` is unchanged.

    A new file has at most this mode; one that replaces another has the mode of that.  Raises UsageError if it cannot be
    written, or if `path` is a folder, a device or a pipe.
    """
    with write_errors(str(path)):
        path = path.resolve()
        is_other = path.exists() and not path.is_file()
    if is_other:
        raise UsageError(f"{visible(str(path))} is not a file that can be replaced; name another one")
    with write_errors(str(path)), _locked_part(path, _open_file, mode) as (part, descriptor):
        os.ftruncate(descriptor, 0)
        os.fchmod(descriptor, _mode_of(path, descriptor, mode))
        with open(descriptor, "wb", buffering=_BUFFER, closefd=False) as out:
            yield out
        os.fsync(descriptor)
        _finish(part, path)


def at_start(out: BinaryIO) -> bool:
    """Return whether the next byte is the first one of a file or a stream: False if a shell appends to a file (`>>`).

    A pipe counts as at its start: what was written to it before is unknown.
    """
    try:
        descriptor = out.fileno()
    except OSError:  # a stream in memory has no descriptor
        return out.tell() == 0
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return True
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND:
        return status.st_size == 0
    return os.lseek(descriptor, 0, os.SEEK_CUR) == 0


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """An empty folder that is renamed to `path` when the block ends; the block must sync what it writes.

    Raises UsageError if it cannot be created, or if `path` exists and is not an empty folder.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise UsageError(f"{visible(str(path))} exists and is not an empty folder; name another one, or remove it")
    with write_errors(str(path)), _locked_part(path, _open_folder, PRIVATE_FOLDER) as (part, descriptor):
        os.fchmod(descriptor, _mode_of(path, descriptor, PRIVATE_FOLDER))
        _empty(part)
        yield part
        _finish(part, path)


def read_text(path: Path) -> str:
    """The text of a file, or of a pipe (`<(...)`).  Raises OSError, also for a pipe that nobody writes to, and
    UnicodeDecodeError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            if not select.select([descriptor], [], [], PIPE_TIMEOUT)[0]:
                raise OSError(errno.EAGAIN, f"nothing was written to this pipe within {PIPE_TIMEOUT:g} s")
            os.set_blocking(descriptor, True)
        return file.read()


def sync_folder(path: Path) -> None:
    """Sync the entries of a folder to disk (fsync)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked_part(path: Path, opener: Callable[[Path, int], int], mode: int) -> Iterator[tuple[Path, int]]:
    """The temporary path and its locked descriptor; an error or a signal in the block removes what is there.

    Raises UsageError if another process is writing it.
    """
    part, descriptor = _part_of(path), None
    try:
        try:
            with held():
                descriptor = _open_locked(path, part, opener, mode)
            yield part, descriptor
        finally:
            _remove(part, descriptor)
    finally:  # a signal can interrupt the first attempt, but not this one
        _remove(part, descriptor)
        if descriptor is not None:
            os.close(descriptor)


def _open_locked(path: Path, part: Path, opener: Callable[[Path, int], int], mode: int) -> int:
    while True:
        descriptor = opener(part, mode)
        try:
            _lock(path, descriptor)
            if _is_current(part, descriptor):  # otherwise another writer finished between open and lock
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _open_file(part: Path, mode: int) -> int:
    return os.open(part, os.O_RDWR | os.O_CREAT, mode)


def _open_folder(part: Path, mode: int) -> int:
    part.mkdir(mode, exist_ok=True)
    return os.open(part, os.O_RDONLY | os.O_DIRECTORY)


def _finish(part: Path, path: Path) -> None:
    """Give the file or folder its name."""
    with held():
        part.rename(path)
        sync_folder(path.parent)


def _remove(part: Path, descriptor: int | None) -> None:
    """Remove the temporary file or folder of this writer; when it is complete, it has its name, and there is none."""
    if descriptor is None or not _is_current(part, descriptor):
        return
    with suppress(OSError):
        shutil.rmtree(part, ignore_errors=True) if part.is_dir() else part.unlink(missing_ok=True)


def _mode_of(path: Path, descriptor: int, mode: int) -> int:
    """The mode of `path`, or without it the mode of the new file, which a killed writer may have left too open."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    return stat.S_IMODE(os.fstat(descriptor).st_mode) & mode


def _lock(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(f"another process is writing {visible(str(path))}") from error


def _is_current(part: Path, descriptor: int) -> bool:
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
def write_errors(name: str) -> Iterator[None]:
    """Raises an OSError of the block as a UsageError that names the target; a closed pipe (BrokenPipeError) passes."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{visible(name)} cannot be written: {error.strerror or error}") from error
