"""The doctor: checks of this machine, the database and the servers, each with what to change.

A check is a function that returns one Finding.  To add a check, write the function in the module of its subject and
add it to the tuple CHECKS at the end of that module:

* machine.py: this machine, from the data folder.
* database.py: the database, from a connection.
* answer_checks.py: a server, from its settings and its answers over AMI.
* history_checks.py: a server, from the events of its recent faxes, for settings that AMI does not report.

server.py collects the facts about a server, advice.py contains the lines for Asterisk's configuration files, and
findings.py defines Finding, prints the findings and derives the exit status.  The doctor changes nothing, and it sends
a server only actions that cannot disturb it.
"""

from __future__ import annotations

import asyncio

from faxstore.doctor import database, machine, server
from faxstore.doctor.facts import RecentFaxes
from faxstore.doctor.findings import Finding
from faxstore.settings.values import Settings


def examine(settings: Settings) -> list[Finding]:
    """Return the findings on this machine, on the database, and on each server in the order of the settings."""
    recent, on_database = database.examine(settings)
    return [*machine.examine(settings.data_dir), *on_database, *asyncio.run(_examine_servers(settings, recent))]


async def _examine_servers(settings: Settings, recent: dict[str, RecentFaxes]) -> list[Finding]:
    findings = await asyncio.gather(*(server.examine(one, recent.get(one.name)) for one in settings.servers))
    return [finding for of_server in findings for finding in of_server]
