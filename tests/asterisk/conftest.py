"""Real Asterisk servers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.asterisk.real_asterisk import StartAsterisk, servers_below
from tests.kit.databases import fresh


@pytest.fixture
def start_asterisk(tmp_path: Path) -> Iterator[StartAsterisk]:
    """Starts servers (see StartAsterisk) and stops them after the test."""
    with servers_below(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all tests of a module share."""
    return tmp_path_factory.mktemp("played")


@pytest.fixture(scope="module")
def module_dsn(server: str, template: str) -> Iterator[str]:
    """A DSN of a new, empty database with the schema, shared by all tests of a module."""
    with fresh(server, template) as dsn:
        yield dsn
