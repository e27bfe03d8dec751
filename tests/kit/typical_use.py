"""A typical use of each command, for tests that run all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from faxstore import cli
from tests.kit import truth

ARGUMENTS: dict[str, list[str]] = {
    "capacity": ["--measured"],
    "compact": ["--everything"],
    "consistency": ["0"],
    "doctor": [],
    "erase": ["--session", "SESSION", "--yes"],
    "billing export": ["--folder", "FOLDER"],
    "billing as-of": ["1"],
    "billing check": ["--folder", "FOLDER"],
    "billing list": [],
    "billing render": ["1", "--folder", "FOLDER"],
    "export history": [],
    "export jobs": [],
    "export pages": [],
    "export sessions": [],
    "export timeline": [],
    "export usage": [],
    "follow": ["--after", "0"],
    "import": [str(truth.path("t38-22"))],
    "ingest": [],
    "migrate": [],
    "partitions archive": ["--until", "2020-01", "--folder", "FOLDER"],
    "partitions drop": ["--before", "2020-01", "--force"],
    "partitions list": [],
    "partitions restore": ["2020-01"],
    "prove": ["1"],
    "psql": ["-c", "select count(*) from fax.sessions_masked"],
    "record": ["--seconds", "0.1", "FOLDER/recording.jsonl"],
    "report audit": ["--from", "2026-01-01", "--to", "2027-01-01"],
    "report concurrency": ["--from", "2026-01-01", "--to", "2027-01-01", "--bucket", "month"],
    "report coverage": ["--from", "2026-01-01", "--to", "2027-01-01"],
    "report failures": ["--from", "2026-01-01", "--to", "2027-01-01"],
    "report html": ["--from", "2026-01-01", "--to", "2027-01-01"],
    "report jobs": ["--from", "2026-01-01", "--to", "2027-01-01", "--bucket", "week"],
    "report peers": ["--from", "2026-01-01", "--to", "2027-01-01"],
    "report quality": ["--from", "2026-01-01", "--to", "2027-01-01", "--bucket", "quarter"],
    "report usage": ["--from", "2026-01-01", "--to", "2027-01-01", "--bucket", "year"],
    "retention": [],
    "seal": [],
    "sessions": [],
    "show": ["SESSION"],
    "verify": [],
    "watch": [],
}
"""The arguments of a typical use of each command; SESSION and FOLDER stand for a session_id and a folder."""

WITHOUT_A_DATABASE = {"demo"}
"""Commands that connect to no database of the settings: the demo runs a server of its own."""


def commands(group: Any = None, *path: str) -> Iterator[tuple[str, Any]]:
    """Each command of the command line with its name, such as `billing export`."""
    group = group or get_command(cli.app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


def command_names() -> list[str]:
    """The names of all commands."""
    return [name for name, _ in commands()]


def filled_in(command: str, session: str, folder: Path) -> list[str]:
    """The words of a typical use of a command, with its name."""
    places = {"SESSION": session, "FOLDER": str(folder)}
    pattern = "|".join(places)
    own = [re.sub(pattern, lambda found: places[found[0]], text) for text in ARGUMENTS[command]]
    return [*command.split(), *own]
