"""Prometheus and its promtool, from their Debian package without installing it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.kit.debian import cache_folder, laid_out, private_apt, run
from tests.peers.hylafax import SUITE


def program(name: str) -> Path:
    """A program of the unpacked package, which is downloaded if it is not there yet: prometheus or promtool."""
    return laid_out(cache_folder("FAXSTORE_PEERS_DIR", "faxstore-peers") / "prometheus", _download) / "usr/bin" / name


def promtool(*arguments: str, text: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run promtool with this text on its standard input."""
    return subprocess.run(
        [program("promtool"), *arguments], input=text, cwd=folder, capture_output=True, text=True, check=False
    )


def _download(work: Path) -> list[Path]:
    options = private_apt(SUITE, work)
    run("apt-get", *options, "update")
    archives = work / "cache/archives"
    run("apt-get", *options, "download", "prometheus", folder=archives)
    return sorted(archives.glob("*.deb"))
