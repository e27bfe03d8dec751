"""`faxstore compact`: stores what is final: totals of quiet sessions, finished days, packs of rows."""

from __future__ import annotations

from typing import Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.logs import print_message


def run(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--everything", help="Include sessions that received a row in the last few minutes.")
    ] = False,
) -> None:
    """Store the totals of quiet sessions, coverage and reconciliation of finished days, and pack the rows of past days.

    A total is what the rows of a session show together: pages, bad lines, times, result. Coverage is when a server was
    polled. Reconciliation compares the sessions with the server's own counters. Reports of what is stored take a
    fraction of the time, and show the same. Two days after a day is over (the setting pack_after), the rows of each of
    its sessions become one compressed row, unchanged: the history, every view, export and proof show what they showed
    before. The space is free after the next run that follows PostgreSQL's vacuum.

    faxstore ingest does all of this by itself, totals some minutes after the last row of a session (the setting
    total_after). Run this command after an import or an upgrade, or by a timer where no ingestor runs. It is safe to
    interrupt it, to run it again, and to run it next to an ingestor.

    Examples:
      faxstore compact
      faxstore compact --everything
    """
    from faxstore.store import packs
    from faxstore.store.compaction import merge_all_rollups, write_all_days, write_all_totals
    from faxstore.store.database import open_database

    settings = settings_of(context)
    quiet_seconds = 0.0 if everything else settings.total_after
    with open_database(settings, "fax_ingest") as connection:
        with counting("compacting", "sessions") as count:
            sessions = write_all_totals(connection, quiet_seconds, count)
            merge_all_rollups(connection)
            covered, reconciled = write_all_days(connection)
        days = f"the coverage of {counted(covered, 'days')} and the reconciliation of {counted(reconciled, 'days')}"
        print_message(f"stored the totals of {counted(sessions, 'sessions')}, {days}")
        with counting("packing", "rows") as count:
            dropped = packs.drop_packed(connection)
            rows = packs.pack_all(connection, settings.pack_after, count)
        print_message(f"packed {counted(rows, 'rows')} and dropped {counted(len(dropped), 'empty partitions')}")
