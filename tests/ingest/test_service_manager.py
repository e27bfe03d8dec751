"""The unit of deploy/: systemd takes every line of it, and what it waits for fits what the ingestor does."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from faxstore.errors import UsageError
from faxstore.ingest import carrier, spool_writer
from faxstore.ingest import service as ingest

UNIT = Path(__file__).parents[2] / "deploy" / "faxstore.service"
TEXT = UNIT.read_text(encoding="utf-8")
LEAVING = 3.0 + ingest.LAST_DRAIN + 1.0
"""Seconds that a clean stop takes at most: the servers' farewell, the last of the spool, the thread's end."""


def test_every_line_is_a_section_a_comment_or_a_setting() -> None:
    lines = [line for line in TEXT.splitlines() if line]
    assert [line for line in lines if not re.fullmatch(r"#.*|\[(Unit|Service|Install)\]|[A-Z]\w+=.*", line)] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd on this machine")
def test_systemd_takes_it_and_finds_it_closed(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(TEXT.replace("/opt/faxstore/bin/faxstore", sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    closed = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)]  # tenths: 2.0 of 10
    assert subprocess.run(closed, capture_output=True).returncode == 0


def setting(name: str) -> str:
    found = re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)
    assert len(found) == 1, name
    return str(found[0])


def test_what_it_waits_for_fits_the_ingestor() -> None:
    assert (setting("Type"), setting("NotifyAccess"), setting("Restart")) == ("notify", "main", "always")
    assert int(setting("TimeoutStopSec")) > 2 * LEAVING
    assert int(setting("WatchdogSec")) > 2 * LEAVING  # no sign of life comes while it stops
    assert int(setting("RestartPreventExitStatus")) == UsageError.exit_status


def test_a_slow_disk_or_database_is_not_taken_for_a_thread_that_hangs() -> None:
    """SQLite waits 30 s for a lock; a lost database is noticed within 35 s, and tried again after 10 s at most."""
    assert spool_writer.LONGEST_ROUND > 2 * 30
    assert carrier.LONGEST_ROUND > 2 * (35 + carrier.LONGEST_BACK_OFF)


@pytest.mark.parametrize(
    "line",
    [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "CapabilityBoundingSet=",
        "LimitCORE=0",
        "UMask=0027",
    ],
)
def test_it_is_closed(line: str) -> None:
    assert line in TEXT.splitlines()
