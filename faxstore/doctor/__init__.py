"""The doctor: checks of this machine, the database and the servers, each with what to change.

A check is a function that returns one Finding.  To add a check, write the function in the module of its subject and
add it to the tuple CHECKS at the end of that module:

* machine.py: this machine, from the data folder.
* database.py: the database, from a connection.
* answer_checks.py: a server, from its settings and its answers over AMI.
* history_checks.py: a server, from the events of its recent faxes, for settings that AMI does not report.

advice.py contains the lines for Asterisk's configuration files; findings.py defines Finding, prints the findings and
derives the exit status.  The doctor changes nothing, and it sends a server only actions that cannot disturb it: Ping,
CoreSettings, CoreStatus, FAXStats, FAXSessions.
"""

from __future__ import annotations

import asyncio
import time

from faxstore.ami.connection import Connection
from faxstore.ami.errors import ConnectError, LoginRefusedError, RequestError
from faxstore.capture.message import Message
from faxstore.capture.recording import Line
from faxstore.doctor import answer_checks, database, history_checks, machine
from faxstore.doctor.facts import RecentFaxes, ServerFacts
from faxstore.doctor.findings import Finding, Verdict
from faxstore.settings.loading import no_server
from faxstore.settings.values import ServerSettings, Settings
from faxstore.system.interruption import cancelled_by_signal


def examine(settings: Settings) -> list[Finding]:
    """Return the findings on this machine, on the database, and on each server in the order of the settings."""
    recent, on_database = database.examine(settings)
    return [
        *machine.examine(settings.data_dir),
        *on_database,
        *asyncio.run(cancelled_by_signal(_examine_servers(settings, recent))),
    ]


async def _examine_servers(settings: Settings, recent: dict[str, RecentFaxes]) -> list[Finding]:
    """Return the findings on each server; if none is configured, one note that says so."""
    if not settings.servers:
        return [Finding("servers", "configured", Verdict.NOTE, no_server(settings))]
    findings = await asyncio.gather(*(examine_server(one, recent.get(one.name)) for one in settings.servers))
    return [finding for of_server in findings for finding in of_server]


async def examine_server(server: ServerSettings, recent: RecentFaxes | None) -> list[Finding]:
    """Connect to the server and return the findings on it; recent is None if the history cannot be read."""
    facts = ServerFacts(server)
    if (unusable := answer_checks.secret(facts)) is not None:
        return [unusable]
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
        facts = await _collect(server, connection, lines, recent)
    finally:
        await connection.close()
    login = Finding(facts.subject, "login", Verdict.OK, f"as {server.username}, in {seconds * 1000:.0f} ms")
    checks = (*answer_checks.CHECKS, *history_checks.CHECKS)
    return [reachable, login, *(check(facts) for check in checks)]


async def _collect(
    server: ServerSettings, connection: Connection, lines: list[Line], recent: RecentFaxes | None
) -> ServerFacts:
    """Query the server over a connection that is logged in; lines are those of the connection so far."""
    answers: dict[str, Message | RequestError] = {}
    for action in ("CoreSettings", "CoreStatus", "FAXStats", "FAXSessions"):
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
