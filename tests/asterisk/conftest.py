"""Real Asterisk servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from .packages import lay_out
from .server import CHANNELVARS, Server


class StartAsterisk(Protocol):
    """Start the server of a version, "22" or "16"; it ends with the test."""

    def __call__(self, version: str, channelvars: str = CHANNELVARS) -> Server: ...


@pytest.fixture
def start_asterisk(tmp_path: Path) -> Iterator[StartAsterisk]:
    """See StartAsterisk."""
    with ExitStack() as servers:

        def start(version: str, channelvars: str = CHANNELVARS) -> Server:
            return servers.enter_context(Server(lay_out(version), tmp_path / f"ast{version}", channelvars))

        yield start
