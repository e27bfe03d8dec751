"""Memory does not grow with the number of row groups that are written or read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

GROUPS = 240
PROGRAM = """
import json, sys
from pathlib import Path
from faxstore.archive import columns, parquet, reading, writing

ROWS = 1024
LINE = (
    '5f1c7a52-9c0e-5d5b-8a53-{session:012d},2026-09-01 00:00:00+00,2026-09-01 00:{minute:02d}:{second:02d}+00,{row},'
    '14400,8040,7700,1,{second},,{minute},t,FAXSession,send,Active,G.711,a-collector,/var/spool/fax/{session}.tif,'
    '"{{""CallerIDNum"": ""{row:09d}""}}"\\n'
)

def lines(count):
    for row in range(count):
        yield LINE.format(session=row // 100, minute=row // 60 % 60, second=row % 60, row=row + 1).encode()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def writing_sizes(path, groups):
    with path.open("wb") as out, parquet.writer(out, columns.SCHEMA) as writer:
        written, rows = writing.Written(), lines(groups * ROWS)
        while writing.write_group(writer, rows, ROWS, written):
            yield resident()

def reading_sizes(path):
    for _ in reading.batches([path]):
        yield resident()

path = Path(sys.argv[1])
print(json.dumps([list(writing_sizes(path, int(sys.argv[2]))), list(reading_sizes(path))]))
"""


def test_memory_does_not_grow_with_row_groups(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "file.parquet"), str(GROUPS)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    for sizes in json.loads(ran.stdout):
        assert len(sizes) == GROUPS
        quarter = GROUPS // 4
        assert max(sizes[-quarter:]) < max(sizes[:quarter]) + 6.0
