"""The Java that Spark needs, from its Debian package without installing it."""

from __future__ import annotations

from pathlib import Path

from tests.kit.debian import cache_folder, laid_out, private_apt, run
from tests.peers.hylafax import SUITE

PACKAGE = "openjdk-17-jre-headless"
"""Without the packages it depends on: a program without windows and sounds loads only what every Debian has."""


def lay_out() -> Path:
    """The folder that JAVA_HOME names; downloaded if it is not there yet."""
    tree = laid_out(cache_folder("FAXSTORE_PEERS_DIR", "faxstore-peers") / "java", _download)
    (home,) = (tree / "usr/lib/jvm").glob("java-17-openjdk-*")
    _link_within(tree, home)
    return home


def _download(work: Path) -> list[Path]:
    options = private_apt(SUITE, work)
    run("apt-get", *options, "update")
    archives = work / "cache/archives"
    run("apt-get", *options, "download", PACKAGE, folder=archives)
    return sorted(archives.glob("*.deb"))


def _link_within(tree: Path, home: Path) -> None:
    """Let the links to /etc lead to the unpacked files."""
    for link in home.rglob("*"):
        if link.is_symlink() and (target := link.readlink()).is_absolute():
            inside = tree / target.relative_to("/")
            if inside.exists():
                link.unlink()
                link.symlink_to(inside)
