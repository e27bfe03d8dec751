"""Measures the checks of `faxstore verify` on packed sessions with totals: rows per second, and processor time per row.

    python -m benchmarks.fill --rows 1000000 --folder /var/tmp/one
    python -m benchmarks.verify_compacted --folder /var/tmp/one

Seals the rows if they are not sealed.  Runs each check alone, and then those that depend on the number of rows as the
command does: that of the history over one connection, the others over another.  Those of the catalog and of coverage
are measured alone only.  Those of sessions and of what is sealed beside the rows are left out: benchmarks.fill makes
sessions with ids of its own, and without the triggers that record them.  Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.import_rate import hardware
from benchmarks.processor_time import processor_seconds
from benchmarks.verify_rate import measured, sealed
from faxstore.log import stored
from faxstore.store import embedded
from faxstore.store.database import Connection, connect
from faxstore.verify import batches, catalog, checkpoints, coverage, history, packs, rollups, totals
from faxstore.verify.findings import Check, Finding, Scope
from faxstore.verify.side_by_side import findings_side_by_side

OF_ROWS = (batches.check, checkpoints.check, totals.check, rollups.check, packs.check, history.check)
OTHERS = (catalog.check, coverage.check)
ROUNDS = 3


def require_none(findings: Iterator[Finding]) -> None:
    """Reads the findings; exits if there is one."""
    for finding in findings:
        sys.exit(f"found what is not there: {finding}")


def alone(connection: Connection, rows: int, checks: Sequence[Check]) -> Iterator[str]:
    """Yields a row of the table for each check."""
    for check in checks:
        with measured(connection) as cost:
            require_none(check(connection, Scope()))
        yield cost.row(check.__module__.rpartition(".")[2], rows)


def together(dsn: str, rows: int) -> str:
    """Runs the checks side by side; returns a row with the time of the client and that of both backends."""
    with connect(dsn) as connection, connect(dsn) as other:
        backends = [one.info.backend_pid for one in (connection, other)]
        wall, client, before = time.perf_counter(), time.process_time(), [*map(processor_seconds, backends)]
        require_none(findings_side_by_side(connection, other, Scope(), OF_ROWS))
        wall, client = time.perf_counter() - wall, time.process_time() - client
        servers = [1e6 * (processor_seconds(one) - begun) / rows for one, begun in zip(backends, before, strict=True)]
    costs = f"{client / rows * 1e6:.2f} | {' + '.join(f'{one:.2f}' for one in servers)}"
    return f"| together | {rows:,} | {rows / wall:,.0f} | {costs} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="the database that benchmarks.fill made")
    arguments = parser.parse_args()
    with embedded.running(arguments.folder) as dsn:
        print(f"{hardware()}, {time.strftime('%Y-%m-%d')}")
        print("\n| checks | rows | rows/s | client, us/row | server, us/row |\n| --- | --- | --- | --- | --- |")
        with connect(dsn) as connection:
            rows = stored.last_position(connection)
            if stored.newest_size(connection) < rows:
                sealed(connection)
                connection.execute("vacuum (analyze)")
            connection.execute("set search_path = pg_catalog, pg_temp")
            for line in alone(connection, rows, OF_ROWS + OTHERS):
                print(line, flush=True)
        for _ in range(ROUNDS):
            print(together(dsn, rows), flush=True)


if __name__ == "__main__":
    main()
