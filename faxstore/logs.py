"""What faxstore says on standard error: one record, one line, as text or as JSON, whatever text came from the wire."""

from __future__ import annotations

import json
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum

from faxstore.visible import visible, visible_json

log = logging.getLogger("faxstore")


class LogFormat(StrEnum):
    """How records come out."""

    TEXT = "text"
    JSON = "json"


ABOUT: ContextVar[str | None] = ContextVar("ABOUT", default=None)
"""The server that records are about: a collector sets it once, and all that runs for that server has it."""


class TextFormatter(logging.Formatter):
    """``2026-11-25 10:00:00,123 WARNING pbx1: connection lost: ...``, local time; a traceback on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        message, server = record.getMessage(), _server(record)
        if server is not None and not message.startswith(f"{server}: "):
            message = f"{server}: {message}"
        parts = [message, *_traceback(self, record).splitlines()]
        return visible(f"{self.formatTime(record)} {record.levelname} {' | '.join(parts)}")


class JsonFormatter(logging.Formatter):
    """One object: ts (ISO 8601, UTC), level, logger, message; server and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "server": _server(record),
            "exception": _traceback(self, record) or None,
        }
        return visible_json(json.dumps({name: _utf8(value) for name, value in told.items() if value is not None}))


class MessageFormatter(logging.Formatter):
    """``faxstore: ...``: to whoever sits at a terminal; only a fault of ours may take more than a line."""

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"faxstore: {record.getMessage()}", *_traceback(self, record).splitlines()]
        return "\n".join(map(visible, lines))


class _Stderr(logging.Handler):
    """Standard error, whichever it is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


_LOG, _MESSAGES = _Stderr(), _Stderr()
_MESSAGES.setFormatter(MessageFormatter())


def to_stderr(form: LogFormat, *, service: bool = False) -> None:
    """From now on records and messages are written so.

    A service is a command that runs for long: its records are those of INFO too, each with its time, and
    faults of its threads are among them.  Those of any other command are warnings, and look like its messages.
    """
    as_json = form is LogFormat.JSON
    _MESSAGES.setFormatter(JsonFormatter() if as_json else MessageFormatter())
    _LOG.setFormatter(JsonFormatter() if as_json else TextFormatter() if service else MessageFormatter())
    root = logging.getLogger()
    root.addHandler(_LOG)
    root.setLevel(logging.INFO if service else logging.WARNING)
    logging.getLogger("panoramisk").setLevel(logging.WARNING)  # its other levels tell passwords
    if service and threading.excepthook is threading.__excepthook__:  # else somebody looks after them already
        threading.excepthook = _fault_of_thread


def say(line: str, level: int = logging.INFO) -> None:
    """A message to the user: on standard error, so that it never mixes with data."""
    _MESSAGES.handle(log.makeRecord(log.name, level, "", 0, line, (), None))


def _fault_of_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        name = args.thread.name if args.thread else "?"
        log.critical("the thread %s has ended by a fault; please report it", name, exc_info=args.exc_value)


def _server(record: logging.LogRecord) -> str | None:
    """The one that the record names itself (``extra={"server": ...}``), else the one that is being watched."""
    named: str | None = getattr(record, "server", None)
    return named or ABOUT.get()


def _utf8(text: str) -> str:
    """JSON's readers take no half characters, which a file name may hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""
