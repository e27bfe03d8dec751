"""The rules of retention, applied as the command does it, as if it were another day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faxstore.retention.applying import Application
from faxstore.retention.due import Due, Ends, list_due
from faxstore.settings.values import Retention, Settings
from faxstore.store.database import connect

DECEMBER = datetime(2026, 12, 1, 4, tzinfo=UTC)
"""A month after the end of October 2026, the second month of tests.kit.archives.history."""


@dataclass
class Ran:
    """What a run said and complained about."""

    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def periods(folder: Path, **months: int) -> Retention:
    """Periods in months, with an archive and a checkpoint in the folder."""
    (folder / "archive").mkdir(exist_ok=True)
    values: dict[str, Any] = {"archive": folder / "archive", "checkpoint": folder / "checkpoint", **months}
    return Retention(**values)


def applied(dsn: str, kept: Retention, now: datetime = DECEMBER) -> Ran:
    """Applies the rules; returns what the run said."""
    ran = Ran()
    settings = Settings(dsn, Path(), total_after=0, pack_after=2, retention=kept)
    with connect(dsn) as connection:
        Application(connection, settings, now, ran.said.append, ran.problems.append).run()
    return ran


def due(dsn: str, kept: Retention, now: datetime = DECEMBER) -> list[Due]:
    """What is due."""
    with connect(dsn) as connection:
        return list(list_due(connection, Ends.of(kept, now)))
