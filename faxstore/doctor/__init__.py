"""The doctor: one check a function, each of which says what it found and what to change.

It asks servers and the database, and changes neither.
"""

from __future__ import annotations

import asyncio
from itertools import chain

from faxstore.doctor import database, machine, server
from faxstore.doctor.findings import Finding
from faxstore.settings.loading import Settings


def examine(settings: Settings) -> list[Finding]:
    """Every finding: of this machine, of the database, of each server in the order of the settings."""
    heard, of_database = database.examine(settings)
    return [
        *machine.examine(settings.data_dir),
        *of_database,
        *asyncio.run(_servers(settings, heard)),
    ]


async def _servers(settings: Settings, heard: dict[str, database.Heard]) -> list[Finding]:
    findings = await asyncio.gather(*(server.examine(one, heard.get(one.name)) for one in settings.servers))
    return list(chain.from_iterable(findings))
