"""pandas and Polars read a history through the Python API, with the types of Arrow."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest

from tests.kit.given import append, completed, gone, receiving
from tests.peers import python_packages

PROGRAM = """
import json, sys, faxstore
dsn, library = sys.argv[1:]
query = "select session_number, pages, bad_lines, duration_seconds, started_at, result from fax.sessions order by 1"
with faxstore.open(dsn) as store:
    frame = getattr(store, library)(query)
types = frame.dtypes if library == "polars" else frame.dtypes.tolist()
rows = frame.rows() if library == "polars" else frame.itertuples(index=False)
print(json.dumps([[str(kind) for kind in types], [[str(value) for value in row] for row in rows]]))
"""
TYPES = {
    "pandas": [
        *("int64[pyarrow]", "int32[pyarrow]", "int64[pyarrow]", "decimal128(38, 6)[pyarrow]"),
        *("timestamp[us, tz=UTC][pyarrow]", "string[pyarrow]"),
    ],
    "polars": [
        *("Int64", "Int32", "Int64", "Decimal(precision=38, scale=6)"),
        *("Datetime(time_unit='us', time_zone='UTC')", "String"),
    ],
}


@pytest.mark.parametrize("library", list(TYPES))
def test_a_data_frame_has_exact_values(dsn: str, database: psycopg.Connection, library: str) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)), completed(3, 1), gone(4))
    append(database, receiving((100, 1, 0), number=1))
    environment = os.environ | {"PYTHONPATH": str(python_packages.lay_out(library))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, dsn, library], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    types, (first, second) = json.loads(done.stdout)
    assert types == TYPES[library]
    assert first == ["0", "1", "3", "3.000000", "2026-11-02 08:00:00+00:00", "unknown"]
    assert second[3] in ("None", "<NA>")
