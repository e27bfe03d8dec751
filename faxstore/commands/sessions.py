"""`faxstore sessions`: one line a fax."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.rows import moment
from faxstore.report.formats import Format


class Direction(StrEnum):
    """fax.sessions.direction."""

    SENT = "sent"
    RECEIVED = "received"
    GATEWAY = "gateway"
    DETECTOR = "detector"


class Result(StrEnum):
    """fax.sessions.result."""

    SUCCESS = "success"
    FAILED = "failed"
    UNKNOWN = "unknown"


def run(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only sessions that started at that moment or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only sessions that started before that moment.")
    ] = None,
    server: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only sessions of this server; may be repeated.")
    ] = None,
    direction: Annotated[
        list[Direction] | None, typer.Option(help="Only sessions of this direction; may be repeated.")
    ] = None,
    result: Annotated[list[Result] | None, typer.Option(help="Only sessions that ended so; may be repeated.")] = None,
    format: Annotated[Format, typer.Option(help="How the rows come out.")] = Format.TABLE,
) -> None:
    """List fax sessions, the oldest first.

    All that fit are listed: there is no hidden limit. TIME is a date or time, 2026-11-01 or 2026-11-01T08:00+01:00
    (UTC where it says no zone), or a time ago: 30m, 24h, 7d. Times come out in UTC. What is not known, or could
    not be measured (bad lines of a sender, say), is empty, never zero. The table shows the columns that matter most;
    the other formats hold every column of the view fax.sessions, see docs/reference/views.md.

    The files hold names and station ids as they were sent, and those are the other side's choice: open a CSV file in
    a spreadsheet with these columns as text, or it takes one that begins with =, +, - or @ for a formula. For files
    that can be kept, in other zones, with units in their columns' names or safe for a spreadsheet: faxstore export.

    Examples:
      faxstore sessions --since 24h
      faxstore sessions --since 2026-11-01 --until 2026-12-01 --result failed
      faxstore sessions --since 2026-11-01T00:00+01:00 --format csv > november.csv
    """
    from faxstore.export.selection import Selection
    from faxstore.report.session_list import sessions
    from faxstore.store.database import open_dsn
    from faxstore.store.migrate import require_current

    first, last = moment(since, "--since"), moment(until, "--until")
    with open_dsn(settings_of(context)) as dsn:
        require_current(dsn)
        sessions(dsn, Selection(first, last, "UTC", server or (), direction or (), result or ()), format)
