"""Unpacks Debian packages into a private folder; nothing is installed and root is not needed.

apt resolves and downloads them with a private state.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class PackageError(Exception):
    """Packages could not be unpacked; the text names what this machine or the mirror lacks."""


def cache_folder(variable: str, name: str) -> Path:
    """The folder in the environment variable, else the folder `name` in the user's cache."""
    if chosen := os.environ.get(variable):
        return Path(chosen).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / name


def laid_out(home: Path, download: Callable[[Path], list[Path]]) -> Path:
    """The unpacked tree below `home`; `download` runs only if the tree does not exist yet."""
    home.mkdir(parents=True, exist_ok=True)
    tree = home / "tree"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            _unpack(download(home / "apt"), home / "part")
            (home / "part").rename(tree)
            shutil.rmtree(home / "apt")
    return tree


def private_apt(suite: str, work: Path) -> list[str]:
    """Options that keep apt within `work`, with an empty dpkg status, so that it resolves every library."""
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
    settings = {
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State": work,
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Log": work,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        # A mirror frozen at a date outlives the validity of its Release file; apt still checks the signature.
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Retries": "3",
    }
    return ["-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]


def mirror() -> str:
    """The Debian mirror in this machine's apt sources, as apt reads them.

    Other archives may have a similar path, but not Debian's component `main`.
    """
    uris = run("apt-get", "update", "--print-uris")
    found = re.search(r"^'(\S+/debian/\S*?)dists/[^/]+/main/binary-", uris, re.MULTILINE)
    if not found:
        raise PackageError("apt has no Debian mirror in its sources: this needs a Debian machine")
    return found[1]


def depends(package: str, options: list[str]) -> list[str]:
    """The packages that a package depends on: the first of each alternative, without versions."""
    fields = run("apt-cache", *options, "show", "--no-all-versions", package)
    found = re.search(r"^Depends: (.*)$", fields, re.MULTILINE)
    if not found:
        raise PackageError(f"the mirror has no package {package} that says what it depends on")
    return [re.split(r"[ :|(]", choice.strip())[0] for choice in found[1].split(",")]


def _unpack(packages: list[Path], root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for package in packages:
        run("dpkg-deb", "--extract", str(package), str(root))


def run(*command: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise PackageError(f"{command[0]} is not there: this needs a Debian machine") from error
    except subprocess.CalledProcessError as error:
        raise PackageError(f"{command[0]} failed: {error.stderr.strip() or error.stdout.strip()}") from error
    return done.stdout
