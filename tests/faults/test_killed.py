"""The process that carries is killed with -9 at random instants: a reader finds what was put, once each."""

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


def life(spool: Path, dsn: str, first: int, rng: random.Random) -> int:
    """One life of it, ended at a random instant; the number behind the last one that put() returned from."""
    command = [sys.executable, "-c", PUTS_AND_CARRIES, str(spool), dsn, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "it did not begin"
        time.sleep(rng.uniform(0.0, 0.25))
        os.kill(process.pid, signal.SIGKILL)
        told = [line, *process.stdout]
    assert process.returncode == -signal.SIGKILL
    return int(told[-1] if told[-1].endswith("\n") else told[-2])


def test_killed_at_random_instants_nothing_is_lost_or_doubled(dsn: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    rng, spool, following = random.Random(seed), tmp_path / "spool.sqlite", 1
    for _ in range(KILLS):
        # What the last life put and did not tell of is put again.
        following = life(spool, dsn, following, rng)
    before = len(pages(dsn))
    assert subprocess.run([sys.executable, "-c", CARRIES, str(spool), dsn], check=False, timeout=90).returncode == 0
    found = pages(dsn)
    assert 0 < before <= len(found)
    # The two in hand at the last kill may be there.
    assert found in (list(range(1, following)), list(range(1, following + 2)))
