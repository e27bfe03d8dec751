"""Measures what retention leaves of two years: the disk by kind, beside what `faxstore capacity` computes.

    python -m benchmarks.retention --rows 1000000 --folder /var/tmp/two-years   # rows per year

Fills a database with two years of faxes (benchmarks.fill), with records of their sessions, seals it,
and applies `faxstore retention` as if it were the first night after these years: personal values are
erased after 12 months, rows dropped after 3, totals retained for 72.  Then it vacuums, as autovacuum does later, and
prints the size of each kind.  Run it again to read the sizes only.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.fax_cost import SIZES
from benchmarks.fill import fill
from benchmarks.import_rate import hardware
from benchmarks.ten_million import without_fsync
from faxstore.capacity.demand import DAYS, Demand, Load
from faxstore.capacity.disk import PART, disk_lines
from faxstore.capacity.figures import Figures
from faxstore.log import seal
from faxstore.log.signing import Signing
from faxstore.retention.applying import Application
from faxstore.settings.values import Retention, Settings
from faxstore.store import embedded, migrate
from faxstore.store.database import Connection, connect
from tests.kit.archives import compacted
from tests.kit.billing_batches import export
from tests.kit.log_faxes import a_history

YEARS = 2
NIGHT = datetime(2027, 1, 1, 3, tzinfo=UTC)
PERIODS = {"personal_values": 12, "rows": 3, "totals": 72}

KINDS = {
    "packs": ("session_pack",),
    "dropped rows": ("dropped_session", "dropped_leaf"),
    "sessions": ("session",),
    "totals": ("session_total",),
    "roll-ups": ("usage_rollup",),
    "appends": ("append_batch",),
    "log, erased values": (
        *("log_run", "log_subtree", "session_salt", "log_record"), *("erased_digest", "erased_key", "erasure"),
    ),
    "polls and counters": ("server_history", "coverage_day", "compared_reading", "reconciliation_day"),
}  # fmt: skip
"""The tables of each line of the plan."""

LEDGER = "select pg_total_relation_size('fax.export_line'), count(*) from fax.export_line"
COUNTS = """
select (select max(last_position) from fax.append_batch), (select count(*) from fax.session),
       (select count(*) from fax.erasure), (select count(*) from fax.erased_digest),
       (select count(*) from fax.append_batch), (select count(*) from fax.log_record where relation = 'session'),
       (select count(*) from fax.usage_rollup)
"""


def prepare(dsn: str, folder: Path, rows: int) -> None:
    """Fills and seals the database, and publishes the checkpoint."""
    with connect(dsn) as connection:
        fill(connection, rows, YEARS, polled=1, recorded=True)
    with connect(dsn) as connection:
        sealed = seal.seal(connection, None, Signing(None, None, False), lambda *_: None)
        assert sealed is not None
        (folder / "checkpoint").write_text(sealed[1], encoding="utf-8")
        connection.execute("vacuum (analyze)")


def apply(dsn: str, folder: Path) -> None:
    """Applies the rules as if it were NIGHT."""
    periods = Retention(**PERIODS, archive=folder / "archive", checkpoint=folder / "checkpoint")
    (folder / "archive").mkdir(exist_ok=True)
    settings = Settings(dsn, folder, total_after=0, pack_after=2, retention=periods)
    with connect(dsn) as connection:
        application = Application(connection, settings, NIGHT, report, report)
        application.run()
        seal.seal(connection, None, Signing(None, None, False), lambda *_: None)
        connection.execute("vacuum (analyze)")
    assert application.problems == 0


def ledger_width() -> float:
    """Returns the bytes per fax of the billing ledger."""
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded.running(folder) as dsn:
            migrate.upgrade(dsn)
            with connect(dsn) as connection:
                a_history(connection, faxes=1_200)
                compacted(connection)
                export(dsn, folder)
                ((size, lines),) = connection.execute(LEDGER).fetchall()
    return float(size) / float(lines)


def report(line: str) -> None:
    """Prints what was done."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def compared(connection: Connection) -> Iterator[str]:
    """Yields the lines of a table of sizes, measured and computed."""
    sizes: dict[str, int] = dict(connection.execute(SIZES).fetchall())
    ((whole,),) = connection.execute("select pg_database_size(current_database())").fetchall()
    ((rows, faxes, erased, digests, batches, records, rollups),) = connection.execute(COUNTS).fetchall()
    yield f"{rows:,} rows, {faxes:,} faxes, {erased:,} erasures, {digests:,} digests, {records:,} records of sessions"
    each = {"erased_digest": digests, "erasure": erased, "erased_key": erased, "usage_rollup": rollups}
    yield "bytes per row of " + ", ".join(f"{name} {sizes[name] / max(count, 1):.0f}" for name, count in each.items())
    demand = Demand(
        faxes_per_day=faxes / YEARS / DAYS, servers=1, accounts=20, busy_hour=100 / 24, years=YEARS,
        keep_rows=PERIODS["rows"], keep_totals=PERIODS["totals"], keep_personal_values=PERIODS["personal_values"],
    )  # fmt: skip
    load = Load(99.0, 85.0, rows / faxes, 0.0, 0, batches / YEARS / DAYS)
    lines = {line.name: line.value for line in disk_lines(demand, load, Figures()) if line.part == PART}
    lines["log, erased values"] = lines["log"] + lines["erased values"]  # records of erasures are in the log
    yield "| kind | measured | computed | computed / measured |"
    yield "| --- | --- | --- | --- |"
    for name, tables in KINDS.items():
        measured = sum(sizes[table] for table in tables)
        yield f"| {name} | {measured:,} | {lines[name]:,.0f} | {lines[name] / measured:.2f} |"
    yield f"| database | {whole:,} | {lines['database']:,.0f} | {lines['database'] / whole:.2f} |"
    known = {table for tables in KINDS.values() for table in tables}
    others = sorted(((size, name) for name, size in sizes.items() if name not in known), reverse=True)[:5]
    yield f"other tables: {', '.join(f'{name} {size:,}' for size, name in others)}"


def main() -> int:
    """Runs the program from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows per year (default: 1000000)")
    parser.add_argument("--folder", type=Path, required=True, help="where to keep the database")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}; python -m benchmarks.retention")
    with embedded.running(arguments.folder) as dsn:
        if migrate.current(dsn) is None:
            without_fsync(dsn)
            migrate.upgrade(dsn)
            prepare(dsn, arguments.folder, arguments.rows)
            apply(dsn, arguments.folder)
        with connect(dsn) as connection:
            print(*compared(connection), sep="\n")
    print(f"{ledger_width():.0f} bytes per fax in the ledger")
    return 0


if __name__ == "__main__":
    sys.exit(main())
