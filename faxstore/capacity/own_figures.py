"""What a database shows of its own faxes and of what they cost: `faxstore capacity --measured`.

It reads sizes, the statistics of PostgreSQL and samples, and scans no table.  A figure that the database does not show
yet, because it has under 1,000 rows of a kind or was never analysed, is that of figures.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row

from faxstore import sql
from faxstore.capacity.demand import DAYS, Demand
from faxstore.capacity.figures import MEGABYTE, Figure, Figures
from faxstore.capacity.lines import Basis
from faxstore.errors import UsageError
from faxstore.store.database import Connection

LEAST = 1_000
"""Rows of a table from which its bytes per row are a figure."""

_SIZES = sql.text("queries/capacity/sizes")
_TRAFFIC = sql.text("queries/capacity/traffic")


@dataclass(frozen=True)
class Tables:
    """Bytes and rows of the tables of a database, by name."""

    sizes: Mapping[str, tuple[int, float]]

    def bytes(self, *names: str) -> int:
        """Return the bytes of tables together."""
        return sum(self.sizes[f"fax.{name}"][0] for name in names)

    def rows(self, name: str) -> float:
        """Return the rows of a table, as PostgreSQL counted them last."""
        return self.sizes[f"fax.{name}"][1]

    def width(self, name: str, otherwise: Figure) -> Figure:
        """Return the bytes per row of a table."""
        return _own(self.bytes(name), self.rows(name), otherwise)


def measure(connection: Connection, otherwise: Figures) -> tuple[Demand, Figures]:
    """Return the demand and the figures that a database shows.  Raises UsageError if it has no faxes."""
    tables = Tables({name: (size, rows) for name, size, rows in connection.execute(_SIZES)})
    with connection.cursor(row_factory=dict_row) as cursor:
        traffic = cursor.execute(_TRAFFIC).fetchall()[0]
    if not traffic["sessions"]:
        raise UsageError("capacity --measured: the database has no faxes yet; give --faxes-per-day instead")
    return _demand(traffic), _figures(tables, traffic, otherwise)


def _demand(traffic: Mapping[str, Any]) -> Demand:
    """The traffic of the last four weeks, or of the time since the first fax, at least a day."""
    per_day = traffic["sessions"] / max(traffic["days"], 1.0)
    values = {
        "faxes_per_day": per_day,
        "busy_hour": min(100 * traffic["busiest_hour"] / per_day, 100.0),
        "servers": traffic["servers"],
        "accounts": max(traffic["accounts"], 1.0),
        "consumers": traffic["consumers"] or None,
        "years": max(traffic["all_days"], 1.0) / DAYS,
    }
    if traffic["pages"] is not None:
        values["pages"] = traffic["pages"]
    if traffic["pages"] and traffic["seconds"]:
        values["seconds_per_page"] = traffic["seconds"] / traffic["pages"]
    if traffic["snapshots"] and traffic["seconds"]:
        values["poll_interval"] = traffic["seconds"] / traffic["snapshots"]
    return Demand().with_values(values, Basis.OWN)


def _figures(tables: Tables, traffic: Mapping[str, Any], other: Figures) -> Figures:
    last, sessions = traffic["last_position"] or 0.0, tables.rows("session")
    rows = last / sessions if sessions else None
    packed = last - tables.rows("observation") - (traffic["dropped_rows"] or 0.0)
    snapshots = traffic["snapshots"] or 0.0
    found = replace(
        other,
        setup_seconds=_figure(0.0 if traffic["pages"] else traffic["seconds"] or 0.0, other.setup_seconds),
        total=tables.width("session_total", other.total),
        session=tables.width("session", other.session),
        rollup=tables.width("usage_rollup", other.rollup),
        append=tables.width("append_batch", other.append),
        salt=tables.width("session_salt", other.salt),
        dropped=tables.width("dropped_session", other.dropped),
        leaf=_own(tables.bytes("log_run", "log_subtree"), traffic["sealed_rows"], other.leaf),
        archived_row=_own(traffic["archived_bytes"], traffic["archived_rows"], other.archived_row),
        record=other.record if tables.rows("erasure") else _own(tables.bytes("log_record"), sessions, other.record),
        erased_key=tables.width("erased_key", other.erased_key),
        erased_row=tables.width("erased_digest", other.erased_row),
        ledger=tables.width("export_line", other.ledger),
        readings=_readings(tables, traffic, other.readings),
    )
    if rows and rows > snapshots:
        found = replace(found, events=_figure(rows - snapshots, other.events))
    if tables.rows("append_batch") >= LEAST:
        each = Figure(last / tables.rows("append_batch"), "rows per append", "", datetime.now(UTC).date())
        found = replace(found, rows_per_append=each)
    if tables.rows("dropped_session") >= LEAST:
        found = replace(found, dropped_row=_figure(0.0, other.dropped_row))
    pack = _own(tables.bytes("session_pack"), packed, other.packed_snapshot)
    if pack is not other.packed_snapshot:
        event = _figure(pack.value, other.packed_event)
        found = replace(found, packed_snapshot=pack, packed_event=event, pack=_figure(0.0, other.pack))
    return found


def _readings(tables: Tables, traffic: Mapping[str, Any], otherwise: Figure) -> Figure:
    """Bytes of polls and counters per server and year, once a day of them is there."""
    if (traffic["watched_days"] or 0.0) < 1.0 or not traffic["servers"]:
        return otherwise
    years = traffic["watched_days"] / DAYS
    size = tables.bytes("server_history", "coverage_day", "compared_reading", "reconciliation_day")
    return _figure(size / (MEGABYTE * traffic["servers"] * years), otherwise)


def _own(size: float | None, number: float | None, otherwise: Figure) -> Figure:
    """The bytes of one, if there are enough of them."""
    if size is None or number is None or number < LEAST:
        return otherwise
    return _figure(size / number, otherwise)


def _figure(value: float, otherwise: Figure) -> Figure:
    return Figure(value, otherwise.unit, "", datetime.now(UTC).date())
