"""What the demo shows at its end: what `faxstore sessions` and `faxstore show` print, and how to ask for more."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from rich.console import Console

from faxstore.errors import FaxstoreError
from faxstore.export.selection import Selection
from faxstore.report.one_session import show as show_session
from faxstore.report.session_list import SHORT_ID, sessions
from faxstore.store.database import Connection, connect

_NARROW = 100
"""Columns where standard output is no terminal."""

_NOISY = "select session_id from fax.sessions where bad_lines > 0 order by bad_lines, session_id limit 1"

_QUESTIONS = (
    (
        "how faxes ended",
        "select server, result, count(*), sum(pages) from fax.sessions group by 1, 2 order by 1, 2;",
    ),
    ("pages with bad lines", "select server, page, bad_lines, quality from fax.session_pages where bad_lines > 0;"),
    ("what each column means", r"\d+ fax.sessions"),
)


def show(dsn: str, folder: Path, config: Path) -> None:
    """The sessions, the pages and the timeline of one with bad lines, and how to go on from here.

    Raises FaxstoreError where there is no fax with bad lines: then something went wrong on the way.
    """
    out = Console(highlight=False, width=None if sys.stdout.isatty() else _NARROW)
    command = f"{_program()} --config {shlex.quote(str(config))}"
    with connect(dsn) as connection:
        session = _noisy(connection)
    _head(out, "Every fax session, and how it ended")
    _more(out, f"{command} sessions")
    sessions(dsn, Selection())
    _head(out, "One that was received over a noisy line: its pages, and its timeline")
    _more(out, f"{command} show {session[:SHORT_ID]}")
    show_session(dsn, session)
    _head(out, "Ask more in SQL\n")
    for what, question in _QUESTIONS:
        out.print(f"  [dim]-- {what}[/dim]\n  {question}", soft_wrap=True)
    out.print()
    _more(out, f"{command} psql")
    out.print(f"The data lies in {folder}; the next demo makes it anew. To remove it:", soft_wrap=True, markup=False)
    _more(out, f"rm -r {shlex.quote(str(folder))}")


def _noisy(connection: Connection) -> str:
    row = connection.execute(_NOISY).fetchone()
    if row is None:
        raise FaxstoreError("the demo saw no fax with bad lines, though its recordings have some: please report this")
    return str(row[0])


def _head(out: Console, title: str) -> None:
    out.print(f"[bold]{title}[/bold]")


def _more(out: Console, command: str) -> None:
    # A command must stay whole for copying, so it is never wrapped.
    out.print(f"$ {command}\n", soft_wrap=True, markup=False, style="cyan")


def _program() -> str:
    """How this faxstore is called."""
    name = sys.argv[0]
    return shlex.quote(name) if Path(name).name == "faxstore" else f"{shlex.quote(sys.executable)} -m faxstore"
