"""A full disk: the kernel refuses to let the spool's files grow, and later allows it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FILLS = """
import resource, sys
from pathlib import Path
from faxstore.ingest import spool_writer
from faxstore.observations import ServerObservation, decode
from faxstore.spool.queue import Spool
from tests.kit.counted_rows import snapshot

spool_writer.MOST_BYTES = 100_000
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
spool = Spool(Path(sys.argv[1]))
writer = spool_writer.SpoolWriter(spool)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited))
for number in range(1, 5001):
    writer.put(snapshot(number))
    if number % 100 == 0:
        writer.flush()
on_disk = len(spool)
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
writer.flush()
writer.put(snapshot(5001))
writer.stop()
records = [decode(body) for _, body in spool.peek(0, 10_000)]
gaps = [record for record in records if isinstance(record, ServerObservation)]
pages = [record.page_number for record in records if record not in gaps]
dropped = sum(int(record.details["Records"]) for record in gaps)  # they span more than an hour: two rows
assert pages == [*range(1, 5001 - dropped), 5001], pages
assert 0 < on_disk < len(pages) - 100
print(dropped, {record.event for record in gaps})
"""


def test_records_wait_in_memory_then_are_dropped_and_recorded(tmp_path: Path) -> None:
    """The waiting records are written once there is room; the dropped ones are recorded as a gap."""
    command = [sys.executable, "-c", FILLS, str(tmp_path / "spool.sqlite")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    dropped, events = result.stdout.split()
    assert int(dropped) > 1000
    assert events == "{'Dropped'}"
    log = result.stderr.splitlines()
    assert len(log) == 3, result.stderr  # not writable; dropping records; writable again


STARTS = """
import resource, sys
from pathlib import Path
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.spool.queue import Spool

unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), unlimited))
spool = Spool(Path(sys.argv[1]))
writer = SpoolWriter(spool)
for number in range(3):
    writer.put(b"%d" % number)
    writer.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
writer.stop()
print([body for _, body in spool.peek(0, 10)])
"""


@pytest.mark.parametrize("room", [0, 4096])
@pytest.mark.parametrize("entries", [0, 1, 200])
def test_a_start_with_a_full_disk_collects_in_memory(tmp_path: Path, entries: int, room: int) -> None:
    """A process that ended without closing its spool left a write-ahead log, which the start cannot extend."""
    path = tmp_path / "spool.sqlite"
    put = f"import os; Spool(Path({str(path)!r})).put([b'before'] * {entries}); os._exit(0)"
    before = f"from pathlib import Path; from faxstore.spool.queue import Spool; {put}"
    subprocess.run([sys.executable, "-c", before], check=True)
    result = subprocess.run(
        [sys.executable, "-c", STARTS, str(path), str(room)], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str([*[b"before"] * min(entries, 10), b"0", b"1", b"2"][:10])
    assert len(result.stderr.splitlines()) <= 3, result.stderr
