"""What the demo prints at its end: the output of `faxstore sessions` and `faxstore show`, and what to try next."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from rich.console import Console

from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.export.selection import Selection
from faxstore.report.formats import Style
from faxstore.report.listing import SHORT_ID
from faxstore.report.one_session import show
from faxstore.report.screen import open_screen
from faxstore.report.session_list import sessions
from faxstore.store.database import Connection

_WIDTH_WITHOUT_TERMINAL = 100

_NOISY = "select session_id from fax.sessions where bad_lines > 0 order by bad_lines, session_id limit 1"
_TOTALS = """
select (select count(*) from fax.session_history), count(*), count(distinct server),
       count(*) filter (where result = 'success'), count(*) filter (where result = 'failed'),
       count(*) filter (where result = 'unknown')
from fax.sessions
"""
_QUERIES = (
    ("how faxes ended", "select server, result, count(*), sum(pages) from fax.sessions group by 1, 2 order by 1, 2;"),
    (
        "pages with bad lines",
        "select server, page, bad_lines, quality from fax.session_pages where bad_lines > 0 order by session_id, page;",
    ),
    ("when a server was not watched", "select server, began_at, ended_at, reason from fax.coverage_gaps;"),
    ("what each column means", r"\d+ fax.sessions"),
)


def print_summary(connection: Connection, folder: Path, config: Path) -> None:
    """Print all sessions, one with bad lines in full, and queries to try.

    Raises FaxstoreError if no fax has bad lines: the recordings contain some, so something failed.
    """
    out = console()
    faxstore = f"{program()} --config {shlex.quote(str(config))}"
    session = _noisy_session(connection)
    totals = _totals(connection)
    heading(out, totals)
    command(out, f"{faxstore} sessions")
    with open_screen() as screen:
        sessions(connection, Selection(), Style(), screen)
    heading(out, "One fax that was received over a noisy line: its pages, and every change that faxstore observed")
    command(out, f"{faxstore} show {session[:SHORT_ID]}")
    with open_screen() as screen:
        show(connection, session, screen)
    heading(out, "Try SQL next")
    command(out, f"{faxstore} psql")
    for what, query in _QUERIES:
        out.print(f"  [dim]-- {what}[/dim]\n  {query}", soft_wrap=True)
    out.print(f"\nThe data is in {folder}; the next demo replaces it. To remove it:", soft_wrap=True, markup=False)
    command(out, f"rm -r {shlex.quote(str(folder))}")


def _noisy_session(connection: Connection) -> str:
    row = connection.execute(_NOISY).fetchone()
    if row is None:
        contained = "although its recordings contain some"
        raise FaxstoreError(f"the demo recorded no fax with bad lines, {contained}: please report this")
    return str(row[0])


def _totals(connection: Connection) -> str:
    row = connection.execute(_TOTALS).fetchone()
    assert row is not None
    observations, faxes, servers, succeeded, failed, unknown = row
    return (
        f"faxstore recorded {counted(observations, 'observations')} of {counted(faxes, 'faxes')}"
        f" on {counted(servers, 'servers')}: {succeeded} succeeded, {failed} failed, {unknown} have an unknown result"
    )


def console() -> Console:
    """Return the console of a summary, which a pipe gets at a fixed width."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)


def heading(out: Console, title: str) -> None:
    """Print a heading."""
    out.print(f"[bold]{title}[/bold]", soft_wrap=True)


def command(out: Console, line: str) -> None:
    """Print a command, never wrapped, so that it can be copied."""
    out.print(f"$ {line}\n", soft_wrap=True, markup=False, style="cyan")


def program() -> str:
    """Return the way in which the user called faxstore."""
    name = sys.argv[0]
    return shlex.quote(name) if Path(name).name == "faxstore" else f"{shlex.quote(sys.executable)} -m faxstore"
