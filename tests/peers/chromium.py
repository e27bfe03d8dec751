"""A real Chromium without windows, from its Debian package without installing it, driven by Playwright."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.kit.debian import cache_folder, depends, laid_out, private_apt, run
from tests.peers import python_packages
from tests.peers.hylafax import SUITE

PACKAGE = "chromium-headless-shell"
MORE = ("chromium-common", "fonts-dejavu-core")
"""Data that it reads, and a font."""

LIBRARIES = ("usr/lib/*-linux-gnu", "usr/lib/*-linux-gnu/pulseaudio", "lib/*-linux-gnu")
OF_THE_MACHINE = ("libc6_", "libgcc-s1_", "gcc-12-base_", "libstdc++6_")
"""Libraries that must be those of the machine's own dynamic loader."""

FONT_SETTINGS = """
<fontconfig><dir>{tree}/usr/share/fonts</dir><cachedir>{folder}</cachedir></fontconfig>
"""


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium, as a Browser of Playwright."""
    sys.path.insert(0, str(python_packages.lay_out("playwright")))
    from playwright.sync_api import sync_playwright

    tree = lay_out()
    libraries = [str(path) for place in LIBRARIES for path in tree.glob(place)]
    with TemporaryDirectory(prefix="faxstore-chromium-") as name, sync_playwright() as playwright:
        fonts = Path(name) / "fonts.conf"
        fonts.write_text(FONT_SETTINGS.format(tree=tree, folder=name))
        started = playwright.chromium.launch(
            executable_path=tree / "usr/lib/chromium" / PACKAGE,
            args=["--no-sandbox"],  # which refuses root
            env={"LD_LIBRARY_PATH": os.pathsep.join(libraries), "FONTCONFIG_FILE": str(fonts), "HOME": name},
        )
        try:
            yield started
        finally:
            started.close()


def lay_out() -> Path:
    """The unpacked packages; downloaded if they are not there yet."""
    return laid_out(cache_folder("FAXSTORE_PEERS_DIR", "faxstore-peers") / "chromium", _download)


def _download(work: Path) -> list[Path]:
    options = private_apt(SUITE, work)
    run("apt-get", *options, "update")
    libraries = [name for name in depends(PACKAGE, options) if name.startswith("lib")]
    run("apt-get", *options, "install", "--yes", "--download-only", *libraries)
    archives = work / "cache/archives"
    run("apt-get", *options, "download", PACKAGE, *MORE, folder=archives)
    return sorted(path for path in archives.glob("*.deb") if not path.name.startswith(OF_THE_MACHINE))
