"""A Snapshot: the figures of one ingestor process at a moment, which a worker reports to its supervisor.

Counts begin at zero when the process starts.  Times are seconds since 1970, None if there was no such moment yet.
"""

from __future__ import annotations

from msgspec import Struct, field


class FaxCounts(Struct, frozen=True):
    """Finished faxes of one server, as the views show them."""

    sessions: dict[str, dict[str, int]] = field(default_factory=dict)
    """By direction and result."""
    pages: dict[str, int] = field(default_factory=dict)
    """By direction."""
    failures: dict[str, int] = field(default_factory=dict)
    """By class."""
    bad_lines: int = 0
    measured_pages: int = 0
    """Pages of faxes whose bad lines are measurable."""


class ServerSnapshot(Struct, frozen=True):
    """What concerns one server."""

    is_collecting: bool = False
    is_standby: bool = False
    is_connected: bool = False
    connections: int = 0
    polls: int = 0
    failed_polls: int = 0
    poll_seconds: float = 0.0
    poll_lag_seconds: float = 0.0
    last_poll_at: float | None = None
    live_sessions: int = 0
    gap_seconds: float = 0.0
    has_gap: bool = False


class DatabaseSnapshot(Struct, frozen=True):
    """What a carrier has read from the database."""

    read_at: float
    backlog: dict[str, int]
    """What compaction should have done by now, by kind: sessions, rows or days."""
    last_seal_at: float | None
    unsealed_since: float | None
    """When the first rows were appended that are not sealed; None if all are, or if nothing ever was."""


class Snapshot(Struct, frozen=True):
    """All figures of one process."""

    servers: dict[str, ServerSnapshot] = field(default_factory=dict)
    faxes: dict[str, FaxCounts] = field(default_factory=dict)
    """By server; a spool may have records of a server that is no longer in the settings."""
    rejected: dict[str, int] = field(default_factory=dict)
    """Appended rejected messages by server."""
    spool_records: int = 0
    spool_oldest_at: float | None = None
    spool_memory_bytes: int = 0
    dropped_records: int = 0
    appended_records: int = 0
    last_append_at: float | None = None
    append_lag_seconds: float = 0.0
    has_database: bool = False
    database: DatabaseSnapshot | None = None
