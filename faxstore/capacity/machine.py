"""The memory and the processors of a plan: those of the ingestor and of Postgres, which may run on two machines."""

from __future__ import annotations

import math

from faxstore.capacity.demand import Demand, Load
from faxstore.capacity.disk import rollup_rows, unpacked_fax
from faxstore.capacity.figures import MEGABYTE, Figures
from faxstore.capacity.lines import Basis, Line
from faxstore.ingest.worker_count import SESSIONS_PER_WORKER, worker_count

POSTGRES = 512e6
"""Bytes of PostgreSQL with its default settings and a dozen connections."""

BUSY = 0.5
"""The share of the processors that the busiest hour may use; the rest is for reports, vacuum and catching up."""

MONTH = 30


def memory_lines(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    """Return the memory of the ingestor and of Postgres."""
    ingest = workers_of(demand, load) * figures.worker.value * MEGABYTE
    rows = demand.faxes_per_day * unpacked_fax(load, figures).value
    totals = demand.faxes_per_day * (figures.total.value + figures.session.value)
    usage = rollup_rows(demand) * figures.rollup.value
    how = "itself, a day of rows, and a month of totals, so that reports of it read no disk"
    return [
        Line("memory", "ingest", ingest, "bytes", figures.worker.basis, str(figures.worker)),
        Line("memory", "Postgres", POSTGRES + rows + MONTH * (totals + usage), "bytes", Basis.ESTIMATE, how),
    ]


def processor_lines(demand: Demand, load: Load, figures: Figures) -> list[Line]:
    """Return the workers, and the cores that they and Postgres use in the busiest hour."""
    snapshots = load.most_at_once / demand.poll_interval
    faxes = load.most_at_once / load.seconds
    rows = snapshots + faxes * figures.events.value
    ingest = snapshots * figures.poll.value / 1e6
    per_row = figures.appended.value + figures.packed.value + figures.sealed.value
    postgres = (rows * per_row + faxes * figures.folded.value) / 1e6
    cores = max(math.ceil((ingest + postgres) / BUSY), 2)
    polled = f"{snapshots:,.0f} snapshots per second, {figures.poll}"
    stored = f"appends, totals, packs and the log of {rows:,.0f} rows per second"
    return [
        Line("processors", "workers", workers_of(demand, load), "", Basis.ESTIMATE, _workers(demand, load)),
        Line("processors", "ingest", ingest, "cores", figures.poll.basis, polled),
        Line("processors", "Postgres", postgres, "cores", figures.appended.basis, stored),
        Line("processors", "cores", cores, "", Basis.ESTIMATE, "at least 2, half of them used in the busiest hour"),
    ]


def workers_of(demand: Demand, load: Load) -> int:
    """Return the number of workers that `faxstore ingest` starts, if it has enough cores."""
    return worker_count(None, load.most_at_once, math.ceil(demand.servers), load.most_at_once)


def _workers(demand: Demand, load: Load) -> str:
    each = f"one per {SESSIONS_PER_WORKER:,} faxes at once"
    return each if load.most_at_once <= SESSIONS_PER_WORKER * demand.servers else f"{each}, at most one per server"
