"""Capture lines into a file, by a thread of its own: a slow disk or pipe must not keep a server waiting.

Asterisk drops a client that does not read for 100 ms (manager.c, writetimeout), so the connection only queues
what it heard.
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

MOST_WAITING = 100_000
"""Lines that may wait to be written before the recording is given up."""


class Recorder:
    """Writes lines to a file, gzipped when its name ends in .gz, or to standard output for `-`.

    Leaving it waits for the last line.  Raises UsageError for a file that is there already or cannot be made;
    on leaving, FaxstoreError where a line could not be written, and BrokenPipeError where the reader of standard
    output has left.
    """

    def __init__(self, file: str) -> None:
        self.messages = 0
        self.on_failure: Callable[[], object] = lambda: None
        self._file = file
        self._failure: Exception | None = None
        self._lines: queue.Queue[Line | None] = queue.Queue(MOST_WAITING)
        self._streams = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def __enter__(self) -> Self:
        self._out = self._opened()
        self._thread.start()
        return self

    def write(self, line: Line) -> None:
        """Queues the line; the first one that cannot be written ends the recording."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._fail(FaxstoreError(f"{self._file}: {MOST_WAITING:,} messages wait to be written; it is too slow"))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._failure is None:
            self._lines.put(None)
        self._thread.join()
        try:
            self._streams.close()
        except OSError as late:
            self._fail(late)
        if kind is None and self._failure is not None:
            raise self._told(self._failure)

    def _opened(self) -> IO[bytes]:
        if self._file == "-":
            return sys.stdout.buffer
        path = Path(self._file)
        try:
            # A pipe or a device may be there already; a file must not.
            plain = self._streams.enter_context(path.open("wb" if path.exists() and not path.is_file() else "xb"))
        except FileExistsError as error:
            raise UsageError(f"{path}: there is such a file already; choose another name") from error
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

    def _told(self, failure: Exception) -> Exception:
        if not isinstance(failure, OSError) or isinstance(failure, BrokenPipeError):
            return failure
        return FaxstoreError(f"{self._file}: {failure.strerror or failure}")
