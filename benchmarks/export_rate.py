"""How quick `faxstore export sessions` is beside COPY of the same rows in the same order, and how much memory it takes.

    python -m benchmarks.export_rate                        # an embedded Postgres of its own, removed afterwards
    python -m benchmarks.export_rate --sessions 20000 --rows 1000000

First from a history of `--sessions` (of 50 rows each, by ten_million.sql), where the fold takes the time.  Then
fax.sessions is made a view of a table of `--rows` rows that the fold gave, so that only the export's own work is left.
The times are those of the whole command, from its start to its end, and of a COPY by the server into a file of its
own; each is the better of two.  Prints rows for docs/performance.md.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from benchmarks import ten_million
from benchmarks.import_rate import hardware, timed
from faxstore.store import embedded, migrate
from faxstore.store.database import connect

ROWS_A_SESSION = 50
COPY = "copy (select * from fax.sessions order by started_at, session_id) to {} (format csv, header)"
MANY = """
create table public.many as select * from fax.sessions;
insert into public.many
select (jsonb_populate_record(m, jsonb_build_object('session_id', md5(m.session_id::text || n)))).*
from public.many m cross join generate_series(2, %(times)s) n;
delete from public.many where ctid in (select ctid from public.many offset %(rows)s);
analyze public.many;
alter view fax.sessions rename to folded_sessions;
create view fax.sessions as select * from public.many;
"""


@dataclass(frozen=True)
class Compared:
    """Seconds of COPY, seconds and megabytes of the export, for `rows` rows."""

    rows: int
    copy: float
    export: float
    megabytes: float

    def line(self, what: str, form: str) -> str:
        """The row of the table."""
        cells = (
            f"{form} of {self.rows:,} {what}",
            f"{self.rows / self.export:,.0f} rows/s",
            f"{self.export:.1f} s, COPY {self.copy:.1f} s: {self.copy / self.export:.0%} of its speed",
            f"{self.megabytes:.0f} MB",
        )
        return f"| {' | '.join(cells)} |"


def compare(dsn: str, folder: Path, form: str) -> Compared:
    """COPY and export, twice each in turn; the better of each."""
    copies, exports = [], []
    for _ in range(2):
        copies.append(_copy(dsn, folder / "copied.csv"))
        place = "--folder" if form == "parquet" else "--output"
        output = folder / f"{time.monotonic_ns()}.{form}"
        exports.append(timed(dsn, "export", "sessions", "--format", form, place, str(output)))
    with connect(dsn) as connection:
        (rows,) = connection.execute("select count(*) from fax.sessions").fetchone() or (0,)
    return Compared(rows, min(copies), min(exports)[0], max(megabytes for _, megabytes in exports))


def _copy(dsn: str, file: Path) -> float:
    with connect(dsn) as connection:
        start = time.monotonic()
        connection.execute(sql.SQL(COPY).format(sql.Literal(str(file))))
        return time.monotonic() - start


def table(dsn: str, folder: Path, sessions: int, rows: int) -> Iterator[str]:
    """The rows of the table."""
    ten_million.fill(dsn, sessions * ROWS_A_SESSION)
    yield compare(dsn, folder, "csv").line("sessions, folded from the history", "CSV")
    with connect(dsn) as connection:
        connection.cursor().execute(b"set timezone = 'UTC'")
        for statement in filter(str.strip, MANY.split(";")):
            connection.execute(statement.encode(), {"times": rows // sessions + 1, "rows": rows})
    for form in ("csv", "jsonl", "parquet"):
        yield compare(dsn, folder, form).line("sessions, from a table", form)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=20_000, help="in the history (default: 20000)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="in the table (default: 1000000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-benchmark-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o777)  # the server, which may be another user, writes here too
        with embedded.running(folder / "data") as dsn:
            ten_million.without_fsync(dsn)
            migrate.upgrade(dsn)
            print(f"{hardware()}, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}")
            print(f"python -m benchmarks.export_rate {' '.join(sys.argv[1:])}".rstrip())
            for line in table(dsn, folder, arguments.sessions, arguments.rows):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
