"""What one fax costs: the figures from which `faxstore capacity` computes, each with the command that measured it.

docs/performance.md has the same table (What a fax costs); a test compares both.  Everything was measured on 2 x AMD
EPYC with PostgreSQL 18.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from faxstore.capacity.lines import Basis

_FILL = "python -m benchmarks.fill --rows 100000000"
_TWELVE = "python -m benchmarks.fill --rows 12000000"
_WIDTH = "python -m benchmarks.width --rows 225000"
_COST = "python -m benchmarks.fax_cost --folder F"
_ARCHIVE = "python -m benchmarks.archive --month 2025-03"
_RETENTION = "python -m benchmarks.retention"
_CAPACITY = "python -m benchmarks.capacity --sessions 5000"
_SEAL = "python -m benchmarks.verify_rate --rows 1000000"
MEGABYTE = 1e6

_NOVEMBER_25, _NOVEMBER_30, _DECEMBER_1 = date(2026, 11, 25), date(2026, 11, 30), date(2026, 12, 1)


@dataclass(frozen=True)
class Figure:
    """A measured figure."""

    value: float
    unit: str
    command: str
    """The command that measured it; empty if it is that of the database of the settings."""
    day: date

    @property
    def basis(self) -> Basis:
        """What a value that is computed with this figure rests on."""
        return Basis.MEASURED if self.command else Basis.OWN

    def __str__(self) -> str:
        number = f"{self.value:,.0f}" if self.value >= 100 else f"{self.value:.3g}"
        return f"{number} {self.unit}"


@dataclass(frozen=True)
class Figures:
    """Every figure; bytes are those on disk, with indexes."""

    setup_seconds: Figure = Figure(15.0, "s per fax", _COST, _DECEMBER_1)
    """Time of a fax beside its pages."""
    events: Figure = Figure(35.0, "rows per fax", _COST, _DECEMBER_1)
    """Rows that are not snapshots: events, and the absence at the end."""
    event_appends: Figure = Figure(3.0, "appends per fax", _COST, _DECEMBER_1)
    """Moments at which events arrive."""
    appends_per_second: Figure = Figure(10.0, "appends per second", _COST, _DECEMBER_1)
    """Most appends of an ingestor, each of all that has arrived."""
    rows_per_append: Figure | None = None
    """Rows of an append, if a database shows it."""
    snapshot: Figure = Figure(203.0, "bytes per snapshot", _WIDTH, _NOVEMBER_30)
    """A row that is not packed."""
    event: Figure = Figure(608.0, "bytes per row", _WIDTH, _NOVEMBER_30)
    """A row that is not packed, with the headers of a channel."""
    pack: Figure = Figure(120.0, "bytes per fax", _COST, _DECEMBER_1)
    """A pack without its rows: its other columns and indexes."""
    packed_snapshot: Figure = Figure(12.0, "bytes per snapshot", _COST, _DECEMBER_1)
    packed_event: Figure = Figure(72.0, "bytes per row", _COST, _DECEMBER_1)
    total: Figure = Figure(670.0, "bytes per fax", _FILL, _NOVEMBER_30)
    session: Figure = Figure(403.0, "bytes per fax", _FILL, _NOVEMBER_30)
    rollup: Figure = Figure(288.0, "bytes per row", _COST, _DECEMBER_1)
    append: Figure = Figure(80.0, "bytes per append", _WIDTH, _NOVEMBER_30)
    leaf: Figure = Figure(3.9, "bytes per row", _COST, _DECEMBER_1)
    """Of the log: marks and subtrees."""
    salt: Figure = Figure(125.0, "bytes per fax", _COST, _DECEMBER_1)
    record: Figure = Figure(450.0, "bytes per fax", _RETENTION, _DECEMBER_1)
    """Of the log: the record of a session."""
    erasure: Figure = Figure(1600.0, "bytes per fax", _RETENTION, _DECEMBER_1)
    """An erasure and its records, which stay."""
    erased_key: Figure = Figure(177.0, "bytes per fax", _RETENTION, _DECEMBER_1)
    """What figures need of an erased fax."""
    erased_row: Figure = Figure(170.0, "bytes per row", _RETENTION, _DECEMBER_1)
    """The digests of an erased row."""
    ledger: Figure = Figure(593.0, "bytes per fax and consumer", _RETENTION, _DECEMBER_1)
    dropped: Figure = Figure(400.0, "bytes per fax", _ARCHIVE, _DECEMBER_1)
    """What the database retains of a fax whose rows are dropped, beside their times."""
    dropped_row: Figure = Figure(8.0, "bytes per row", _ARCHIVE, _DECEMBER_1)
    archived_row: Figure = Figure(2.1, "bytes per row", _ARCHIVE, _DECEMBER_1)
    readings: Figure = Figure(352.0, "MB per server and year", _TWELVE, _DECEMBER_1)
    """Polls and readings of the counters of a server, one each per minute, their comparison, and the coverage."""
    empty: Figure = Figure(12.3, "MB", _COST, _DECEMBER_1)
    """A database with the schema and no rows."""
    spooled: Figure = Figure(275.0, "bytes per row", _COST, _DECEMBER_1)
    worker: Figure = Figure(128.0, "MB per worker", "make storm", _NOVEMBER_25)
    """Memory of an ingestor with 600 sessions; one with 5,000 took 120 MB."""
    poll: Figure = Figure(120.0, "µs per snapshot", _CAPACITY, _NOVEMBER_30)
    """Processor time of the ingestor, from the poll to the append."""
    appended: Figure = Figure(19.2, "µs per row", "python -m benchmarks.append_beside_seal", _NOVEMBER_25)
    """Processor time of Postgres for an append in batches of 200 rows."""
    folded: Figure = Figure(360.0, "µs per fax", "python -m benchmarks.questions F", _NOVEMBER_30)
    """Processor time of Postgres for the total of a session."""
    packed: Figure = Figure(9.1, "µs per row", "python -m benchmarks.packs --rows 300000", _NOVEMBER_30)
    """Processor time of packing."""
    sealed: Figure = Figure(8.3, "µs per row", _SEAL, _NOVEMBER_25)
    """Processor time of sealing."""
