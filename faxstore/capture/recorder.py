"""Writes the lines of a connection to a recording, in a thread of its own.

Asterisk disconnects a client that does not read for 100 ms (manager.c, writetimeout).  The event loop therefore only
queues lines, so a slow disk or pipe does not delay its reads.
"""

from __future__ import annotations

import contextlib
import gzip
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from faxstore.capture.recording import Line, encode
from faxstore.errors import FaxstoreError, UsageError

MAX_QUEUED_LINES = 100_000
"""The recording fails when more lines than this wait to be written."""


class Recorder:
    """Context manager that writes lines to a file, gzipped if its name ends in .gz, or to standard output for `-`.

    Only the owner of the file can read it; a file without a message is removed.  Entering it raises UsageError if the
    file exists or cannot be created.
    Leaving it waits until the last line is written; it raises FaxstoreError if a line could not be written, and
    BrokenPipeError if the reader of standard output is gone.
    """

    def __init__(self, file: str) -> None:
        self.messages = 0
        """Lines written so far, without marks."""
        self.on_failure: Callable[[], object] = lambda: None
        """Called once, from any thread, when the recording fails."""
        self._file = file
        self._created: Path | None = None
        self._failure: Exception | None = None
        self._lines: queue.Queue[Line | None] = queue.Queue(MAX_QUEUED_LINES)
        self._streams = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def __enter__(self) -> Self:
        self._out = self._open()
        self._thread.start()
        return self

    def write(self, line: Line) -> None:
        """Queue the line.  The first line that cannot be written or queued ends the recording."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            waiting = f"{MAX_QUEUED_LINES:,} messages wait to be written"
            self._fail(FaxstoreError(f"{self._file}: {waiting}: the file or pipe is too slow"))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._failure is None:
            self._lines.put(None)
        self._thread.join()
        try:
            self._streams.close()
        except OSError as late:
            self._fail(late)
        if self._created is not None and not self.messages:
            self._created.unlink(missing_ok=True)
        if kind is None and self._failure is not None:
            raise self._error(self._failure)

    def _open(self) -> IO[bytes]:
        if self._file == "-":
            return sys.stdout.buffer
        path = Path(self._file)
        try:
            if not path.exists() or path.is_file():  # a pipe or a device may exist; a file must not
                path.touch(0o600, exist_ok=False)
                self._created = path
            plain = self._streams.enter_context(path.open("wb"))
        except FileExistsError as error:
            raise UsageError(f"{path}: the file exists; choose another name") from error
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from error
        if path.suffix != ".gz":
            return plain
        return cast("IO[bytes]", self._streams.enter_context(gzip.GzipFile(fileobj=plain, mode="wb")))

    def _run(self) -> None:
        try:
            while (line := self._lines.get()) is not None and self._failure is None:
                self._out.write(encode(line).encode() + b"\n")
                self._out.flush()
                self.messages += line.dir != "mark"
        except OSError as error:
            self._fail(error)

    def _fail(self, failure: Exception) -> None:
        if self._failure is None:
            self._failure = failure
            self.on_failure()

    def _error(self, failure: Exception) -> Exception:
        if not isinstance(failure, OSError) or isinstance(failure, BrokenPipeError):
            return failure
        return FaxstoreError(f"{self._file}: {failure.strerror or failure}")
