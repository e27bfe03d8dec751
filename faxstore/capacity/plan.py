"""The lines of a plan, in their order."""

from __future__ import annotations

from faxstore.capacity.demand import DAYS, Demand, Load
from faxstore.capacity.disk import disk_lines
from faxstore.capacity.figures import Figures
from faxstore.capacity.lines import Basis, Line
from faxstore.capacity.machine import memory_lines, processor_lines


def plan(demand: Demand, figures: Figures) -> list[Line]:
    """Return what the faxes of a demand need."""
    load = Load.of(demand, figures)
    return [
        *demand.lines(),
        *_load_lines(demand, load, figures),
        *disk_lines(demand, load, figures),
        *memory_lines(demand, load, figures),
        *processor_lines(demand, load, figures),
    ]


def _load_lines(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    basis = figures.events.basis
    snapshots = f"{load.snapshots:,.0f} snapshots in {load.seconds:,.0f} s, and {figures.events.value:,.0f} events"
    most = f"{load.at_once:,.1f} on average in the busiest hour, and 3 standard deviations"
    day = demand.faxes_per_day * load.rows
    return [
        Line("load", "rows per fax", load.rows, "", basis, snapshots),
        Line("load", "rows per day", day, "", basis, ""),
        Line("load", "rows", day * demand.years * DAYS, "", basis, "in all years"),
        Line("load", "faxes at once", load.most_at_once, "", Basis.ESTIMATE, most),
    ]
