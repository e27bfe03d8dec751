"""The disk space of a plan, by kind."""

from __future__ import annotations

import math
from dataclasses import replace

from faxstore.capacity.demand import DAYS, Demand, Load
from faxstore.capacity.figures import MEGABYTE, Figure, Figures
from faxstore.capacity.lines import Basis, Line

PART = "disk"
DATABASE = "database"
"""The name of the line with the size of the database."""

UNPACKED_DAYS = 4.0
"""Days whose rows are not packed, or whose space is not free yet: today, two whole days, and one that is vacuumed."""

WAL = 1024.0**3
"""PostgreSQL's default of max_wal_size."""

RETAINED = 200_000
"""Rows that a spool retains at most after the append (faxstore/spool/queue.py)."""

RESULTS = (0.88, 0.09, 0.03)
"""Shares of success, failed and unknown, which usage counts apart."""

SPANS = (24, 4, 1)
"""Spans of usage per day: hours, quarters of a day, and the day."""


def disk_lines(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    """Return the lines of the database by kind, their sum, and what else takes space."""
    kinds = [*_of_rows(demand, load, figures), *_of_faxes(demand, load, figures), *_of_servers(demand, figures)]
    total = Line(PART, DATABASE, sum(line.value for line in kinds), "bytes", Basis.ESTIMATE, "all of the above")
    how = "max_wal_size, by default 1 GiB; more with a standby or archiving"
    return [*kinds, total, Line(PART, "WAL", WAL, "bytes", Basis.ESTIMATE, how), *_files(demand, load, figures)]


def kept_days(demand: Demand, months: float | None, extra: float = 0.0) -> float:
    """Return how many days of the demand's years are there if they leave after some months; `extra` months stay."""
    every = demand.years * DAYS
    return every if months is None else min(every, (months + extra) * DAYS / 12)


def unpacked_fax(load: Load, figures: Figures) -> Figure:
    """Return the bytes of the rows of a fax before they are packed."""
    events = (load.rows - load.snapshots) * figures.event.value
    return replace(figures.event, value=load.snapshots * figures.snapshot.value + events, unit="bytes per fax")


def rollup_rows(demand: Demand) -> float:
    """Return the rows of usage per day: one per span, account, direction and result with a fax.

    Faxes are spread over the accounts and their two directions evenly, over results by RESULTS.
    """
    groups = 2 * max(demand.accounts, demand.servers)
    busy = min(100 / demand.busy_hour, 24)
    rows = 0.0
    for spans in SPANS:
        used = min(busy, spans)
        for share in RESULTS:
            rows += used * groups * -math.expm1(-demand.faxes_per_day / used * share / groups)
    return rows


def _of_rows(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    """The rows of the history, wherever they are.  A month leaves as a whole, so that up to one month more is there."""
    faxes, years = demand.faxes_per_day, demand.years
    here = kept_days(demand, demand.keep_rows, 1.0)
    unpacked = min(UNPACKED_DAYS, here)
    packed, gone = here - unpacked, years * DAYS - here
    snapshots = load.snapshots * figures.packed_snapshot.value
    events = (load.rows - load.snapshots) * figures.packed_event.value
    pack = replace(figures.pack, value=figures.pack.value + snapshots + events)
    lines = [
        _line("rows of the last days", faxes * unpacked, unpacked_fax(load, figures), f"{unpacked:.3g} days"),
        _line("packs", faxes * packed, pack, f"the days before: {packed:,.0f}"),
    ]
    left = replace(figures.dropped, value=figures.dropped.value + load.rows * figures.dropped_row.value)
    return [*lines, _line("dropped rows", faxes * gone, left, f"{gone:,.0f} days")] if gone else lines


def _of_faxes(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    days = demand.years * DAYS
    kept = kept_days(demand, demand.keep_totals)
    faxes = demand.faxes_per_day
    leaves = faxes * days * load.rows * figures.leaf.value
    records = faxes * days * figures.record.value
    salts = faxes * kept * figures.salt.value
    how = f"if you seal: {figures.leaf}, {figures.record} of records and {figures.salt} of salts"
    return [
        _line("sessions", faxes * kept, figures.session),
        _line("totals", faxes * kept, figures.total),
        _line("roll-ups", rollup_rows(demand) * kept, figures.rollup, f"{rollup_rows(demand):,.0f} rows per day"),
        _line("appends", load.appends_per_day * days, figures.append, f"{load.appends_per_day:,.0f} per day"),
        Line(PART, "log", leaves + records + salts, "bytes", figures.leaf.basis, how),
        *_of_erasures(demand, load, figures),
        *_of_billing(demand, figures),
    ]


def _of_erasures(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    """What is retained of erased values: digests until the totals leave, and records."""
    if demand.keep_personal_values is None:
        return []
    every, recent = demand.years * DAYS, kept_days(demand, demand.keep_personal_values)
    digests = replace(figures.erased_row, value=figures.erased_key.value + load.rows * figures.erased_row.value)
    here = max(kept_days(demand, demand.keep_totals) - recent, 0.0)
    value = demand.faxes_per_day * (here * digests.value + (every - recent) * figures.erasure.value)
    how = f"{here:,.0f} days of digests, {figures.erased_row}, and {figures.erasure} of records"
    return [Line(PART, "erased values", value, "bytes", figures.erased_row.basis, how)] if every > recent else []


def _of_billing(demand: Demand, figures: Figures) -> list[Line]:
    if not demand.consumers:
        return []
    return [
        _line("ledger", demand.faxes_per_day * demand.years * DAYS * demand.consumers, figures.ledger, "never deleted")
    ]


def _of_servers(demand: Demand, figures: Figures) -> list[Line]:
    return [
        _line("polls and counters", MEGABYTE * demand.servers * demand.years, figures.readings),
        Line(PART, "schema", figures.empty.value * MEGABYTE, "bytes", figures.empty.basis, "a database without faxes"),
    ]


def _files(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    hour = demand.faxes_per_day * demand.busy_hour / 100 * load.rows
    day = demand.faxes_per_day * load.rows
    spool = (min(hour, RETAINED) + day) * figures.spooled.value
    how = "in data_dir: the last hour, and a day in which the database is down"
    lines = [Line(PART, "spool", spool, "bytes", Basis.ESTIMATE, how)]
    if demand.keep_rows is not None and (gone := demand.years * DAYS - kept_days(demand, demand.keep_rows)) > 0:
        lines.append(_line("archive", demand.faxes_per_day * gone * load.rows, figures.archived_row, "Parquet files"))
    return lines


def _line(name: str, number: float, figure: Figure, detail: str = "") -> Line:
    how = f"{detail}; {figure}" if detail else str(figure)
    return Line(PART, name, number * figure.value, "bytes", figure.basis, how)
