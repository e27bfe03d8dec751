"""What commands share: the global options, the settings, and where messages go."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from faxstore import logs

if TYPE_CHECKING:
    from faxstore.settings.loading import ServerSettings, Settings


@dataclass(frozen=True)
class GlobalOptions:
    """The options that stand before the command."""

    config: Path | None = None
    dsn: str | None = None
    data_dir: Path | None = None
    log_format: logs.LogFormat | None = None


def settings_of(context: typer.Context, *, service: bool = False) -> Settings:
    """The settings of this run, their warnings told; a service is a command that logs.  Raises UsageError."""
    from faxstore.settings import loading as settings

    options = cast("GlobalOptions", context.obj)
    loaded = settings.load(options.config, os.environ, dsn=options.dsn, data_dir=options.data_dir)
    logs.to_stderr(options.log_format or loaded.log_format, service=service)
    for warning in loaded.warnings:
        logs.say(f"warning: {warning}", logging.WARNING)
    return loaded


def servers_of(settings: Settings, names: list[str] | None) -> tuple[ServerSettings, ...]:
    """The servers of those names, else all.  Raises UsageError for a name that is not set."""
    from faxstore.errors import UsageError
    from faxstore.settings.loading import require_servers

    servers = require_servers(settings)
    known = [server.name for server in servers]
    for name in names or ():
        if name not in known:
            raise UsageError(f"--server {name}: there is no such server; set are {', '.join(known)}")
    return tuple(server for server in servers if not names or server.name in names)
