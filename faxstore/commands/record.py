"""`faxstore record`: writes the AMI traffic of one server to a file."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.errors import UnreachableError, UsageError
from faxstore.logs import print_message

if TYPE_CHECKING:
    from faxstore.ami.collector import Collector
    from faxstore.capture.recorder import Recorder
    from faxstore.settings.values import ServerSettings, Settings


def run(
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The file to create, gzipped if its name ends in .gz; - is standard output."
        ),
    ] = "-",
    server: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The server to record. Required if the settings file has several."),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.1, help="Stop after this time. Default: until Ctrl-C or SIGTERM."),
    ] = None,
) -> None:
    """Record the AMI messages of a server, for support or for a later import.

    Watches one server as faxstore ingest does, but without a database. Each message, in either direction, becomes one
    line of JSON, {"ts": seconds, "dir": "in", "text": "one AMI message"}, which is written at once. The recording does
    not contain the secret of the login; it does contain numbers, names and station ids of the faxes. Only its
    owner can read the file, and an existing file is never overwritten. faxstore import reads recordings.

    It reconnects after a lost connection, and ends at once if the server refuses the first login. The exit status is 3
    if no login was accepted.

    Examples:
      faxstore record --server pbx1 --seconds 600 pbx1.jsonl.gz
      faxstore record --server pbx1 | grep FAXStatus
    """
    from faxstore.capture.recorder import Recorder

    chosen = _server(settings_of(context, service=True), server)
    with Recorder(file) as recorder:
        collector = asyncio.run(_watch(chosen, recorder, seconds))
    if not collector.was_connected:
        raise UnreachableError(_why_not_connected(chosen, collector))
    print_message(f"{recorder.messages:,} messages of {chosen.name} recorded")


def _server(settings: Settings, name: str | None) -> ServerSettings:
    """The server with that name, or the only one."""
    from faxstore.settings.loading import require_servers

    servers = {server.name: server for server in require_servers(settings)}
    if name is None and len(servers) > 1:
        raise UsageError(f"--server is missing: use {' or '.join(servers)}")
    if name is not None and name not in servers:
        raise UsageError(f"--server {name} is not in the settings; use {' or '.join(servers)}")
    return servers[name or next(iter(servers))]


def _why_not_connected(server: ServerSettings, collector: Collector) -> str:
    from faxstore.ami.errors import LoginRefusedError

    if isinstance(collector.failure, LoginRefusedError):
        return f"{collector.failure}; check username and secret"
    why = f": {collector.failure.reason}" if collector.failure else ""
    return f"{server.name}: nothing was recorded, because the server could not be reached{why}"


async def _watch(server: ServerSettings, recorder: Recorder, seconds: float | None) -> Collector:
    """Record until a signal, the end of the time, a failure of the recorder, or a refused first login."""
    from faxstore.ami.collector import Collector

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    recorder.on_failure = lambda: loop.call_soon_threadsafe(stop.set)
    collector = Collector(server, recorder.write)
    collector.gives_up = lambda: not collector.was_connected
    await collector.run(stop)
    return collector
