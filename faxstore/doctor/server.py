"""Asking one Asterisk what the collector asks, and a few things about itself.

Only actions that cannot disturb a server are sent: Ping, CoreSettings, CoreStatus, FAXStats, FAXSessions.
"""

from __future__ import annotations

import time

from faxstore.ami.connection import ConnectError, Connection, LoginRefusedError, RequestError
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from faxstore.doctor import server_checks as checks
from faxstore.doctor.database import Heard
from faxstore.doctor.findings import Finding, Verdict
from faxstore.doctor.server_checks import Answers
from faxstore.settings.loading import ServerSettings

ACTIONS = ("CoreSettings", "CoreStatus", "FAXStats", "FAXSessions")


async def examine(server: ServerSettings, heard: Heard | None) -> list[Finding]:
    """Connects, asks, and tells; heard is what the history has of this server, None where it cannot be read."""
    lines: list[Line] = []
    began = time.monotonic()
    try:
        connection = await Connection.open(server, lines.append)
    except ConnectError as error:
        return [checks.not_reachable(server, error.reason)]
    except LoginRefusedError as error:
        return [checks.reachable(server), checks.encryption(server), checks.login_refused(server, error.reason)]
    took = time.monotonic() - began
    try:
        answers = await ask(server, connection, lines)
    finally:
        await connection.close()
    subject = checks.name_of(server)
    return [
        checks.reachable(server),
        checks.encryption(server),
        Finding(subject, "login", Verdict.OK, f"as {server.username}, in {took * 1000:.0f} ms"),
        *(check(answers) for check in checks.WIRE_CHECKS),
        *(check(server, heard) for check in checks.HISTORY_CHECKS),
        checks.write_timeout(server),
    ]


async def ask(server: ServerSettings, connection: Connection, lines: list[Line]) -> Answers:
    """The answers of a server that we are logged in to."""
    by_action: dict[str, Message | RequestError] = {}
    for action in ACTIONS:
        try:
            by_action[action] = (await connection.request(action))[0]
        except RequestError as error:
            by_action[action] = error
    ahead = await _clock_ahead(connection)
    # FullyBooted follows a login at once (manager.c, authenticate), so by now it would have come.
    booted = any("Event: FullyBooted" in line.text for line in lines if line.dir == "in")
    return Answers(server, by_action, ahead, booted)


async def _clock_ahead(connection: Connection) -> float | None:
    before = time.time()
    try:
        answer = (await connection.request("Ping"))[0]
        return float(answer.get("Timestamp")) - (before + time.time()) / 2
    except (RequestError, ValueError):
        return None
