"""SIGINT (Ctrl-C), SIGTERM and SIGHUP end a command as an exception, so that it cleans up after itself.

By default Python turns only SIGINT into an exception, and the other two end the process at once: temporary files, a
running query and the embedded server would be left behind.  Here the first signal raises Interrupted in the main
thread, and further ones are ignored while the command cleans up, unless that takes longer than PATIENCE.

An exception can arrive between any two steps of the program.  `held` protects steps that belong together: a signal
that arrives in between waits until they are done.  `handled_by` is for a command that a signal ends regularly.

This module imports little: `faxstore` installs the handlers before it imports anything else.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

GENERAL_OPTIONS = ("--config", "--dsn", "--data-dir", "--log-format")
"""The options with a value that may precede the name of a command (faxstore.commands.general)."""

UNTIL_STOPPED = {"follow", "ingest", "watch"}
"""The commands that a signal ends regularly."""

PATIENCE = 5.0
"""Seconds that a command may clean up; a signal after that ends the process at once."""

_PAUSE = 0.02
"""Seconds after which a signal is repeated whose exception was lost."""

_Result = TypeVar("_Result")
_Handler = Callable[[int], object]


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to stop.

    It is a KeyboardInterrupt because psycopg cancels its query, and subprocess ends its child, when they see that.
    """


_handlers: list[_Handler] = []
"""The handlers of `handled_by`, innermost last."""
_received: list[tuple[int, float]] = []
"""The first signal that interrupted the command, with its time by the monotonic clock."""


def install() -> None:
    """Handle the signals from now on, except those that this process was started to ignore (nohup)."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _handle)
    sys.unraisablehook = _handle_unraisable


def ignore() -> None:
    """Ignore the signals from now on: the exit status is decided, and the process is about to end."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def interrupt(number: int) -> None:
    """Interrupt the command as the signal does.  Raises Interrupted, unless it is cleaning up already."""
    _handle(number)


def received() -> int | None:
    """Return the number of the signal that interrupted the command, or None."""
    return _received[0][0] if _received else None


def outcome(number: int) -> tuple[int, str]:
    """Return the exit status of a command that this signal interrupted, and the line for the user.

    A command of UNTIL_STOPPED handles signals once it runs, so this one was still being started, and such a stop leaves
    nothing to complete.
    """
    if _command(sys.argv[1:]) in UNTIL_STOPPED:
        return 0, "stopped before it began"
    name = signal.Signals(number).name
    return exit_status(number), f"interrupted by {name} before the end; run it again to complete it"


def _command(arguments: Sequence[str]) -> str | None:
    """Return the name of the command, which the command line has perhaps not been parsed for yet."""
    rest = iter(arguments)
    for argument in rest:
        if argument in GENERAL_OPTIONS:
            next(rest, None)
        elif not argument.startswith("-"):
            return argument
    return None


def exit_status(number: int) -> int:
    """Return the exit status of a command that this signal ended, as a shell reports it."""
    return 128 + number


@contextmanager
def handled_by(handler: _Handler) -> Iterator[None]:
    """Call `handler` for each signal in the block, in place of interrupting it."""
    if threading.current_thread() is not threading.main_thread():  # which signals never interrupt
        yield
        return
    _handlers.append(handler)
    try:
        yield
    finally:
        _handlers.remove(handler)


class Stopped(KeyboardInterrupt):
    """A signal ended the block of `until_signal`.  psycopg cancels its query for a KeyboardInterrupt."""


@contextmanager
def until_signal() -> Iterator[None]:
    """Run a block that a signal ends regularly.  Further signals are ignored while the block cleans up."""
    signals: list[int] = []

    def stop(number: int) -> None:
        signals.append(number)
        if len(signals) == 1:
            raise Stopped

    with suppress(Stopped), handled_by(stop):
        yield


@contextmanager
def held(on_signal: _Handler = bool) -> Iterator[None]:
    """Let the block finish before a signal interrupts the command; `on_signal` may end the block sooner."""
    first: list[tuple[int, float]] = []

    def note(number: int) -> None:
        if first:
            _end_if_overdue(number, first[0][1])
        else:
            first.append((number, time.monotonic()))
            on_signal(number)

    try:
        with handled_by(note):
            yield
    finally:
        if first:
            _handle(first[0][0])


async def cancelled_by_signal(work: Awaitable[_Result]) -> _Result:
    """Await the work; a signal cancels it, and interrupts the command when its tasks have cleaned up."""
    import asyncio

    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    with held(lambda number: loop.call_soon_threadsafe(task.cancel)):
        return await work


def _handle(number: int, frame: object = None) -> None:
    if _handlers:
        _handlers[-1](number)
    elif not _received:
        _received.append((number, time.monotonic()))
        raise Interrupted
    else:
        _end_if_overdue(number, _received[0][1])


def _end_if_overdue(number: int, since: float) -> None:
    """End the process at once if it has cleaned up for longer than PATIENCE."""
    if time.monotonic() - since > PATIENCE:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _handle_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """Repeat a signal whose exception ended nothing, because it was raised in a destructor or a callback of C code.

    An object whose construction a signal interrupted may fail in its destructor, which is no news to anybody.
    """
    if not issubclass(unraisable.exc_type, Interrupted):
        if not _received:
            sys.__unraisablehook__(unraisable)
    elif _received:
        number, _ = _received.pop()
        later = threading.Timer(_PAUSE, os.kill, (os.getpid(), number))  # now it would be raised in this hook
        later.daemon = True
        later.start()
