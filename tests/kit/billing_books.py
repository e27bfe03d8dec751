"""Compares all batches that consumers have, with their corrections applied, with the views."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from faxstore.billing.delivery import render_batch
from faxstore.billing.verification import ledger_faults
from tests.kit.databases import ledger

FIGURES = (
    "server", "session_number", "direction", "account_code", "caller_number", "called_number", "local_station_id",
    "remote_station_id", "uniqueid", "linkedid", "started_at", "ended_at", "end_observed_by", "duration_seconds",
    "pages", "bad_lines", "transport", "result", "result_class",
)  # fmt: skip
SESSIONS = "select * from fax.sessions where end_observed_by <> 'open' and direction is distinct from 'detector'"


def differences(
    dsn: str, consumed: Path, folder: Path, consumers: Mapping[str, str], counts: Counter[str]
) -> Iterator[str]:
    """The differences between the exported batches and the views; `counts` gets the number of lines and events."""
    with psycopg.connect(dsn, autocommit=True, row_factory=dict_row, options="-c timezone=UTC") as connection:
        sessions = connection.execute(SESSIONS).fetchall()
    for consumer, form in consumers.items():
        files = _files(consumed, consumer, counts)
        compare = {"csv": _lines_beside, "cloudevents": _sums_beside}[form]
        yield from (f"{consumer}: {found}" for found in compare(files, sessions, counts))
        yield from _rendered_again(dsn, consumer, consumed, folder / f"again-{consumer}")
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield from ledger_faults(connection)


def _files(consumed: Path, consumer: str, counts: Counter[str]) -> list[Path]:
    manifests = [json.loads(path.read_text()) for path in sorted(consumed.glob(f"billing-{consumer}-??????.json"))]
    assert [one["batch"] for one in manifests] == list(range(1, len(manifests) + 1)), "a batch is missing"
    counts["batches"] += len(manifests)
    return [consumed / one["file"] for one in manifests]


def _lines_beside(files: list[Path], sessions: list[dict[str, Any]], counts: Counter[str]) -> Iterator[str]:
    """Checks that the newest revision of each fax equals the view, and that each revision came once and in order."""
    newest: dict[str, dict[str, str]] = {}
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                before = newest.get(line["session_id"])
                counts["corrections" if before else "faxes"] += 1
                if int(line["revision"]) != (int(before["revision"]) if before else 0) + 1:
                    yield f"{line['session_id']}: revision {line['revision']} after {before and before['revision']}"
                if before and line["previous_pages"] != before["pages"]:
                    yield f"{line['session_id']}: it previous_pages is not what the last revision had"
                newest[line["session_id"]] = line
    kept = {key: line for key, line in newest.items() if line["direction"] != "detector"}
    expected = {str(row["session_id"]): {name: _text(row[name]) for name in FIGURES} for row in sessions}
    yield from (f"{key} was never exported" for key in expected.keys() - kept.keys())
    yield from (f"{key} was exported but is no fax" for key in kept.keys() - expected.keys())
    for key in kept.keys() & expected.keys():
        different = [name for name in FIGURES if kept[key][name] != expected[key][name]]
        if different:
            yield f"{key}: {different} differ"


def _sums_beside(files: list[Path], sessions: list[dict[str, Any]], counts: Counter[str]) -> Iterator[str]:
    """Checks that the sums by account, direction and result equal the view, and that no event came twice."""
    sums: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    seen: set[tuple[str, str]] = set()
    for path in files:
        for event in map(json.loads, path.read_text().splitlines()):
            key = (event["source"], event["id"])
            if key in seen:
                yield f"{key} came twice"
            seen.add(key)
            data = event["data"]
            group = (event["source"], event["subject"], data["direction"], data["result"], data["transport"])
            for name in ("faxes", "pages", "bad_lines", "seconds"):
                sums[group][name] += round((data[name] or 0) * 1_000_000)
            counts["events"] += 1
    expected: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for row in sessions:
        account = row["account_code"] or "unassigned"
        group = (row["server"], account, row["direction"], row["result"], row["transport"])
        figures = {"faxes": 1, "seconds": row["duration_seconds"], "pages": row["pages"], "bad_lines": row["bad_lines"]}
        for name, value in figures.items():
            expected[group][name] += round((value or 0) * 1_000_000)
    for group in sums.keys() | expected.keys():
        if +sums[group] != +expected[group] or -sums[group]:
            yield f"{group}: {dict(sums[group])} instead of {dict(expected[group])}"


def _rendered_again(dsn: str, consumer: str, consumed: Path, folder: Path) -> Iterator[str]:
    """Checks that every file and manifest is rendered again to the same bytes."""
    folder.mkdir()
    with ledger(dsn, consumer) as opened:
        for batch in opened.batches():
            render_batch(opened, batch, folder, lambda _: None)
    for path in sorted(folder.iterdir()):
        if (consumed / path.name).read_bytes() != path.read_bytes():
            yield f"{path.name} is rendered to other bytes"


def _text(value: Any) -> str:
    """A value as in a CSV file."""
    if value is None:
        return ""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
