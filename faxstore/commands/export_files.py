"""What the commands of `faxstore export` share: the rows of a data set go into files, and a message says how many."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from faxstore.commands.context import database_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.export.target import Target
from faxstore.logs import print_message
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.export.datasets import Dataset
    from faxstore.export.selection import Resolve, Selection


def write_export(
    context: typer.Context,
    what: str,
    dataset: Callable[[Selection], Dataset],
    target: Target,
    selection: Selection,
    resolve: Resolve | None = None,
    *,
    of_rows: bool = False,
) -> None:
    """Write the rows of a selection, whose period need not be absolute; `what` names the rows in messages.

    `of_rows` is true of data sets that show rows of the history, which dropped months lack.

    Raises UsageError for a filter by a server or account that is not on record, before anything is written.
    """
    from faxstore.commands.absent_months import absent
    from faxstore.export.run import run
    from faxstore.store import period

    target.check()
    with database_of(context, "fax_reader") as connection, counting("exporting", what) as count:
        selected = selection.checked(connection, resolve or period.resolve)
        written = run(connection, dataset(selected), selected.period.time_zone, target, count)
        lacking = absent(connection, selected.period, of_rows=of_rows)
    if (place := target.output or target.folder) is not None:
        print_message(f"wrote {counted(written.rows, what)} to {visible(str(place))}")
    for line in lacking:
        print_message(f"not exported, because {line}")
    if written.left_out:
        print_message(f"{counted(written.left_out, 'sessions')} left out of the xferfaxlog: neither sent nor received")
