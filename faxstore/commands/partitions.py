"""`faxstore partitions`: months of the history go to Parquet files, leave the database, and come back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import database_of
from faxstore.commands.general import add_command, new_group
from faxstore.commands.options import ArchiveFolder, DocumentFormat
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.store.database import Connection


def about() -> None:
    """Move months of the history to Parquet files and back.

    A month goes in two steps. archive writes its rows to files and leaves them in the database. drop deletes them from
    the database. Totals, usage, charges, exports of sessions and billing remain as they were, and so does every proof.
    restore puts the same rows back. docs/how-to/archive.md describes when to do which.

    Examples:
      faxstore partitions list
      faxstore partitions archive --until 2025-12 --folder /srv/fax-archive
      faxstore partitions drop --before 2025-12 --checkpoint /mnt/elsewhere/checkpoint
      faxstore partitions restore 2025-11
    """


def show(
    context: typer.Context,
    format: Annotated[DocumentFormat, typer.Option(help="The format of the output.")] = DocumentFormat.TABLE,
) -> None:
    """List the months with their rows, sessions and bytes, and where the rows are.

    rows: not packed yet. packs: in the database. archived: in the database and in files. outdated: changed since it was
    archived. dropped: in files only; late rows are those that arrived since. Reads every pack.

    Examples:
      faxstore partitions list
    """
    from faxstore.archive.months import every_month
    from faxstore.report.months import print_months

    with database_of(context, "fax_reader") as connection:
        print_months(every_month(connection), sys.stdout, as_json=format is DocumentFormat.JSON)


def archive(
    context: typer.Context,
    until: Annotated[str, typer.Option(metavar="MONTH", help="The last month to archive, for example 2025-12.")],
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The archive. Default: that of the last archived month.", show_default=False),
    ] = None,
) -> None:
    """Write the rows of whole past months to files, one per month and server, and leave them in the database.

    Each file is read back, and the leaf hash of every row is computed from it and compared with the log. Months that
    are archived already are skipped, unless an erasure or late rows have changed them. All rows of a month must be
    packed and sealed, and its sessions must have totals: faxstore compact and faxstore seal do that. A run that is
    killed leaves a month as it was. This command needs the role fax_owner.

    Examples:
      faxstore partitions archive --until 2025-12 --folder /srv/fax-archive
    """
    from faxstore.archive.extra import require_pyarrow
    from faxstore.archive.layout import month_name, parse_month

    last = parse_month(until, "--until")
    require_pyarrow("faxstore partitions archive")
    from faxstore.archive import archiving

    with _owned(context) as connection:
        place = _archive_folder(connection, folder)
        months = list(archiving.due(connection, last))
        for month in months:
            with counting(f"archiving {month_name(month)}", "rows") as count:
                files = archiving.archive(connection, month, place, count)
            rows, size = counted(sum(file.rows for file in files), "rows"), sum(file.bytes for file in files)
            where = f"{counted(len(files), 'files')}, {counted(size, 'bytes')}"
            print_message(f"archived {month_name(month)}: {rows} in {where}")
    if not months:
        print_message(f"nothing to archive up to {month_name(last)}")


def drop(
    context: typer.Context,
    before: Annotated[str, typer.Option(metavar="MONTH", help="Drop the months before this one, for example 2026-01.")],
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A published checkpoint (faxstore seal --publish) that covers the rows."),
    ] = None,
    folder: ArchiveFolder = None,
    force: Annotated[bool, typer.Option("--force", help="Drop months without a published checkpoint.")] = False,
) -> None:
    """Delete the rows of archived months from the database.

    The files are read and compared with the log once more. Refused are months that are not archived, and without
    --force those that no published checkpoint covers. fax.month_change records what was dropped. The space is free once
    PostgreSQL has vacuumed it, which this command does if no reader needs the rows. This command needs the role
    fax_owner.

    Examples:
      faxstore partitions drop --before 2025-12 --checkpoint /mnt/elsewhere/checkpoint
    """
    from faxstore.archive.extra import require_pyarrow
    from faxstore.archive.layout import month_name, parse_month

    end = parse_month(before, "--before")
    if (checkpoint is None) != force:
        raise UsageError("partitions drop: give --checkpoint FILE with a published checkpoint, or else --force")
    require_pyarrow("faxstore partitions drop")
    from faxstore.archive import dropping

    rule = f"faxstore partitions drop --before {month_name(end)}{' --force' * force}"
    with _owned(context) as connection:
        published = dropping.published_size(connection, checkpoint) if checkpoint else None
        months = dropping.due(connection, end)
        for month in months:
            rows = dropping.drop(connection, month, folder, published, rule)
            print_message(f"dropped {month_name(month)}: only its files have its {counted(rows, 'rows')} now")
    if not months:
        print_message(f"nothing to drop before {month_name(end)}")


def restore(
    context: typer.Context,
    month: Annotated[str, typer.Argument(metavar="MONTH", help="The month, for example 2025-12.", show_default=False)],
    folder: ArchiveFolder = None,
) -> None:
    """Put the rows of a dropped month back into the database, identical, from its files.

    Every row is compared with the log. The files remain. This command needs the role fax_owner.

    Examples:
      faxstore partitions restore 2025-12
    """
    from faxstore.archive.extra import require_pyarrow
    from faxstore.archive.layout import month_name, parse_month

    wanted = parse_month(month, "restore")
    require_pyarrow("faxstore partitions restore")
    from faxstore.archive import restoring

    with _owned(context) as connection, counting("restoring", "rows") as count:
        rows = restoring.restore(connection, wanted, folder, count)
    print_message(f"restored {month_name(wanted)}: {counted(rows, 'rows')}")


@contextmanager
def _owned(context: typer.Context) -> Iterator[Connection]:
    """Open the database as a user who may change months."""
    from faxstore.archive.months import require_owner
    from faxstore.store.distribution import refuse_distributed

    with database_of(context, "fax_owner") as connection:
        refuse_distributed(connection, "faxstore partitions archive, drop and restore")
        require_owner(connection)
        yield connection


def _archive_folder(connection: Connection, folder: Path | None) -> Path:
    """Return the folder of the option, or else that of the last file.  Raises UsageError without one."""
    from faxstore.archive.months import last_folder

    if (place := folder or last_folder(connection)) is None:
        raise UsageError("partitions archive: name the folder of the archive with --folder DIR")
    if place.exists() and not place.is_dir():
        raise UsageError(f"--folder {visible(str(place))} is not a folder")
    return place.resolve()


app = new_group(about)
add_command(app, "list", show)
add_command(app, "archive", archive)
add_command(app, "drop", drop)
add_command(app, "restore", restore)
