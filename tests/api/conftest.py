"""A history of recordings of real servers, for reading only."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

import faxstore
from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh

RECORDINGS = ("bad-lines-22", "detect-22")


@pytest.fixture(scope="package")
def recorded(server: str, template: str) -> Iterator[str]:
    """The DSN of the history."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for recording in RECORDINGS:
                import_file(connection, str(truth.path(recording)), recording, lambda _: None)
        yield dsn


@pytest.fixture(scope="package")
def store(recorded: str) -> Iterator[faxstore.Store]:
    """Its store."""
    with faxstore.open(recorded) as store:
        yield store
