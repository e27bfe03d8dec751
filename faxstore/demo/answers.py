"""What the played server says that is in no recording, in Asterisk's own words (main/manager.c)."""

from __future__ import annotations

import time

from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.capture.message import BANNER
from faxstore.demo.play import Play
from faxstore.demo.uptime import Uptime


def addressed(text: str, action_id: str) -> str:
    """The recorded answer with the asker's ActionID in the place of the recorded one."""
    first, *rest = text.split("\r\n")
    kept = [line for line in rest if not line.lower().startswith("actionid:")]
    return "\r\n".join([first, *([f"ActionID: {action_id}"] if action_id else []), *kept])


def response(kind: str, **headers: object) -> str:
    """A Response with these headers, and no ActionID yet."""
    lines = [f"Response: {kind}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines) + "\r\n\r\n"


def error(message: str) -> str:
    """Response: Error with this text."""
    return response("Error", Message=message)


def unknown(action: str) -> str:
    """The answer to an action that no module has registered."""
    if not action:
        return error("Missing action in request")
    return error(f"Invalid/unknown command: {action}. Use Action: ListCommands to show available commands.")


def fully_booted(uptime: Uptime) -> str:
    """The event that tells how long the server has been up."""
    seconds = uptime.seconds
    return (
        "Event: FullyBooted\r\nPrivilege: system,all\r\n"
        f"Uptime: {seconds}\r\nLastReload: {seconds}\r\nStatus: Fully Booted\r\n\r\n"
    )


def core_status(uptime: Uptime) -> str:
    """The start as the server's local text; denied where the recording has no start, so that none is made up."""
    if uptime.started_at is None:
        return error(PERMISSION_DENIED)
    start = time.localtime(uptime.started_at)
    date, clock = time.strftime("%Y-%m-%d", start), time.strftime("%H:%M:%S", start)
    return response(
        "Success",
        CoreStartupDate=date,
        CoreStartupTime=clock,
        CoreReloadDate=date,
        CoreReloadTime=clock,
        CoreCurrentCalls=0,
        CoreProcessedCalls=0,
    )


def core_settings(play: Play) -> str:
    """The settings as far as a recording knows them."""
    banner = BANNER.match(play.stretch.greeting)
    return response(
        "Success",
        AMIversion=banner[1] if banner else "",
        AsteriskVersion="played from a recording",
        SystemName=play.recording.system_name,
    )


def pong() -> str:
    """The answer to Ping, with this machine's clock."""
    return response("Success", Ping="Pong", Timestamp=f"{time.time():.6f}")
