"""A steady load: a fixed number of concurrent faxes; each one that ends is replaced."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tests.asterisk import pages
from tests.asterisk.calls import Fax
from tests.asterisk.manager import Manager
from tests.asterisk.real_asterisk import Server

CHANNELS_OF_A_FAX = 2
BETWEEN_LOOKS = 0.5
"""Seconds between two checks of the number of faxes that run."""

STARTS_A_LOOK = 10
"""The most faxes to start at once, so that the load rises smoothly."""


@dataclass(frozen=True)
class Kept:
    """How steady the load was: faxes started, and the average number that ran once all had begun."""

    started: int
    under_way: float


def documents(folder: Path) -> list[Path]:
    """One to three short pages, so that sessions start and end often."""
    return [pages.write_pages(folder / f"pages-{count}.tif", pages=count, lines=60) for count in (1, 2, 3)]


def keep_up(server: Server, files: list[Path], faxes: int, seconds: float) -> Kept:
    """Keeps `count` faxes running for `seconds`; faxes that run at the end continue.

    Every second receiver works without ECM and therefore counts bad lines: its tag ends in -plain.
    """
    started, seen, full = 0, [], False
    deadline = time.monotonic() + seconds
    with server.manager() as manager:
        while time.monotonic() < deadline:
            under_way = _under_way(manager)
            full = full or under_way >= 0.95 * faxes
            if full:
                seen.append(under_way)
            for _ in range(min(STARTS_A_LOOK, faxes - under_way)):
                _fax(started, files).start(manager)
                started += 1
            time.sleep(BETWEEN_LOOKS)
    assert seen, f"the server never had {faxes} faxes under way"
    return Kept(started, sum(seen) / len(seen))


def _under_way(manager: Manager) -> int:
    return int(manager.ask("CoreStatus")[0]["CoreCurrentCalls"]) // CHANNELS_OF_A_FAX


def _fax(number: int, files: list[Path]) -> Fax:
    plain = number % 2 == 1
    return Fax(f"load-{number}{'-plain' if plain else ''}", files[number % len(files)], ecm=not plain)
