"""What commands run with: the settings, the database, and the file for their output."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from faxstore import logs
from faxstore.commands.general import GeneralOptions

if TYPE_CHECKING:
    from faxstore.settings.values import Settings
    from faxstore.store.database import Connection
    from faxstore.store.rights import Role


def settings_of(context: typer.Context, *, service: bool = False) -> Settings:
    """Load the settings and print their warnings; a service is a command that logs.  Raises UsageError."""
    from faxstore.settings import loading as settings

    options = cast("GeneralOptions", context.obj)
    loaded = settings.load(options.config, os.environ, dsn=options.dsn, data_dir=options.data_dir)
    logs.configure(options.log_format or loaded.log_format, service=service)
    for warning in loaded.warnings:
        logs.print_message(f"warning: {warning}", logging.WARNING)
    return loaded


def database_of(context: typer.Context, role: Role) -> AbstractContextManager[Connection]:
    """Open the database of the settings for a command that needs the rights of the role."""
    from faxstore.store.database import open_database

    return open_database(settings_of(context), role)


@contextmanager
def written_to(path: Path | None, force: bool) -> Iterator[None]:
    """Redirect what the block prints into the file, which gets its name when the block ends.

    Without a path, it goes to standard output.  Raises UsageError if the file exists, unless `force` replaces it.
    """
    from faxstore.export.target import check_output
    from faxstore.system.files import atomic_file

    check_output(path, force)
    if path is None:
        yield
        return
    with atomic_file(path) as stream, io.TextIOWrapper(stream, "utf-8", newline="") as out, redirect_stdout(out):
        yield
