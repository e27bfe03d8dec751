"""A history of recordings of real servers, for reading only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import faxstore
from tests.kit import databases

RECORDINGS = ("bad-lines-22", "detect-22")


@pytest.fixture(scope="package")
def recorded(server: str, template: str) -> Iterator[str]:
    """The DSN of the history."""
    with databases.recorded(server, template, RECORDINGS) as dsn:
        yield dsn


@pytest.fixture(scope="package")
def store(recorded: str) -> Iterator[faxstore.Store]:
    """Its store."""
    with faxstore.open(recorded) as store:
        yield store
