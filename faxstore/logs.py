"""Standard error: the log of a service, and the messages of all other commands.

Each record is one line, as text or as JSON; text from the wire can neither break the line nor control a terminal.  Data
go to standard output and never pass through here.

No record quotes a message of a call, because nobody can erase a number from a log.  The text of an exception may quote
one, so a traceback shows the class of an exception and not its text, except for errors of the operating system.
"""

from __future__ import annotations

import fcntl
import json
import logging
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from typing import IO

from faxstore.system import interruption
from faxstore.visible import visible, visible_json

log = logging.getLogger("faxstore")


class LogFormat(StrEnum):
    """The formats of messages and of the log."""

    TEXT = "text"
    JSON = "json"


CURRENT_SERVER: ContextVar[str | None] = ContextVar("CURRENT_SERVER", default=None)
"""The name of the server that records are about.  A collector sets it for everything that runs in its context."""


class TextFormatter(logging.Formatter):
    """``2026-11-25 10:00:00,123 WARNING pbx1: connection lost: ...`` in local time; a traceback is on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        message, server = record.getMessage(), _server(record)
        if server is None and _workers.name is not None:
            message = f"{_workers.name}: {message}"
        elif server is not None and not message.startswith(f"{server}: "):
            message = f"{server}: {message}"
        parts = [message, *_traceback(record).splitlines()]
        return visible(f"{self.formatTime(record)} {record.levelname} {' | '.join(parts)}")


class JsonFormatter(logging.Formatter):
    """An object with ts (ISO 8601, UTC), level, logger and message; worker, server and exception if there are any."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "worker": _workers.name,
            "server": _server(record),
            "exception": _traceback(record) or None,
        }
        return visible_json(json.dumps({name: _utf8(value) for name, value in fields.items() if value is not None}))


class MessageFormatter(logging.Formatter):
    """``faxstore: ...`` for a person at a terminal; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"faxstore: {record.getMessage()}", *_traceback(record).splitlines()]
        return "\n".join(map(visible, lines))


class _Workers:
    """The processes that share standard error.  They take turns, because a long line is several writes."""

    def __init__(self) -> None:
        self.name: str | None = None
        """The name of this process among them, such as `worker 2`."""
        self._file: IO[bytes] | None = None

    def prepare(self) -> None:
        """Let this process, and those that it forks from now on, take turns."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other process writes.  The system ends the turn of a process that dies."""
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


_workers = _Workers()


class _Stderr(logging.Handler):
    """Writes to the current sys.stderr, which tests replace."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("psycopg") and (interruption.received() or record.msg.startswith("error ignored")):
            return  # a connection that is closed in the middle of a query, or an error that follows the one raised
        try:
            line = self.format(record)
            with _workers.turn():
                print(line, file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


_LOG, _MESSAGES = _Stderr(), _Stderr()
_MESSAGES.setFormatter(MessageFormatter())


def configure(log_format: LogFormat, *, service: bool = False) -> None:
    """Set the format of messages and of the log.

    A service is a command that runs until it is stopped.  It logs from INFO on, with times, and logs exceptions of its
    threads.  Any other command logs from WARNING on, in the form of its messages.
    """
    as_json = log_format is LogFormat.JSON
    _MESSAGES.setFormatter(JsonFormatter() if as_json else MessageFormatter())
    _LOG.setFormatter(JsonFormatter() if as_json else TextFormatter() if service else MessageFormatter())
    root = logging.getLogger()
    root.addHandler(_LOG)
    root.setLevel(logging.INFO if service else logging.WARNING)
    logging.getLogger("panoramisk").setLevel(logging.WARNING)  # it logs passwords at lower levels
    if service and threading.excepthook is threading.__excepthook__:  # pytest has its own
        threading.excepthook = _log_thread_exception


def share_stderr() -> None:
    """Let this process and the workers that it forks from now on write whole lines only."""
    _workers.prepare()


def name_worker(number: int) -> None:
    """Name this worker in each record that is not about a server."""
    _workers.name = f"worker {number}"


def print_message(line: str, level: int = logging.INFO) -> None:
    """Print a message for the user on standard error."""
    _MESSAGES.handle(log.makeRecord(log.name, level, "", 0, line, (), None))


def _log_thread_exception(args: threading.ExceptHookArgs) -> None:
    name = args.thread.name if args.thread else "?"
    log.critical("internal error in thread %s, please report it", name, exc_info=args.exc_value)


def _server(record: logging.LogRecord) -> str | None:
    """The server of the record itself (``extra={"server": ...}``), else that of the context."""
    of_record: str | None = getattr(record, "server", None)
    return of_record or CURRENT_SERVER.get()


def _utf8(text: str) -> str:
    """The text with lone surrogates escaped: file names may contain them, JSON parsers reject them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _traceback(record: logging.LogRecord) -> str:
    """Return the traceback of a record's exception, after that of its cause; empty if it has no exception."""
    error = record.exc_info[1] if record.exc_info else None
    return "\n".join(_described(error)) if error is not None else ""


def _described(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _described(before)
        yield "While this exception was handled, another one occurred:"
    yield "Traceback (most recent call last):"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    name = type(error).__qualname__
    yield f"{name}: {error}" if isinstance(error, OSError) else name
    for member in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _described(member)
