"""Situations from the field: recordings made after public reports, and the faxes that each must give.

tests/field/expected.json has the faxes of each recording in the order of their start, without detectors.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit.given import Row, read

FIELD = Path(__file__).parents[1] / "field"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads((FIELD / "expected.json").read_text())
FAXES = "select * from fax.sessions where direction is distinct from 'detector' order by started_at"


def imported(database: psycopg.Connection, case: str) -> list[Row]:
    """Import the recording of a case; return its faxes."""
    (path,) = FIELD.glob(f"{case}-*.jsonl.gz")
    import_file(database, str(path), "pbx", lambda _: None)
    return read(database, FAXES)


@pytest.mark.parametrize("case", EXPECTED)
def test_the_faxes_of_a_case(database: psycopg.Connection, case: str) -> None:
    faxes = imported(database, case)
    assert [fax["direction"] for fax in faxes] == [expected["direction"] for expected in EXPECTED[case]]
    for fax, given in zip(faxes, EXPECTED[case], strict=True):
        expected = dict(given)
        if expected.pop("called_not_caller", False):
            assert fax["called_number"] not in (None, fax["caller_number"])
        assert {name: fax[name] for name in expected} == expected


@pytest.mark.parametrize("case", ["c04", "c05a", "c05b"])
def test_loose_line_ends_are_no_fault(database: psycopg.Connection, case: str) -> None:
    imported(database, case)
    assert read(database, "select reason from fax.rejected_messages") == []


def test_the_dialled_number_of_an_originated_fax(database: psycopg.Connection) -> None:
    (fax,) = imported(database, "c16")
    assert (fax["caller_number"], fax["called_number"]) == ("+15550190", "+15559876")
    assert fax["duration_seconds"] > Decimal(10), "the fax, not the call"
