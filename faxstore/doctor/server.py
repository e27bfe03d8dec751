"""Collects the facts about one server over AMI and runs the checks on them.

The doctor sends only actions that cannot disturb a server: Ping, CoreSettings, CoreStatus, FAXStats, FAXSessions.
"""

from __future__ import annotations

import time

from faxstore.ami.connection import Connection
from faxstore.ami.errors import ConnectError, LoginRefusedError, RequestError
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from faxstore.doctor import answer_checks, history_checks
from faxstore.doctor.facts import RecentFaxes, ServerFacts
from faxstore.doctor.findings import Finding, Verdict
from faxstore.settings.values import ServerSettings

ACTIONS = ("CoreSettings", "CoreStatus", "FAXStats", "FAXSessions")


async def examine(server: ServerSettings, recent: RecentFaxes | None) -> list[Finding]:
    """Connect to the server and return the findings on it; recent is None if the history cannot be read."""
    facts = ServerFacts(server)
    reachable = Finding(facts.subject, "reachable", Verdict.OK, "an Asterisk manager answers")
    lines: list[Line] = []
    began = time.monotonic()
    try:
        connection = await Connection.open(server, lines.append)
    except ConnectError as error:
        return [answer_checks.unreachable(facts, error.reason)]
    except LoginRefusedError as error:
        return [reachable, answer_checks.encryption(facts), answer_checks.login_refused(facts, error.reason)]
    seconds = time.monotonic() - began
    try:
        facts = await collect(server, connection, lines, recent)
    finally:
        await connection.close()
    login = Finding(facts.subject, "login", Verdict.OK, f"as {server.username}, in {seconds * 1000:.0f} ms")
    checks = (*answer_checks.CHECKS, *history_checks.CHECKS)
    return [reachable, login, *(check(facts) for check in checks)]


async def collect(
    server: ServerSettings, connection: Connection, lines: list[Line], recent: RecentFaxes | None
) -> ServerFacts:
    """Query the server over a connection that is logged in; lines are those of the connection so far."""
    answers: dict[str, Message | RequestError] = {}
    for action in ACTIONS:
        try:
            answers[action] = (await connection.request(action))[0]
        except RequestError as error:
            answers[action] = error
    clock_ahead = await _clock_ahead(connection)
    # FullyBooted follows a login at once (manager.c, authenticate), so it has arrived by now.
    booted = any("Event: FullyBooted" in line.text for line in lines if line.dir == "in")
    return ServerFacts(server, answers, clock_ahead, booted, recent)


async def _clock_ahead(connection: Connection) -> float | None:
    before = time.time()
    try:
        answer = (await connection.request("Ping"))[0]
        return float(answer.get("Timestamp")) - (before + time.time()) / 2
    except (RequestError, ValueError):
        return None
