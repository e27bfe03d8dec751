"""What commands share: the global options, the settings, and where messages go."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

if TYPE_CHECKING:
    from faxstore.settings import ServerSettings, Settings


@dataclass(frozen=True)
class GlobalOptions:
    """The options that stand before the command."""

    config: Path | None = None
    dsn: str | None = None
    data_dir: Path | None = None


def settings_of(context: typer.Context) -> Settings:
    """The settings of this run, their warnings told.  Raises UsageError."""
    from faxstore import settings

    options = cast("GlobalOptions", context.obj)
    loaded = settings.load(options.config, os.environ, dsn=options.dsn, data_dir=options.data_dir)
    for warning in loaded.warnings:
        say(f"warning: {warning}")
    return loaded


def servers_of(settings: Settings, names: list[str] | None) -> tuple[ServerSettings, ...]:
    """The servers of those names, else all.  Raises UsageError for a name that is not set."""
    from faxstore.errors import UsageError
    from faxstore.settings import require_servers

    servers = require_servers(settings)
    known = [server.name for server in servers]
    for name in names or ():
        if name not in known:
            raise UsageError(f"--server {name}: there is no such server; set are {', '.join(known)}")
    return tuple(server for server in servers if not names or server.name in names)


def say(line: str) -> None:
    """A message to the user: on standard error, so that it never mixes with data."""
    print(f"faxstore: {line}", file=sys.stderr, flush=True)


def log_to_stderr() -> None:
    """The log of a command that runs for long; panoramisk may only warn, for its other levels tell passwords."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("panoramisk").setLevel(logging.WARNING)
