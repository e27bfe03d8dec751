"""The carrier's process is killed with -9 at random times: every entry is in the history, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.kit.counted_rows import pages

KILLS = 25

PUTS_AND_CARRIES = """
import sys
from pathlib import Path
from faxstore.spool.queue import Spool
from faxstore.ingest import carrier, drain
from faxstore.ingest.carrier import Carrier
from tests.kit.counted_rows import snapshot

carrier.IDLE, drain.BATCH = 0.001, 25
spool = Spool(Path(sys.argv[1]))
Carrier(sys.argv[2], spool, "host1").start()
number = int(sys.argv[3])
while True:
    spool.put([snapshot(number), snapshot(number + 1)])
    number += 2
    print(number, flush=True)
"""

CARRIES = """
import sys
from pathlib import Path
from faxstore.spool.queue import Spool
from faxstore.ingest.carrier import Carrier

spool = Spool(Path(sys.argv[1]))
carrier = Carrier(sys.argv[2], spool, "host1")
carrier.start()
carrier.stop(within=60)
sys.exit(len(spool) > 0)
"""


def run_and_kill(spool: Path, dsn: str, first: int, rng: random.Random) -> int:
    """Run the process and kill it at a random time; return the number after the last one that put() returned from."""
    command = [sys.executable, "-c", PUTS_AND_CARRIES, str(spool), dsn, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "it did not start"
        time.sleep(rng.uniform(0.0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        numbers = [line, *process.stdout]
    assert process.returncode == -signal.SIGKILL
    return int(numbers[-1] if numbers[-1].endswith("\n") else numbers[-2])


def test_killed_at_random_times_nothing_is_lost_or_duplicated(dsn: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng, spool, following = random.Random(seed), tmp_path / "spool.sqlite", 1
    for _ in range(KILLS):
        # Entries that the killed process put without printing their number are put again.
        following = run_and_kill(spool, dsn, following, rng)
    before = len(pages(dsn))
    assert subprocess.run([sys.executable, "-c", CARRIES, str(spool), dsn], check=False, timeout=90).returncode == 0
    found = pages(dsn)
    assert 0 < before <= len(found)
    # The two that were being put at the last kill may be there.
    assert found in (list(range(1, following)), list(range(1, following + 2)))
