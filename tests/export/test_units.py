"""Names of columns in files and JSON documents: one spelling of each unit, and lists of columns that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore import cli
from faxstore.billing import lines
from faxstore.billing.usage_events import event_lines
from faxstore.export import datasets
from faxstore.export.datasets import Dataset
from faxstore.export.selection import Selection
from faxstore.export.units import UNITS, name_with_unit
from faxstore.ingest.importer import import_file
from faxstore.settings.period import Period
from tests.billing.test_ledger_formats import a_correction
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.exported import csv_rows, csv_text, duck, jsonl_rows, written
from tests.kit.given import read

EVERYTHING = Selection(Period())
DATA_SETS: dict[str, Dataset] = {
    "sessions": datasets.sessions(EVERYTHING),
    "jobs": datasets.jobs(EVERYTHING),
    "pages": datasets.pages(EVERYTHING),
    "timeline": datasets.timeline(EVERYTHING),
    "history": datasets.history(EVERYTHING),
    "usage": datasets.usage(EVERYTHING, "day"),
}
DOCS = Path(__file__).parents[2] / "docs"
RATIOS = {"seconds_per_page", "appends_per_second"}
"""Names with `_per_` that are no unit of a measure."""


@pytest.fixture(scope="module")
def recorded(server: str, template: str) -> Iterator[str]:
    """A database with a recording whose faxes change rate, resolution and ECM."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            import_file(connection, str(truth.path("failures-22")), None, lambda _: None)
        yield dsn


def misspelt(names: list[str]) -> list[str]:
    """The names that lack their unit, or spell it in another way than UNITS."""
    units = tuple(set(UNITS.values()))
    return [
        name
        for name in names
        if name in UNITS
        or ("_per_" in name and not name.endswith(units) and name not in RATIOS)
        or re.search(r"bps|kbit|(^|_)(secs?|ms|dpi|ppm)$|metre$|meters?$", name.removesuffix("_pixels_per_metre"))
    ]


@pytest.mark.parametrize("name", DATA_SETS)
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_file_has_the_names_of_the_view_with_units(recorded: str, tmp_path: Path, name: str, form: str) -> None:
    data_set = DATA_SETS[name]
    expected = [name_with_unit(column.name) for column in data_set.query.selected_columns]
    assert misspelt(expected) == []
    if form == "csv":
        found = list(csv_rows(csv_text(recorded, data_set, tmp_path))[0])
    elif form == "jsonl":
        found = list(jsonl_rows(recorded, data_set, tmp_path)[0])
    else:
        described = duck(written(recorded, data_set, tmp_path, "parquet"), "describe exported")
        found, expected = sorted(str(row[0]) for row in described), sorted([*expected, "month"])
    assert found == expected


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_changes_of_the_timeline_are_columns_of_the_file(recorded: str, tmp_path: Path, form: str) -> None:
    if form == "csv":
        rows: list[Any] = csv_rows(csv_text(recorded, DATA_SETS["timeline"], tmp_path))
        lists = [json.loads(row["changes"]) for row in rows]
    else:
        rows = jsonl_rows(recorded, DATA_SETS["timeline"], tmp_path)
        lists = [row["changes"] for row in rows]
    named = {name for names in lists for name in names} - {"listed"}
    assert {"data_rate_bits_per_second", "error_correction_mode", "pages", "page_number"} <= named
    assert named <= rows[0].keys()


@pytest.mark.parametrize("arguments", [["sessions"], ["sessions", "--jobs"]])
def test_sessions_as_json_has_the_names_of_the_export(
    recorded: str, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (row, *_) = json.loads(printed(recorded, capfd, *arguments))
    exported = DATA_SETS["jobs" if "--jobs" in arguments else "sessions"].with_units()
    assert list(row) == [column.name for column in exported.query.selected_columns]


def test_show_as_json_has_the_names_of_the_export(recorded: str, capfd: pytest.CaptureFixture[str]) -> None:
    with psycopg.connect(recorded) as connection:
        found = read(connection, "select session_id from fax.sessions where pages > 2 and direction = 'received'")
    document = json.loads(printed(recorded, capfd, "show", str(found[0]["session_id"])))
    assert misspelt([*document["session"], *document["pages"][0], *document["timeline"][0]]) == []
    assert document["session"]["last_data_rate_bits_per_second"] > 0
    named = {name for row in document["timeline"] for name in row["changes"]} - {"listed"}
    assert "data_rate_bits_per_second" in named
    assert named <= document["timeline"][0].keys()


def printed(dsn: str, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", dsn, *arguments, "--format", "json"])
    assert int(leaving.value.code or 0) == 0
    return capfd.readouterr().out


def test_the_documentation_has_these_names_and_no_others() -> None:
    pages = [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
    found = {name for page in pages for name in re.findall(r"\b[a-z_]+_per_[a-z_]+\b", page.read_text("utf-8"))}
    assert found - RATIOS == {name_with_unit(column) for column in UNITS}


# -- the billing ledger ---------------------------------------------------------------------------------------


def test_the_ledger_has_the_names_of_the_export() -> None:
    assert list(lines.COLUMNS) == [name_with_unit(name) for name in lines.FIELDS]
    assert misspelt(list(lines.COLUMNS)) == []


def test_changed_lists_columns_of_the_file(database: psycopg.Connection) -> None:
    """Two lines that differ in every column give every name that a correction can list."""
    line = "jsonb_populate_record(null::fax.export_line, %s)"
    values = [json.dumps(whole_line(number)) for number in (1, 2)]
    names = read(database, f"select fax.export_changes({line}, {line}) as names", *values)[0]["names"]
    assert len(names) > 15
    correction = a_correction(changed=names)
    (row,) = csv_rows(b"".join(lines.csv_lines([correction])).decode())
    assert set(row["changed"].split(" ")) <= row.keys()
    (document,) = map(json.loads, lines.jsonl_lines([correction]))
    assert set(document["changed"]) <= document.keys()
    assert "last_data_rate_bits_per_second" in document["changed"]


def whole_line(number: int) -> dict[str, Any]:
    """A row of fax.export_line with a value in every column."""
    times = {"started_at", "ended_at", "previous_ended_at"}
    values: dict[str, Any] = dict.fromkeys(lines.FIELDS, str(number))
    values |= dict.fromkeys(times, f"2026-11-0{number}T00:00:00Z")
    return values | {"session_id": None, "changed": [], "overlaps_gap": False, "bad_lines_lower_bound": False}


def test_usage_events_have_no_other_spelling() -> None:
    for event in map(json.loads, event_lines([a_correction()])):
        assert misspelt([*event, *event["data"]]) == []
