"""Measures what records of sessions cost the append, and what a seal costs after many records.

    python -m benchmarks.record_cost

Every batch has new sessions of 20 rows each.  Rounds with and without the triggers that record a change of fax.session
alternate, so that the growth of the history affects both.  Then it seals everything, and again after each of some
small appends.  Prints rows for docs/decisions/0027-records-beside-the-rows.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.append_beside_seal import BATCH, LIFE, STARTED, row
from benchmarks.import_rate import hardware
from benchmarks.verify_rate import Cost, measured
from faxstore.log.seal import seal
from faxstore.log.signing import Signing
from faxstore.observations import MICROSECONDS, Observation
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from faxstore.store.database import connect

ROWS_PER_SESSION = 20


def appended(dsn: str, first: int, batches: int, *, recorded: bool) -> Cost:
    """The cost of a number of batches of new sessions, with or without the triggers."""
    with connect(dsn) as connection:
        for trigger in ("record_row", "record_update"):
            state = "enable always" if recorded else "disable"
            connection.execute(f"alter table fax.session {state} trigger {trigger}".encode())
        appender = Appender(connection, "benchmark")
        with measured(connection) as cost:
            for batch in range(first, first + batches):
                appender.append(enumerate(new_sessions(batch)))
        return cost


def new_sessions(batch: int) -> list[Observation]:
    """The rows of a batch."""
    at, first = STARTED + batch * MICROSECONDS, batch * BATCH // ROWS_PER_SESSION
    numbers = [first + n // ROWS_PER_SESSION for n in range(BATCH)]
    return [
        Observation(LIFE, at + n, "FAXSession", number, channel=f"PJSIP/trunk-{number:08x}", technology="Spandsp")
        for n, number in enumerate(numbers)
    ]


def sealed_seconds(dsn: str) -> float:
    """How long a seal takes."""
    began = time.monotonic()
    with connect(dsn) as connection:
        seal(connection, "faxstore/benchmark", Signing(), lambda *_: None)
    return time.monotonic() - began


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of each kind (default: 5)")
    parser.add_argument("--batches", type=int, default=500, help=f"of {BATCH} rows in a round (default: 500)")
    arguments = parser.parse_args()
    costs: dict[bool, list[Cost]] = {False: [], True: []}
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as folder:
        Path(folder).chmod(0o755)
        with embedded.running(Path(folder)) as dsn:
            migrate.upgrade(dsn)
            batch = 0
            for _ in range(arguments.rounds):
                for recorded in costs:
                    costs[recorded].append(appended(dsn, batch, arguments.batches, recorded=recorded))
                    batch += arguments.batches
            sealed_seconds(dsn)
            seals = []
            for _ in range(arguments.rounds):
                appended(dsn, batch, 1, recorded=True)
                batch += 1
                seals.append(sealed_seconds(dsn))
            with connect(dsn) as connection:
                ((records, size),) = connection.execute(
                    "select count(*), pg_total_relation_size('fax.log_record') from fax.log_record"
                )
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}; python -m benchmarks.record_cost {' '.join(sys.argv[1:])}\n")
    what = f"append of {BATCH} rows, {BATCH // ROWS_PER_SESSION} new sessions"
    print(f"| {what} | client, us/row | server, us/row | rows/s |")
    print("| --- | --- | --- | --- |")
    print(row("without records", costs[False], arguments.batches * BATCH))
    print(row("with records", costs[True], arguments.batches * BATCH))
    seconds = statistics.median(seals)
    print(f"\n{records:,} records, {size / records:.0f} bytes each; a seal of {BATCH} rows: {seconds:.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
