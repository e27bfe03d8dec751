"""The Parquet folder, read by DuckDB as one table: the sums of SQL, and types that do not depend on the values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet
import pytest

from faxstore.export import datasets
from faxstore.export.selection import Selection
from faxstore.settings.server_names import NULL
from tests.kit.databases import recorded
from tests.kit.exported import duck, period, written
from tests.kit.file_modes import open_to_others, open_umask
from tests.kit.given import append, before_negotiation, completed, gone, life, receiving

RECORDINGS = ["bad-lines-22", "gateway-16", "names-22", "failures-22", "detect-22"]
ALL = Selection()
PATHS = "select distinct month, server from exported order by 1, 2"


@pytest.fixture(scope="module")
def imported(server: str, template: str) -> Iterator[str]:
    """A DSN of a database with recordings of real servers."""
    with recorded(server, template, RECORDINGS) as dsn:
        yield dsn


SUMS = {
    "sessions": "select server, direction, result, count(*), sum(pages), sum(bad_lines), sum(duration_seconds),"
    " sum(rate_falls), min(started_at), max(ended_at) from {} group by 1, 2, 3 order by 1, 2, 3",
    "pages": "select server, count(*), sum(bad_lines), sum(seconds), sum(attempts), max(page_ended_at)"
    " from {} group by 1 order by 1",
    "jobs": "select server, direction, succeeded, result, count(*), sum(attempts), sum(pages), sum(seconds),"
    " max(last_attempt_at), count(distinct session_ids) from {} group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    "timeline": "select session_id, count(*), sum(bad_lines_delta), sum(seconds_since_change), max(position)"
    " from {} group by 1 order by 1",
    "history": "select event, count(*), sum(page_number), max(position), min(observed_at)"
    " from {} group by 1 order by 1",
}
VIEWS = {
    "sessions": "sessions",
    "jobs": "jobs",
    "pages": "session_pages",
    "timeline": "session_timeline",
    "history": "session_history",
}


@pytest.mark.parametrize("name", SUMS)
def test_duckdb_has_the_same_sums_as_sql(imported: str, tmp_path: Path, name: str) -> None:
    make: Callable[[Selection], datasets.Dataset] = getattr(datasets, name)
    folder = written(imported, make(ALL), tmp_path, "parquet", "Europe/Berlin")
    found = duck(folder, SUMS[name].format("exported"))
    with psycopg.connect(imported) as connection:
        expected = connection.execute(SUMS[name].format(f"fax.{VIEWS[name]}").encode()).fetchall()
    assert len(expected) > 1
    assert comparable(found) == comparable(expected)


def comparable(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows as text, sorted without a collation; times as seconds."""
    plain = [tuple(one.timestamp() if hasattr(one, "timestamp") else one for one in row) for row in rows]
    return sorted([tuple(str(one) for one in row) for row in plain])


def test_usage_has_the_same_sums_as_sql(imported: str, tmp_path: Path) -> None:
    rows = datasets.usage(period(imported, "2026-01-01", "2027-01-01", "Asia/Tokyo"), "month")
    folder = written(imported, rows, tmp_path, "parquet", "Asia/Tokyo")
    sums = "select sum(sessions), sum(pages), sum(bad_lines), sum(seconds), sum(failures) from {}"
    with psycopg.connect(imported) as connection:
        view = "fax.usage('2026-01-01', '2027-01-01', 'Asia/Tokyo', 'month')"
        expected = connection.execute(sums.format(view).encode()).fetchall()
    assert duck(folder, sums.format("exported")) == expected
    assert {month for month, _ in duck(folder, PATHS)} == {"2026-10"}  # in UTC, the month of Tokyo begins in October


def test_the_month_of_a_folder_is_in_utc(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    day = 86_400
    for number, second in enumerate((29 * day - 8 * 3600 - 1, 29 * day - 8 * 3600)):  # the last second of November
        append(database, receiving((second, 1, 0), number=number), gone(second + 1, number))
    folder = written(dsn, datasets.sessions(ALL), tmp_path, "parquet", "Asia/Tokyo")
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet")) == [
        "month=2026-11/server=pbx/part-0.parquet",
        "month=2026-12/server=pbx/part-0.parquet",
    ]
    assert duck(folder, "select month, strftime(started_at, '%m-%d %H:%M:%S') from exported order by 1") == [
        ("2026-11", "11-30 23:59:59"),
        ("2026-12", "12-01 00:00:00"),
    ]


def test_servers_may_have_any_name(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    names = ["a/b", "..", "a b", "=x&y%20?", "Zürich", "'; drop", "10", "\u65e5" * 82, "\U0001f4e0" * 62, NULL]
    for name in names:
        append(database, receiving((0, 1, 0), of=life(name)))
    folder = written(dsn, datasets.sessions(ALL), tmp_path, "parquet")
    assert {tuple(row) for row in duck(folder, PATHS)} == {("2026-11", name) for name in names}
    assert len(list(folder.glob("*/*/part-0.parquet"))) == len(names)


@pytest.mark.parametrize("form", ["csv", "jsonl", "xferfaxlog"])
def test_a_long_name_in_the_other_formats(dsn: str, database: psycopg.Connection, tmp_path: Path, form: str) -> None:
    append(database, receiving((0, 1, 0), of=life("\u65e5" * 82)), gone(2))
    assert "\u65e5" * 82 in written(dsn, datasets.sessions(ALL), tmp_path, form).read_text()


def test_a_folder_is_readable_only_by_its_owner(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0)))
    with open_umask():
        folder = written(dsn, datasets.sessions(ALL), tmp_path, "parquet")
    assert len(list(folder.rglob("*"))) == 3
    assert open_to_others(folder) == []


def test_the_schema_does_not_depend_on_the_rows(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    nothing = written(dsn, datasets.sessions(ALL), tmp_path, "parquet")
    append(database, before_negotiation(0, file_name=None))
    nulls = written(dsn, datasets.sessions(ALL), tmp_path, "parquet")
    append(database, receiving((10, 1, 0), (20, 2, 3)), completed(21, 2, AccountCode="a", RemoteStationID="b"))
    values = written(dsn, datasets.sessions(ALL), tmp_path, "parquet")
    schemas = [pyarrow.parquet.read_schema(next(folder.rglob("*.parquet"))) for folder in (nothing, nulls, values)]
    assert schemas[0] == schemas[1] == schemas[2]
    types = {field.name: str(field.type) for field in schemas[0]}
    assert types["started_at"] == types["ended_at"] == "timestamp[us, tz=UTC]"
    assert (types["pages"], types["bad_lines"], types["bad_lines_measurable"]) == ("int32", "int64", "bool")
    assert (types["duration_seconds"], types["session_id"]) == ("decimal128(18, 6)", "string")
    assert types["file_names"].startswith("list<")
    assert types["last_data_rate_bits_per_second"] == "int32"


def test_files_are_zstd_with_text_in_dictionaries(imported: str, tmp_path: Path) -> None:
    folder = written(imported, datasets.history(ALL), tmp_path, "parquet")
    metadata = pyarrow.parquet.read_metadata(max(folder.rglob("*.parquet"), key=lambda path: path.stat().st_size))
    group = metadata.row_group(0)
    columns = {group.column(place).path_in_schema: group.column(place) for place in range(group.num_columns)}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    assert "RLE_DICTIONARY" in columns["event"].encodings


def test_an_empty_period_gives_an_empty_table_with_all_columns(dsn: str, tmp_path: Path) -> None:
    for rows in (datasets.sessions(ALL), datasets.pages(ALL), datasets.usage(ALL, "day")):
        folder = written(dsn, rows, tmp_path, "parquet")
        assert duck(folder, "select count(*), count(server), count(month) from exported") == [(0, 0, 0)]
        names = [row[0] for row in duck(folder, "describe exported")]
        assert {"server", "month", rows.time_column} <= set(names)


def test_text_from_the_wire_is_unchanged(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    name = 'a\r\n\t"\x1b\u202e\\'
    append(database, receiving((0, 1, 0)), completed(2, 1, RemoteStationID=name))
    folder = written(dsn, datasets.sessions(ALL), tmp_path, "parquet")
    assert duck(folder, "select remote_station_id from exported") == [(name,)]
    history = written(dsn, datasets.history(ALL), tmp_path, "parquet")
    found = "select json_extract_string(details, '$.RemoteStationID') from exported where event = 'ReceiveFAX'"
    assert duck(history, found) == [(name,)]
