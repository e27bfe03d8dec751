"""Recordings made after public reports of PBX operators (tests/field): each gives exactly its faxes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit.given import Row, read

FIELD = Path(__file__).parents[1] / "field"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((FIELD / "expected.json").read_text())
"""The faxes of each case in order of their start, by the first word of the file's name.  No detectors."""

PATHS = {path.name.split("-")[0]: path for path in sorted(FIELD.glob("*.jsonl.gz"))}


def test_each_recording_has_expected_faxes() -> None:
    assert PATHS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_the_faxes_are_those_expected(database: psycopg.Connection, case: str) -> None:
    import_file(database, str(PATHS[case]), None, lambda _: None)
    faxes = read(database, "select * from fax.sessions where direction is distinct from 'detector' order by started_at")
    assert [shown(fax, expected) for fax, expected in zip(faxes, EXPECTED[case], strict=True)] == EXPECTED[case]


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_the_counters_of_the_server_agree(database: psycopg.Connection, case: str) -> None:
    import_file(database, str(PATHS[case]), None, lambda _: None)
    found = read(database, "select attempts_missed from fax.reconciliation")
    assert all(row["attempts_missed"] == 0 for row in found)


def shown(fax: Row, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what a fax has for the expected columns."""
    called_not_caller = fax["called_number"] is not None and fax["called_number"] != fax["caller_number"]
    return {name: called_not_caller if name == "called_not_caller" else fax[name] for name in expected}
