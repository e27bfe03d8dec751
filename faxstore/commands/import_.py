"""`faxstore import`: recordings become history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import progress
from faxstore.commands.context import settings_of
from faxstore.errors import UsageError
from faxstore.logs import say
from faxstore.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress

    from faxstore.ingest.importer import Summary


def run(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Recordings, gzipped or not; - is standard input.", show_default=False),
    ],
    server: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The server that the recordings are of. Default: the SystemName that the server said,"
            " else the file's name up to its first dot.",
        ),
    ] = None,
) -> None:
    """Put recordings into the history.

    A recording is what faxstore record writes: one JSON object a line, {"ts": seconds, "dir": "in", "text": "one AMI
    message"}. It becomes the same rows as watching the server then would have made. A recording may be imported
    again, in overlapping pieces, or after an interruption: what is known already is counted as a repeat, and nothing
    is there twice.

    Examples:
      faxstore import pbx1.jsonl.gz
      faxstore import --server pbx1 monday.jsonl.gz tuesday.jsonl.gz
      ssh pbx1 cat recording.jsonl | faxstore import --server pbx1 -
    """
    from faxstore.ingest.importer import Summary, import_file
    from faxstore.store.database import connect, open_dsn
    from faxstore.store.migrate import require_current

    total, faults = Summary(), 0
    with open_dsn(settings_of(context)) as dsn:
        require_current(dsn)
        with connect(dsn) as connection, progress.bar() as bar:
            for file in files:
                told = _Progress(bar, file)
                try:
                    import_file(connection, file, server, told)
                except UsageError as error:  # the other files can be imported all the same
                    say(str(error))
                    faults += 1
                total.add(told.summary or Summary())
    say(_told(total))
    if faults:
        raise typer.Exit(UsageError.exit_status)


class _Progress:
    """What was read of one file so far, and its line of the bar."""

    def __init__(self, bar: Progress, file: str) -> None:
        self.summary: Summary | None = None
        self._bar = bar
        self._file = file
        self._task = bar.add_task(visible(file), total=None)

    def __call__(self, summary: Summary) -> None:
        self.summary = summary
        self._bar.update(self._task, description=f"{visible(self._file)}: {summary.messages:,} messages")


def _told(summary: Summary) -> str:
    text = (
        f"{summary.messages:,} messages read, {summary.observations:,} observations, {summary.rows:,} new rows,"
        f" {summary.repeats:,} repeats, {summary.rejected:,} rejected"
    )
    return text + (f", {summary.unfinished:,} left for the recording's next piece" if summary.unfinished else "")
