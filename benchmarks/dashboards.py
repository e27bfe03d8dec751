"""Times the SQL of the Grafana dashboards in deploy/grafana on databases that benchmarks.fill made.

    python -m benchmarks.fill --rows 100000000 --folder /var/tmp/hundred   # a million sessions
    python -m benchmarks.dashboards /var/tmp/hundred                       # a week, then a month

Expands the macros and variables as Grafana does. Each statement is sent as text, so the database plans it each time;
the first execution is not counted. Prints for each panel and period the median for the client and the processor time of
the server, which depends least on other programs, and ends with status 1 if a median of the first period exceeds the
limit: the dashboards open with a week or a day.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from faxstore.store import embedded
from faxstore.store.database import Connection, connect

DASHBOARDS = Path(__file__).parents[1] / "deploy/grafana/dashboards"

POINTS = 1_000
"""The points that Grafana requests for a panel without a limit of its own (maxDataPoints)."""

LIMIT = 300.0
"""Milliseconds that a panel may take for the first period on a million sessions."""

ALL = "$__all"
"""The value of a variable of which everything is selected."""


@dataclass(frozen=True)
class Statement:
    """The SQL of a panel, a variable or an annotation, as the dashboard has it."""

    dashboard: str
    title: str
    format: str
    text: str
    points: int = POINTS
    fields: tuple[str, ...] = ()
    """The columns that the panel gives a unit or a colour."""

    def expanded(self, since: datetime, until: datetime, servers: tuple[str, ...] = (), zone: str = "UTC") -> str:
        """Return what Grafana sends for a period: its macros (macros.go) and the dashboard's variables replaced."""
        begin, end = (f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'" for moment in (since, until))
        chosen = ", ".join(f"'{server}'" for server in servers)
        text = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {begin} AND {end}", self.text)
        text = text.replace("$__timeFrom()", begin).replace("$__timeTo()", end).replace("$__timezone", zone)
        text = text.replace("$__interval_ms", str(round((until - since).total_seconds() * 1000 / self.points)))
        return text.replace("$server", chosen or all_of("server", self.dashboard))


def document(dashboard: str) -> dict[str, Any]:
    """The JSON document of a dashboard, by name."""
    found: dict[str, Any] = json.loads((DASHBOARDS / f"{dashboard}.json").read_text(encoding="utf-8"))
    return found


def all_of(variable: str, dashboard: str) -> str:
    """The text that stands for all values of a variable; empty if the dashboard has no such variable."""
    found = [one["allValue"] for one in document(dashboard)["templating"]["list"] if one["name"] == variable]
    return str(found[0]) if found else ""


def statements() -> Iterator[Statement]:
    """Yield every statement of every dashboard."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        name, whole = path.stem, document(path.stem)
        for variable in whole["templating"]["list"]:
            yield Statement(name, f"variable {variable['name']}", "table", variable["query"])
        for annotation in whole["annotations"]["list"]:
            target = annotation["target"]
            yield Statement(name, annotation["name"], target["format"], target["rawSql"])
        for panel in whole["panels"]:
            fields = tuple(one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"])
            for target in panel["targets"]:
                if "rawSql" in target:
                    points = panel.get("maxDataPoints", POINTS)
                    yield Statement(name, panel["title"], target["format"], target["rawSql"], points, fields)


def milliseconds(connection: Connection, text: str, repetitions: int) -> tuple[float, float]:
    """Return the times of a statement: the median for the client, and the mean processor time of the server."""
    taken, used = list[float](), 0.0
    for number in range(repetitions + 1):
        if number == 1:
            used = processor_seconds(connection.info.backend_pid)
        began = time.perf_counter()
        connection.execute(text.encode(), prepare=False).fetchall()
        taken.append((time.perf_counter() - began) * 1000)
    server = (processor_seconds(connection.info.backend_pid) - used) * 1000 / repetitions
    return statistics.median(taken[1:]), server


def main() -> int:
    """Runs the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of databases")
    parser.add_argument("--days", type=int, nargs="+", default=[7, 30], help="lengths of the period (default: 7 30)")
    parser.add_argument("--until", default="2025-07-01", help="end of the period (default: 2025-07-01)")
    parser.add_argument("--repetitions", type=int, default=10, help="executions that count (default: 10)")
    arguments = parser.parse_args()
    until = datetime.fromisoformat(arguments.until).replace(tzinfo=UTC)
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}")
    slow = 0
    for folder in arguments.folders:
        with embedded.running(folder) as dsn, connect(dsn) as connection:
            connection.execute("set role fax_reader")
            for one in statements():
                texts = [one.expanded(until - timedelta(days=days), until) for days in arguments.days]
                times = [milliseconds(connection, text, arguments.repetitions) for text in texts]
                slow += times[0][0] > LIMIT
                cells = " | ".join(f"{median:.1f} | {server:.1f}" for median, server in times)
                print(f"| {folder.name} | {one.dashboard} | {one.title} | {cells} |", flush=True)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
