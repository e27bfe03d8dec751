"""A ScriptedTies for each test."""

from __future__ import annotations

import pytest

from tests.kit.scripted_ties import ScriptedTies


@pytest.fixture
def script() -> ScriptedTies:
    return ScriptedTies()
