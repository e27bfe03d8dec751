"""`faxstore import`: appends recordings to the history, and stores the faxes that other systems reported."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands import reported_files
from faxstore.commands.context import database_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.ingest.importer import Summary
    from faxstore.store.database import Connection


Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE", help="Files of --format, gzipped or not; - is standard input.", show_default=False),
]
Server = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The server of the files; names are those that the settings allow. Default, of recordings only: the"
        " SystemName that the server reported, else the name of the file up to its first dot.",
    ),
]


WithoutLogin = Annotated[
    bool,
    typer.Option(
        "--without-login",
        help="Accept a file that begins after the login although what precedes it was not imported, because that no"
        " longer exists. If you import it later after all, its faxes count twice.",
    ),
]


ImportFormat = StrEnum("ImportFormat", "RECORDING XFERFAXLOG V_FAX_LOGS CDR")
"""The formats of files."""

Format = Annotated[
    ImportFormat,
    typer.Option(
        help="The format of the files: recordings, or the faxes of another system from HylaFAX's xferfaxlog,"
        " FusionPBX's table v_fax_logs (CSV with a header), or Asterisk's CDR (CSV)."
    ),
]
TimeZone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        help="The time zone of the times in the files, for example Europe/Berlin; needed for xferfaxlog and cdr.",
        show_default=False,
    ),
]


def run(
    context: typer.Context,
    files: Files,
    format: Format = ImportFormat.RECORDING,
    server: Server = None,
    time_zone: TimeZone = None,
    without_login: WithoutLogin = False,
) -> None:
    """Append recordings to the history, or store the faxes that other systems reported.

    A recording is a file of faxstore record: one JSON object per line, {"ts": seconds, "dir": "in", "text": "one AMI
    message"}. It yields the same rows as watching the server would have. You can import a recording again, in
    overlapping pieces, or after an interruption: known rows are counted as repeats and are not appended twice.

    Several files are imported in the order of their first lines. A file that begins after the login is a piece: it
    must overlap what was imported of its recording, or begin where that ends. Otherwise it is rejected, and nothing of
    it is appended: import the piece before it first, then the rejected one again. The other files are imported.

    With another --format, the faxes of another system appear in usage and jobs, marked as reported; they are never
    billed. A repeated import adds nothing, and a log that has grown adds its new lines: docs/how-to/other-systems.md.

    Examples:
      faxstore import pbx1.jsonl.gz
      faxstore import --server pbx1 monday.jsonl.gz tuesday.jsonl.gz
      faxstore import --format xferfaxlog --server hylafax --time-zone Europe/Berlin xferfaxlog
    """
    if format is not ImportFormat.RECORDING:
        reported_files.run(context, files, format.value, server, time_zone, without_login)
        return
    if time_zone is not None:
        raise UsageError("--time-zone: recordings have no local times: remove it")
    _recordings(context, files, server, without_login)


def _recordings(context: typer.Context, files: Files, server: str | None, without_login: bool) -> None:
    from faxstore.capture.recording import begins_at
    from faxstore.ingest.importer import Summary
    from faxstore.settings.server_names import name_problem

    if server is not None and (problem := name_problem(server)):
        raise UsageError(f"--server {problem}")
    total, failed = Summary(), False
    with database_of(context, "fax_ingest") as connection:
        for file in sorted(files, key=begins_at) if len(files) > 1 else files:
            summary, error = _import(connection, file, server, without_login)
            total.add(summary)
            if error is not None:  # the other files can be imported nevertheless
                print_message(str(error))
                failed = True
    known = f", {counted(total.known, 'lines')} skipped that were imported before" if total.known else ""
    unfinished = f", {total.unfinished:,} left for the next piece of the recording" if total.unfinished else ""
    print_message(
        f"{counted(total.messages, 'messages')} read, {counted(total.observations, 'observations')},"
        f" {counted(total.rows, 'new rows')}, {counted(total.repeats, 'repeats')}, {total.rejected:,} rejected"
        f"{known}{unfinished}"
    )
    if failed:
        raise typer.Exit(UsageError.exit_status)


def _import(
    connection: Connection, file: str, server: str | None, without_login: bool
) -> tuple[Summary, UsageError | None]:
    """Import one file; return what was read of it, and the error that stopped it."""
    from faxstore.ingest.importer import Summary, import_file

    read = Summary()
    with counting(visible(file), "messages") as count:

        def progress(summary: Summary) -> None:
            nonlocal read
            read = summary
            count(summary.messages)

        try:
            read = import_file(connection, file, server, progress, without_login=without_login)
        except UsageError as error:
            return read, error
    return read, None
