"""The types of settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from faxstore.errors import UsageError
from faxstore.logs import LogFormat
from faxstore.settings.metrics import Listen


class Secret:
    """A password that its repr hides, or the reason why it could not be read."""

    __slots__ = ("_problem", "_value")

    def __init__(self, value: str, problem: str | None = None) -> None:
        self._value = value
        self._problem = problem

    def reveal(self) -> str:
        """Return the password.  Raises UsageError if it is missing or could not be read."""
        if self._problem is not None:
            raise UsageError(self._problem)
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True)
class Tls:
    """TLS to a server.  Without `ca_file`, the certificate authorities of this machine are trusted."""

    ca_file: Path | None = None
    verify: bool = True


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """An Asterisk server to watch; intervals are in seconds."""

    name: str
    host: str
    port: int = 5038
    username: str
    secret: Secret
    tls: Tls | None = None
    poll_interval: float = 1.0
    idle_interval: float = 5.0


@dataclass(frozen=True)
class Retention:
    """What faxstore retention applies: periods in months after the end of the month of a fax; None is forever."""

    personal_values: int | None = None
    rows: int | None = None
    totals: int | None = None
    archive: Path | None = None
    """The folder of the archive; set if `rows` is."""
    checkpoint: Path | None = None
    """The published checkpoint, which must cover rows before they are dropped; set if `rows` is."""

    @property
    def is_configured(self) -> bool:
        """Whether anything is not retained forever."""
        return not self.personal_values is self.rows is self.totals is None


@dataclass(frozen=True)
class Settings:
    """All settings of a run.  Without `dsn`, faxstore uses the embedded server; `warnings` are lines for the user."""

    dsn: str | None = field(repr=False)  # may contain a password
    data_dir: Path
    servers: tuple[ServerSettings, ...] = ()
    warnings: tuple[str, ...] = ()
    file: Path | None = None
    log_format: LogFormat = LogFormat.TEXT
    workers: int | None = None
    """How many processes `faxstore ingest` uses; None if it decides."""
    total_after: float = 300.0
    """Seconds after the last row of a session until its total is written."""
    pack_after: float = 2.0
    """Days after the end of a day (UTC) until its rows are packed."""
    retention: Retention = Retention()
    """When personal values, rows and totals are deleted."""
    metrics: Listen | None = None
    """Where `faxstore ingest` serves its metrics; None if it does not."""
