"""The databases of released versions, each with everything in it: tests/released/VERSION.sql.gz.

make released      # part of a release: writes that of this version
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

import faxstore
from faxstore.store import embedded, migrate
from tests.kit.cluster import Programs
from tests.kit.database_dump import dump
from tests.kit.places import server_place
from tests.kit.used_database import use

FOLDER = Path(__file__).parents[1] / "released"

NEWER_THAN_15 = ("SET transaction_timeout", "\\restrict", "\\unrestrict")
"""Lines of a dump by PostgreSQL 18 that 15 does not know."""

Rows = dict[str, list[dict[str, Any]]]
"""By name of a table or view: its rows."""


def releases() -> list[Path]:
    """The files of the released versions."""
    return sorted(FOLDER.glob("*.sql.gz"))


def used(dsn: str, folder: Path) -> str:
    """Creates the schema of this version, puts everything into it, and returns a dump."""
    migrate.upgrade(dsn)
    use(dsn, folder)
    return dump(dsn)


def restore(programs: Programs, text: str, dsn: str) -> None:
    """Restores a dump into an empty database of a server that has faxstore's roles."""
    lines = "\n".join(line for line in text.split("\n") if not line.startswith(NEWER_THAN_15))
    psql = [str(programs.folder / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", dsn]
    done = subprocess.run(psql, input=lines.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")


def rows(dsn: str) -> Rows:
    """The rows of every table and view, apart from the revision and from partitions, whose rows their parents have."""
    query = """
    select c.relname from pg_class c
    where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and c.relname <> 'alembic_version'
    order by 1
    """
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        names = [name for (name,) in connection.execute(query)]
        return {name: list(_of(connection, name)) for name in names}


def _of(connection: psycopg.Connection, name: str) -> Iterator[dict[str, Any]]:
    for (row,) in connection.execute(f'select to_jsonb(t) from fax."{name}" t'.encode()):
        yield row


def changed(before: Rows, after: Rows) -> list[str]:
    """The tables and views that are gone, or whose rows are not the same in the columns that they had before."""
    gone = [name for name in before if name not in after]
    return gone + [
        name for name, old in before.items() if name in after and _sorted(old) != _sorted(_reduced(after[name], old))
    ]


def _reduced(rows: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = like[0].keys() if like else set()
    return [{name: value for name, value in row.items() if name in columns} for row in rows]


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def main() -> int:
    """Writes the database of this version."""
    with tempfile.TemporaryDirectory(dir=server_place()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with embedded.running(folder / "server") as dsn:
            text = used(dsn, folder)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{faxstore.__version__}.sql.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{path.relative_to(Path.cwd())}: {path.stat().st_size:,} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
