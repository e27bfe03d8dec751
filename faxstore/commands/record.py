"""`faxstore record`: writes the AMI traffic of one server to a file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.counted import counted
from faxstore.errors import UnreachableError, UsageError
from faxstore.logs import print_message
from faxstore.system import interruption

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
    if no login was accepted. Ctrl-C and SIGTERM are the usual end: the exit status is 0.

    Examples:
      faxstore record --server pbx1 --seconds 600 pbx1.jsonl.gz
      faxstore record --server pbx1 | grep FAXStatus
    """
    chosen = _server(settings_of(context, service=True), server)
    print_message(f"{counted(_record(chosen, file, seconds), 'messages')} of {chosen.name} recorded")


def _server(settings: Settings, name: str | None) -> ServerSettings:
    """The server with that name, or the only one."""
    from faxstore.settings.loading import require_servers

    servers = {server.name: server for server in require_servers(settings)}
    if name is None and len(servers) > 1:
        raise UsageError(f"--server is missing: use {' or '.join(servers)}")
    if name is not None and name not in servers:
        raise UsageError(f"--server {name} is not in the settings; use {' or '.join(servers)}")
    return servers[name or next(iter(servers))]


def _record(server: ServerSettings, file: str, seconds: float | None) -> int:
    """Record the server, and return the number of messages.

    A signal is the usual end of a recording.  Raises UnreachableError, and Interrupted after a signal, if no login was
    accepted.
    """
    from faxstore.ami import turn_loop
    from faxstore.capture.recorder import Recorder

    signals: list[int] = []
    with interruption.handled_by(signals.append), Recorder(file) as recorder:
        collector = turn_loop.run(_watch(server, recorder, seconds, signals))
    if collector.was_connected:
        return recorder.messages
    if signals:
        interruption.interrupt(signals[0])
    raise UnreachableError(_why_not_connected(server, collector))


def _why_not_connected(server: ServerSettings, collector: Collector) -> str:
    from faxstore.ami.errors import LoginRefusedError

    if isinstance(collector.failure, LoginRefusedError):
        return f"{collector.failure}; check username and secret"
    why = f": {collector.failure.reason}" if collector.failure else ""
    return f"{server.name}: nothing was recorded, because the server could not be reached{why}"


async def _watch(server: ServerSettings, recorder: Recorder, seconds: float | None, signals: list[int]) -> Collector:
    """Record until a signal, the end of the time, a failure of the recorder, or a refused first login.

    `signals` has the signals so far, and gets those that arrive from now on.
    """
    from faxstore.ami.collector import Collector

    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end(number: int) -> None:
        signals.append(number)
        loop.call_soon_threadsafe(stop.set)

    if seconds is not None:
        loop.call_later(seconds, stop.set)
    recorder.on_failure = lambda: loop.call_soon_threadsafe(stop.set)
    collector = Collector(server, recorder.write)
    collector.gives_up = lambda: not collector.was_connected
    with interruption.handled_by(end):
        if signals:
            stop.set()
        await collector.run(stop)
    return collector
