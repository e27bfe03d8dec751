"""`faxstore show`: everything about one fax."""

from __future__ import annotations

from typing import Annotated

import typer

from faxstore.commands.context import database_of
from faxstore.commands.options import DocumentFormat, Wide


def run(
    context: typer.Context,
    session: Annotated[
        str,
        typer.Argument(metavar="SESSION", help="The session_id, or an unambiguous prefix of it.", show_default=False),
    ],
    format: Annotated[DocumentFormat, typer.Option(help="The format of the output.")] = DocumentFormat.TABLE,
    wide: Wide = False,
) -> None:
    """Show one fax session: its totals, its timeline, its pages, and the evidence.

    The timeline has one line per change of state, page, rate, error correction or transport, with the pages and bad
    lines since the previous change. The evidence lists the observations behind the totals and how the end was observed.

    Examples:
      faxstore show 5f1c
      faxstore show 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11 --format json
    """
    from faxstore.report.one_session import show
    from faxstore.report.screen import open_pager
    from faxstore.store.short_ids import require_short_id

    require_short_id(session, "show")
    with database_of(context, "fax_reader") as connection, open_pager(wide=wide) as screen:
        show(connection, session, screen, as_json=format is DocumentFormat.JSON)
