"""`faxstore follow`: every fax as it ends, and its corrections."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import options
from faxstore.commands.context import settings_of
from faxstore.follow.lines import FollowFormat, renderer
from faxstore.follow.position import parse
from faxstore.logs import print_message
from faxstore.system import interruption

if TYPE_CHECKING:
    from faxstore.follow.follower import Follower

After = Annotated[
    str | None,
    typer.Option(
        metavar="POSITION",
        help="Begin after this position, that of the last line that was processed; 0 for the whole history."
        " Default: the end of the history.",
        show_default=False,
    ),
]


def run(
    context: typer.Context,
    after: After = None,
    server: options.Servers = None,
    format: Annotated[FollowFormat, typer.Option(help="The format of the lines.")] = FollowFormat.JSONL,
) -> None:
    """Print every fax as it ends, and its corrections, until it is stopped.

    One line per fax that ended, and one per correction: later rows changed what a line said. A correction has the same
    session_id and a higher revision, and replaces the line before it. Each line has its position. A reader that stores
    the position of the last line that it processed, and gives it to --after, gets every line exactly once.

    The database notifies the command when a fax ends; a correction may take a second. Through a connection pooler, and
    from a standby, it reads every 0.5 s instead. It connects again when the database is lost.

    Examples:
      faxstore follow
      faxstore follow --after 4711 --server pbx1
      faxstore follow --after 0 --format cloudevents
    """
    from faxstore.follow.follower import Follower
    from faxstore.store.database import open_dsn

    begin = None if after is None else parse(after)
    with open_dsn(settings_of(context)) as dsn:
        _print(Follower(dsn, begin, server or ()), format)


def _print(follower: Follower, format: FollowFormat) -> None:
    render, out = renderer(format), sys.stdout.buffer
    with interruption.until_signal():
        for lines in follower.lines():
            out.writelines(map(render, lines))
            out.flush()
    print_message("stopped")
