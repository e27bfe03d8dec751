"""`faxstore show`: all that is known of one fax."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from faxstore.commands.context import settings_of


class ShowFormat(StrEnum):
    """The formats that can hold a whole session."""

    TABLE = "table"
    JSON = "json"


def run(
    context: typer.Context,
    session: Annotated[
        str,
        typer.Argument(
            metavar="SESSION", help="The session_id, or as much of its beginning as no other has.", show_default=False
        ),
    ],
    format: Annotated[ShowFormat, typer.Option(help="How it comes out.")] = ShowFormat.TABLE,
) -> None:
    """Show one fax session: its totals, its timeline, its pages, and the evidence.

    The timeline has one line a change: state, page, rate, error correction, transport, with the pages and bad lines
    that came with it. The evidence is which observations the totals rest on, and who saw the end.

    Examples:
      faxstore show 5f1c
      faxstore show 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --format json
    """
    from faxstore.report.one_session import show
    from faxstore.store.database import open_dsn
    from faxstore.store.migrate import require_current

    with open_dsn(settings_of(context)) as dsn:
        require_current(dsn)
        show(dsn, session, as_json=format is ShowFormat.JSON)
