"""Answers of the played server that no recording contains, worded as Asterisk does (main/manager.c)."""

from __future__ import annotations

import time

from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.capture.message import BANNER
from faxstore.demo.playback import Playback
from faxstore.demo.uptime import Uptime

USERNAME, SECRET = "faxstore", "replay"
"""The only user of the played server."""


def addressed(text: str, action_id: str) -> str:
    """Return the recorded answer with the requesting client's ActionID instead of the recorded one."""
    first, *rest = text.split("\r\n")
    kept = [line for line in rest if not line.lower().startswith("actionid:")]
    return "\r\n".join([first, *([f"ActionID: {action_id}"] if action_id else []), *kept])


def response(kind: str, **headers: object) -> str:
    """Return a Response with these headers, without an ActionID."""
    return "".join(f"{name}: {value}\r\n" for name, value in {"Response": kind, **headers}.items()) + "\r\n"


def error(message: str) -> str:
    """Return an error Response with this message."""
    return response("Error", Message=message)


def unknown(action: str) -> str:
    """Return the answer to an action that no module has registered."""
    if not action:
        return error("Missing action in request")
    return error(f"Invalid/unknown command: {action}. Use Action: ListCommands to show available commands.")


def fully_booted(uptime: Uptime) -> str:
    """Return the event that reports how long the server has been up."""
    seconds = uptime.seconds
    return (
        "Event: FullyBooted\r\nPrivilege: system,all\r\n"
        f"Uptime: {seconds}\r\nLastReload: {seconds}\r\nStatus: Fully Booted\r\n\r\n"
    )


def core_status(uptime: Uptime) -> str:
    """Return the start as the server's local text, or a refusal if the recording has no start."""
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


def core_settings(playback: Playback) -> str:
    """Return the settings as far as the recording contains them."""
    banner = BANNER.match(playback.segment.greeting)
    return response(
        "Success",
        AMIversion=banner[1] if banner else "",
        AsteriskVersion="played from a recording",
        SystemName=playback.recording.system_name,
    )


def pong() -> str:
    """Return the answer to Ping, with the time of this machine."""
    return response("Success", Ping="Pong", Timestamp=f"{time.time():.6f}")
