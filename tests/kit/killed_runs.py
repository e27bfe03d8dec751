"""Processes that are killed with -9 in the middle of their work."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg


def run_and_kill(code: str, dsn: str, folder: Path, chance: random.Random) -> None:
    """Runs Python code with a DSN and a folder; kills it up to 1.5 s after it has printed "ready"."""
    with subprocess.Popen([sys.executable, "-c", code, dsn, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 1.5))
        os.kill(process.pid, signal.SIGKILL)
    with psycopg.connect(dsn) as connection:  # its backend notices later
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'faxstore'"
        )
