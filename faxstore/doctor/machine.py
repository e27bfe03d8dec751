"""The doctor's checks of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from faxstore.doctor.findings import Finding, Verdict

SUBJECT = "this machine"
MEBIBYTE = 1024 * 1024
LOW_SPACE = 1024 * MEBIBYTE
TOO_LITTLE_SPACE = 100 * MEBIBYTE


def examine(data_dir: Path) -> list[Finding]:
    """Return the findings on this machine."""
    return [check(data_dir) for check in CHECKS]


def spool(data_dir: Path) -> Finding:
    """Check that the spool can be written and has space to queue observations while the database is down."""
    existing = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        change = f"chown it to the user that runs faxstore, or set data_dir (now {data_dir}) to another folder"
        return Finding(SUBJECT, "spool", Verdict.FAIL, f"this user cannot write to {existing}", change)
    return free_space(data_dir, shutil.disk_usage(existing).free)


def free_space(data_dir: Path, free: int) -> Finding:
    """Return the finding for a number of free bytes."""
    text = f"{free / MEBIBYTE:,.0f} MiB free for {data_dir}"
    if free >= LOW_SPACE:
        return Finding(SUBJECT, "spool", Verdict.OK, text)
    verdict = Verdict.WARN if free >= TOO_LITTLE_SPACE else Verdict.FAIL
    return Finding(SUBJECT, "spool", verdict, text, "free some space, or set data_dir to a folder on a larger disk")


CHECKS: tuple[Callable[[Path], Finding], ...] = (spool,)
