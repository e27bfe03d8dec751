"""This machine: room for the spool."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from faxstore.doctor.findings import Finding, Verdict

SUBJECT = "this machine"
MEBIBYTE = 1024 * 1024
TIGHT = 1024 * MEBIBYTE
TOO_LITTLE = 100 * MEBIBYTE


def examine(data_dir: Path) -> list[Finding]:
    """Whether observations can wait here while the database is away."""
    there = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        change = f"chown it to the user of faxstore, or set data_dir (now {data_dir}) to another folder"
        return [Finding(SUBJECT, "spool", Verdict.FAIL, f"{there} cannot be written to by this user", change)]
    return [space(data_dir, shutil.disk_usage(there).free)]


def space(data_dir: Path, free: int) -> Finding:
    """Free bytes under the data folder; the spool holds what the database has not taken yet."""
    text = f"{free / MEBIBYTE:,.0f} MiB free for {data_dir}"
    if free >= TIGHT:
        return Finding(SUBJECT, "spool", Verdict.OK, text)
    verdict = Verdict.WARN if free >= TOO_LITTLE else Verdict.FAIL
    return Finding(SUBJECT, "spool", verdict, text, "make room, or set data_dir to a folder on a larger disk")
