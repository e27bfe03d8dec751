"""Lay out an Asterisk from Debian packages in a folder of its own; nothing is installed, root is not needed.

apt resolves and downloads with a private state, the packages are only unpacked, and the server is later started
with its own dynamic loader: the machine's C library may be older or newer.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SUITES = {"22": "sid", "16": "bullseye"}
"""The Debian suite that has each version of Asterisk."""

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class LayoutError(Exception):
    """A server could not be laid out: what is missing on this machine or at the mirror."""


@dataclass(frozen=True)
class Tree:
    """An Asterisk laid out below `root`, as its packages have it (`root`/usr/sbin/asterisk ...)."""

    version: str
    root: Path

    @property
    def modules(self) -> Path:
        """The folder of the server's modules."""
        return self._only("res_fax.so").parent

    @property
    def command(self) -> list[str]:
        """The start of a command line that runs the server with the tree's own loader and libraries."""
        markers = ("libc.so.6", "libsqlite3.so.0", "libasteriskpj.so.2")
        folders = sorted({str(path.parent) for name in markers for path in self.root.rglob(name)})
        loaders = [path for path in self.root.rglob("ld-linux-*.so.*") if path.parent.name != "lib64"]
        server = self.root / "usr/sbin/asterisk"
        return [str(min(loaders)), "--library-path", ":".join(folders), str(server)]

    def _only(self, name: str) -> Path:
        found = list(self.root.rglob(name))
        if not found:
            raise LayoutError(f"{self.root} has no {name}: remove the folder to lay it out again")
        return found[0]


def cache_folder() -> Path:
    """$FAXSTORE_ASTERISK_DIR, else faxstore-asterisk in the user's cache folder."""
    if chosen := os.environ.get("FAXSTORE_ASTERISK_DIR"):
        return Path(chosen).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "faxstore-asterisk"


def lay_out(version: str) -> Tree:
    """The Asterisk of that version, downloaded (20 to 30 MB) if it was not laid out before."""
    home = cache_folder() / version
    home.mkdir(parents=True, exist_ok=True)
    tree = Tree(version, home / "tree")
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.root.exists():
            _unpack(_download(SUITES[version], home / "apt"), home / "part")
            (home / "part").rename(tree.root)
            shutil.rmtree(home / "apt")
    return tree


def _download(suite: str, work: Path) -> list[Path]:
    """The packages of the server, its modules, and the few libraries that these need.

    The libraries of modules that are never loaded (databases, codecs, SNMP ...) stay away: 20 MB rather than 80.
    """
    options = _private_apt(suite, work)
    _run("apt-get", *options, "update")
    libraries = [name for name in _depends("asterisk", options) if name.startswith("lib")]
    libraries += [name for name in _depends("asterisk-modules", options) if name.startswith("libspandsp")]
    _run("apt-get", *options, "install", "--yes", "--download-only", *libraries)
    archives = work / "cache/archives"
    _run("apt-get", *options, "download", "asterisk", "asterisk-modules", folder=archives)
    return sorted(archives.glob("*.deb"))


def _private_apt(suite: str, work: Path) -> list[str]:
    """Options that keep apt within `work`, with an empty dpkg status: every library is resolved anew."""
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n")
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
        # A mirror frozen at a date outlives its Release file's date; the signature is checked all the same.
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Retries": "3",
    }
    return ["-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]


def _mirror() -> str:
    """The Debian mirror that this machine's own apt sources name, as apt itself reads them.

    Other archives for Debian may have a path like it, but do not have Debian's component `main`.
    """
    uris = _run("apt-get", "update", "--print-uris")
    found = re.search(r"^'(\S+/debian/\S*?)dists/[^/]+/main/binary-", uris, re.MULTILINE)
    if not found:
        raise LayoutError("apt has no Debian mirror in its sources: this needs a Debian machine")
    return found[1]


def _depends(package: str, options: list[str]) -> list[str]:
    """The names that a package depends on, the first of each choice, without versions."""
    fields = _run("apt-cache", *options, "show", "--no-all-versions", package)
    found = re.search(r"^Depends: (.*)$", fields, re.MULTILINE)
    if not found:
        raise LayoutError(f"the mirror has no package {package} that says what it depends on")
    return [re.split(r"[ :|(]", choice.strip())[0] for choice in found[1].split(",")]


def _unpack(packages: list[Path], root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for package in packages:
        _run("dpkg-deb", "--extract", str(package), str(root))


def _run(*command: str, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise LayoutError(f"{command[0]} is not there: this needs a Debian machine") from error
    except subprocess.CalledProcessError as error:
        raise LayoutError(f"{command[0]} failed: {error.stderr.strip() or error.stdout.strip()}") from error
    return done.stdout
