"""A script beside a test that is killed with -9 at a random time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable


def kill_at_random(script: str, dsn: str, chance: random.Random, before: Callable[[], object] | None) -> None:
    """Run a Python script that gets the DSN and prints a line once it is connected; kill it up to 0.1 s later.

    `before` is called just before the kill, for example to end its connection.
    """
    with subprocess.Popen([sys.executable, "-c", script, dsn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"connected\n"
        time.sleep(chance.uniform(0.0, 0.1))
        if before is not None:
            before()
        os.kill(process.pid, signal.SIGKILL)
