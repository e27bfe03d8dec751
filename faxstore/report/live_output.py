"""Prints what is going on until a signal ends it: on the whole screen of a terminal, or as lines into a pipe."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live

from faxstore.counted import counted
from faxstore.errors import UnreachableError
from faxstore.logs import print_message
from faxstore.report.live import Look
from faxstore.report.live_screen import LiveScreen
from faxstore.report.live_text import ended_line, live_line
from faxstore.system.interruption import held
from faxstore.system.keys import pressed_keys

Looks = Iterator[Look | UnreachableError]

CHANGES = ("page", "last_data_rate", "bad_lines", "page_bad_lines")
"""Columns of a fax in progress that a pipe has a line about each change of."""


def show_screen(found: Looks, console: Console) -> None:
    """Show each look on the whole terminal, which gets its former contents and settings back at the end."""
    shown, first = LiveScreen(), next(found)  # which raises an error while there is no screen yet
    live = Live(console=console, screen=True, auto_refresh=False)

    def show(one: Look | UnreachableError) -> None:
        shown.show(one)
        live.update(Group(*shown.lines(console.width, console.height)), refresh=True)

    with pressed_keys(_stop_at_q):
        try:
            with held():
                live.start()
            show(first)
            for one in found:
                show(one)
        finally:
            with held():
                live.stop()


def _stop_at_q(key: bytes) -> None:
    if key in (b"q", b"Q"):
        os.kill(os.getpid(), signal.SIGINT)


def print_changes(found: Looks) -> None:
    """Print a line when a fax begins, changes or has ended."""
    changes, is_down = Changes(), None
    for one in found:
        if isinstance(one, UnreachableError):
            if not is_down:
                print_message(f"database: connection lost ({one}); retrying")
            is_down = True
            continue
        if is_down is not False:
            state = counted(len(one.live), "faxes") if one.live else "no fax"
            print_message("database: connected again" if is_down else f"{state} in progress")
            is_down = False
        for line in changes.lines(one):
            print(line, flush=True)


class Changes:
    """What looks show that the ones before did not."""

    def __init__(self) -> None:
        self._last: dict[object, tuple[object, ...]] = {}

    def lines(self, look: Look) -> Iterator[str]:
        """Yield a line for each fax in progress that is new or has changed, and for each that has ended."""
        for row in look.ended:
            yield f"{row['ended_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S}  {ended_line(row)}"
        now = {row["session_id"]: tuple(row[name] for name in CHANGES) for row in look.live}
        for row in look.live:
            if self._last.get(row["session_id"]) != now[row["session_id"]]:
                yield f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}  {live_line(row)}"
        self._last = now
