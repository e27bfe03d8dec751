"""Imports files with the faxes of other systems: `faxstore import --format`, except for recordings."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from faxstore.commands.context import database_of
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.reported.fax import Rejected
    from faxstore.reported.importing import Origin, Summary
    from faxstore.store.database import Connection


def run(
    context: typer.Context,
    files: Sequence[str],
    format: str,
    server: str | None,
    time_zone: str | None,
    without_login: bool,
) -> None:
    """Import the files, each as a whole or not at all.  Raises UsageError before anything connects, or typer.Exit."""
    from faxstore.reported.importing import Summary

    origin, total, failed = _origin(format, server, time_zone, without_login), Summary(), False
    with database_of(context, "fax_ingest") as connection:
        for file in files:
            try:
                total.add(_import(connection, file, origin))
            except UsageError as error:  # the other files can be imported nevertheless
                print_message(str(error), logging.ERROR)
                failed = True
    print_message(_report(total))
    if failed:
        raise typer.Exit(UsageError.exit_status)


def _origin(format: str, server: str | None, time_zone: str | None, without_login: bool) -> Origin:
    """Return where the files are from.  Raises UsageError for an option that lacks or does not fit the format."""
    from faxstore.reported.importing import LOCAL, Origin
    from faxstore.settings.server_names import name_problem

    if without_login:
        raise UsageError(f"--without-login: is for recordings, not for {format}: remove it")
    if server is None:
        raise UsageError(f"--format {format}: name the other system with --server NAME")
    if problem := name_problem(server):
        raise UsageError(f"--server {problem}")
    if time_zone is None and format in LOCAL:
        raise UsageError(f"--format {format}: its times are local: name their zone with --time-zone ZONE")
    return Origin(format, server, time_zone or "UTC")


def _import(connection: Connection, file: str, origin: Origin) -> Summary:
    from faxstore.reported.importing import import_file

    def reject(found: Rejected) -> None:
        print_message(f"{visible(file)}: line {found.line} is not imported: {found.reason}", logging.WARNING)

    with counting(visible(file), "faxes") as count:
        return import_file(connection, file, origin, reject, count)


def _report(total: Summary) -> str:
    """Return the counts on one line; those of what did not occur are left out."""
    known = total.faxes - total.new - total.observed
    others = ", ".join(f"{count:,} {kind}" for kind, count in sorted(total.others.items()))
    parts = [
        f"{counted(total.faxes, 'faxes')} read, {total.new:,} new",
        f"{known:,} imported before" if known else "",
        f"{total.observed:,} observed by faxstore" if total.observed else "",
        f"no faxes: {others}" if others else "",
        f"{counted(total.rejected, 'lines')} rejected" if total.rejected else "",
    ]
    return ", ".join(filter(None, parts))
