"""Runs HylaFAX's reports, xferfaxstats and recvstats, from their Debian package without installing it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.kit.debian import cache_folder, laid_out, private_apt, run

SUITE = "bookworm"
"""The Debian suite; its hylafax-server is 6.0.7."""

_SETTINGS = {"AWK": "awk", "CAT": "cat", "SED": "sed", "GREP": "grep"}
"""What faxsetup(8) would have found on this machine, as far as the reports need it."""

_PAGES_TIME_RATE_ERRORS = re.compile(
    r"^(?P<key>.*?) +(?P<pages>\d+) +(?P<time>\d+(?::\d+)+) +[\d.]+ +(?P<errors>\d+)(?: .*)?$"
)


@dataclass(frozen=True)
class Line:
    """One line of a report: its key, pages, seconds and errors."""

    key: str
    pages: int
    seconds: int
    errors: int


def lay_out() -> Path:
    """The unpacked hylafax-server; downloaded if it is not there yet."""
    return laid_out(cache_folder("FAXSTORE_PEERS_DIR", "faxstore-peers") / "hylafax", _download)


def report(tree: Path, folder: Path, program: str, *arguments: str | Path) -> list[Line]:
    """The lines of a report, the total last; `folder` holds what the report needs beside the tree."""
    script = _relocated(tree, folder, program)
    done = subprocess.run(["bash", script, *arguments], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    title, *lines = done.stdout.splitlines()
    assert "Pages" in title
    width = title.find("CIDName")  # recvstats has two more columns after the key
    found = [_PAGES_TIME_RATE_ERRORS.match(line) for line in lines if not line.startswith("---")]
    assert all(found), done.stdout
    return [_line(match, width) for match in found if match]


def _line(match: re.Match[str], width: int) -> Line:
    seconds = 0
    for part in match["time"].split(":"):
        seconds = seconds * 60 + int(part)
    key = match["key"][:width] if width > 0 else match["key"]
    return Line(key.strip(), int(match["pages"]), seconds, int(match["errors"]))


def _relocated(tree: Path, folder: Path, program: str) -> Path:
    """The program with its fixed spool path replaced by our folder; nothing else is changed."""
    spool = folder / "spool"
    (spool / "etc").mkdir(parents=True, exist_ok=True)
    (spool / "etc/setup.cache").write_text("".join(f"{name}={value}\n" for name, value in _SETTINGS.items()))
    shutil.copytree(tree / "var/spool/hylafax/bin", spool / "bin", dirs_exist_ok=True)
    text = (tree / "usr/lib/hylafax/bin" / program).read_text(encoding="utf-8")
    line = "SPOOL=/var/spool/hylafax\n"
    assert text.count(line) == 1
    script = folder / program
    script.write_text(text.replace(line, f"SPOOL={spool}\n"))
    return script


def _download(work: Path) -> list[Path]:
    options = private_apt(SUITE, work)
    run("apt-get", *options, "update")
    archives = work / "cache/archives"
    run("apt-get", *options, "download", "hylafax-server", folder=archives)
    return sorted(archives.glob("*.deb"))
