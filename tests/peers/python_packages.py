"""Polars and Spark, which are too large for the virtual environment of the tests, in a folder of their own."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.kit.debian import cache_folder

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def lay_out(name: str) -> Path:
    """The folder with a package and what it needs, for PYTHONPATH; installed once per version."""
    (version,) = re.findall(rf"^{name}==(\S+)$", CONSTRAINTS.read_text(), re.MULTILINE)
    home = cache_folder("FAXSTORE_PEERS_DIR", "faxstore-peers") / "python"
    home.mkdir(parents=True, exist_ok=True)
    place = home / f"{name}-{version}-{sys.version_info.major}.{sys.version_info.minor}"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            _install(name, part := home / "part")
            part.rename(place)
    return place


def _install(name: str, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-cache-dir"]
    command = [*pip, "--no-compile", "--constraint", str(CONSTRAINTS), "--target", str(folder), name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
