"""`faxstore sessions --jobs`: given attempts, expect the rows of each format."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import psycopg
import pyarrow.parquet
import pytest

from faxstore import cli
from faxstore.api import job_periods
from faxstore.export.rows import fetch_rows
from faxstore.report import listing
from faxstore.report.screen import Screen
from faxstore.report.session_list import JOB_COLUMNS
from tests.kit.given import read
from tests.kit.given_attempts import DAY, HOUR, Attempt, append_attempts

Captured = pytest.CaptureFixture[bytes]

LETTER = Attempt(0, account="law", called="+1 555 0100")
RETRIED = (LETTER, replace(LETTER, at=HOUR), replace(LETTER, at=2 * HOUR, result="success", pages=12))
RECEIVED = Attempt(DAY, direction="received", caller="+49 30 5550100", files=("in.tif",), server="other")


def listed(dsn: str, capture: Captured, *arguments: str) -> bytes:
    """What `faxstore sessions --jobs` prints."""
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", dsn, "sessions", "--jobs", *arguments])
    out, error = capture.readouterr()
    assert (int(leaving.value.code or 0), error) == (0, b"")
    return out


def test_the_table_has_a_row_per_job_and_fits_80_columns(database: psycopg.Connection) -> None:
    """The number is that of the other end."""
    append_attempts(database, *RETRIED, RECEIVED)
    out = io.StringIO()
    rows = read(database, "select * from fax.jobs order by first_attempt_at")
    screen = Screen(out, 80)
    screen.table(rows, JOB_COLUMNS)
    ids = [str(row["job_id"])[:8] for row in rows]
    assert out.getvalue().splitlines() == [
        "job       server  other end            first try (UTC)   tries  pages  result",
        "──────────────────────────────────────────────────────────────────────────────",
        f"{ids[0]}  pbx     to +1 555 0100       2026-11-02 08:00      3     12  success",
        f"{ids[1]}  other   from +49 30 5550100  2026-11-03 08:00      1      1  failed",
    ]
    assert screen.hidden == ("reason",)


def parsed(out: bytes, form: str) -> list[dict[str, Any]]:
    """The rows of an output, as a reader of that format has them."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    if form == "parquet":
        found: list[dict[str, Any]] = pyarrow.parquet.read_table(io.BytesIO(out)).to_pylist()
        return found
    text = out.decode() if form == "json" else f"[{','.join(out.decode().splitlines())}]"
    return list(json.loads(text))


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_other_formats_have_every_column(
    dsn: str, database: psycopg.Connection, capfdbinary: Captured, form: str
) -> None:
    append_attempts(database, *RETRIED, RECEIVED)
    out = listed(dsn, capfdbinary, "--format", form)
    rows = parsed(out, form)
    expected = read(database, "select * from fax.jobs order by first_attempt_at")
    assert [set(row) for row in rows] == [set(row) for row in expected]
    for row, job in zip(rows, expected, strict=True):
        assert (row["job_id"], int(row["attempts"])) == (str(job["job_id"]), job["attempts"])
        ids = json.loads(row["session_ids"]) if form == "csv" else row["session_ids"]
        assert ids == [str(one) for one in job["session_ids"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--to", "2026-11-02T08:00:01Z"), [3]),
        (("--from", "2026-11-02T08:00:01Z"), [1]),
        (("--from", "2026-11-02T09:00", "--to", "2026-11-02T09:01", "--time-zone", "Europe/Berlin"), [3]),
        (("--server", "other"), [1]),
        (("--direction", "sent", "--server", "pbx", "--server", "other"), [3]),
        (("--result", "failed"), [1]),
        (("--result", "unknown"), []),
    ],
)
def test_the_options_select_jobs(
    dsn: str, database: psycopg.Connection, capfdbinary: Captured, arguments: tuple[str, ...], expected: list[int]
) -> None:
    """The period is that of the first attempt, the result that of the last one."""
    append_attempts(database, *RETRIED, RECEIVED)
    rows = json.loads(listed(dsn, capfdbinary, "--format", "json", *arguments))
    assert [row["attempts"] for row in rows] == expected


@pytest.mark.parametrize("arguments", [(), ("--newest-first",), ("--from", "2026-11-02T10:00", "--to", "2026-11-04")])
def test_a_table_is_read_in_parts(
    dsn: str, database: psycopg.Connection, capfdbinary: Captured, arguments: tuple[str, ...], monkeypatch: Any
) -> None:
    """Attempts at twelve faxes, two each, with ten hours in between; some begin at the same moment."""
    first = [Attempt(number // 2 * 4 * HOUR, called=f"1000{number}") for number in range(12)]
    append_attempts(database, *first, *(replace(one, at=one.at + 10 * HOUR) for one in first))
    whole = json.loads(listed(dsn, capfdbinary, *arguments, "--format", "json"))
    reads: list[Any] = []

    def counted(*query: Any) -> Any:
        reads.append(query)
        return fetch_rows(*query)

    monkeypatch.setattr(listing, "fetch_rows", counted)
    monkeypatch.setattr(job_periods, "FEWEST", 1)
    monkeypatch.setattr(job_periods, "MOST", 3)
    table = listed(dsn, capfdbinary, *arguments, "--columns", "job_id,attempts").decode().splitlines()[2:]
    assert [line.split() for line in table] == [[row["job_id"], str(row["attempts"])] for row in whole]
    assert len(whole) >= 6
    assert len(reads) > 3
