"""A connection to a server, for tests of a LineReader."""

from __future__ import annotations

import pytest

from tests.kit.observer_lines import Wire


@pytest.fixture
def wire() -> Wire:
    """Return a connection, made at 12:00:04, to a server that started an hour before noon."""
    wire = Wire()
    wire.connects()
    return wire
