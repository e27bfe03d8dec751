"""The settings of a run, as commands get them."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, cast

import typer

from faxstore import logs
from faxstore.commands.general import GeneralOptions

if TYPE_CHECKING:
    from faxstore.settings.values import ServerSettings, Settings


def settings_of(context: typer.Context, *, service: bool = False) -> Settings:
    """Loads the settings and prints their warnings; a service is a command that logs.  Raises UsageError."""
    from faxstore.settings import loading as settings

    options = cast("GeneralOptions", context.obj)
    loaded = settings.load(options.config, os.environ, dsn=options.dsn, data_dir=options.data_dir)
    logs.configure(options.log_format or loaded.log_format, service=service)
    for warning in loaded.warnings:
        logs.print_message(f"warning: {warning}", logging.WARNING)
    return loaded


def servers_of(settings: Settings, names: list[str] | None) -> tuple[ServerSettings, ...]:
    """The servers with these names; without names, all servers.  Raises UsageError for an unknown name."""
    from faxstore.errors import UsageError
    from faxstore.settings.loading import require_servers

    servers = require_servers(settings)
    known = [server.name for server in servers]
    for name in names or ():
        if name not in known:
            raise UsageError(f"--server {name} is not in the settings; use {' or '.join(known)}")
    return tuple(server for server in servers if not names or server.name in names)
