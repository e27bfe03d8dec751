"""Lay out an Asterisk from Debian packages in a folder of its own; nothing is installed, root is not needed.

apt resolves and downloads with a private state, the packages are only unpacked, and the server is later started
with its own dynamic loader: the machine's C library may be older or newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.kit.debian import PackageError, cache_folder, depends, laid_out, private_apt, run

SUITES = {"22": "sid", "16": "bullseye"}
"""The Debian suite that has each version of Asterisk."""


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
            raise PackageError(f"{self.root} has no {name}: remove the folder to lay it out again")
        return found[0]


def lay_out(version: str) -> Tree:
    """The Asterisk of that version, downloaded (20 to 30 MB) if it was not laid out before."""
    home = cache_folder("FAXSTORE_ASTERISK_DIR", "faxstore-asterisk") / version
    return Tree(version, laid_out(home, lambda work: _download(SUITES[version], work)))


def _download(suite: str, work: Path) -> list[Path]:
    """The packages of the server, its modules, and the few libraries that these need.

    The libraries of modules that are never loaded (databases, codecs, SNMP ...) stay away: 20 MB rather than 80.
    """
    options = private_apt(suite, work)
    run("apt-get", *options, "update")
    libraries = [name for name in depends("asterisk", options) if name.startswith("lib")]
    libraries += [name for name in depends("asterisk-modules", options) if name.startswith("libspandsp")]
    run("apt-get", *options, "install", "--yes", "--download-only", *libraries)
    archives = work / "cache/archives"
    run("apt-get", *options, "download", "asterisk", "asterisk-modules", folder=archives)
    return sorted(archives.glob("*.deb"))
