"""Unpacks Asterisk from Debian packages into a private folder; nothing is installed and root is not needed.

apt resolves and downloads with a private state.  The server later starts with its own dynamic loader, because the
machine's C library may be older or newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.kit.debian import PackageError, cache_folder, depends, laid_out, private_apt, run

SUITES = {"22": "sid", "16": "bullseye"}
"""The Debian suite of each Asterisk version."""


@dataclass(frozen=True)
class Tree:
    """An Asterisk unpacked below `root`, laid out as in its packages (`root`/usr/sbin/asterisk ...)."""

    version: str
    root: Path

    @property
    def modules(self) -> Path:
        """The folder with the server's modules."""
        return self._only("res_fax.so").parent

    @property
    def command(self) -> list[str]:
        """The first words of a command line that runs the server with its own loader and libraries."""
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
    """The Asterisk of that version; downloads 20 to 30 MB if it is not unpacked yet."""
    home = cache_folder("FAXSTORE_ASTERISK_DIR", "faxstore-asterisk") / version
    return Tree(version, laid_out(home, lambda work: _download(SUITES[version], work)))


def _download(suite: str, work: Path) -> list[Path]:
    """Downloads the server, its modules, and the few libraries that they need.

    It leaves out libraries of modules that are never loaded (databases, codecs, SNMP ...): 20 MB instead of 80.
    """
    options = private_apt(suite, work)
    run("apt-get", *options, "update")
    libraries = [name for name in depends("asterisk", options) if name.startswith("lib")]
    libraries += [name for name in depends("asterisk-modules", options) if name.startswith("libspandsp")]
    run("apt-get", *options, "install", "--yes", "--download-only", *libraries)
    archives = work / "cache/archives"
    run("apt-get", *options, "download", "asterisk", "asterisk-modules", folder=archives)
    return sorted(archives.glob("*.deb"))
