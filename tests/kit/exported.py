"""Runs exports and reads their files as another program would."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from faxstore.export.datasets import Dataset
from faxstore.export.run import run
from faxstore.export.selection import Selection
from faxstore.export.target import SessionsFormat, Target
from faxstore.settings.period import Period
from faxstore.store.database import checked_connection, connect
from faxstore.store.period import resolve
from tests.kit.given import append, completed, gone, receiving

Row = dict[str, Any]


def append_stations(database: psycopg.Connection, names: Sequence[str]) -> None:
    """Appends a received fax from each of these station ids, in that order."""
    for number, name in enumerate(names):
        second = number * 100
        end = completed(second + 2, 1, RemoteStationID=name, AccountCode=name)
        append(database, receiving((second, 1, 0), number=number), end, gone(second + 3, number))


def period(dsn: str, since: str | None, until: str | None, zone: str = "UTC", **filters: Any) -> Selection:
    """A selection of the sessions between two ISO 8601 times, local to the zone unless they have an offset."""
    first, last = (datetime.fromisoformat(text) if text else None for text in (since, until))
    with connect(dsn) as connection:
        return Selection(resolve(connection, Period(first, last, zone)), **filters)


def written(dsn: str, dataset: Dataset, folder: Path, form: str, zone: str = "UTC", **target: Any) -> Path:
    """Runs an export; returns its file or folder."""
    output = folder / f"exported-{len(list(folder.iterdir()))}.{form}"
    with checked_connection(dsn, "fax_reader") as connection:
        place: dict[str, Any] = {"folder" if form == "parquet" else "output": output}
        run(connection, dataset, zone, Target(SessionsFormat(form), **place, **target), lambda _: None)
    return output


def csv_text(dsn: str, dataset: Dataset, folder: Path, zone: str = "UTC", **target: Any) -> str:
    """The text of the CSV file."""
    return written(dsn, dataset, folder, "csv", zone, **target).read_bytes().decode()


def csv_rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV text; an empty field is an empty string."""
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def jsonl_rows(dsn: str, dataset: Dataset, folder: Path, zone: str = "UTC") -> list[Row]:
    """The objects of the JSON Lines file."""
    text = written(dsn, dataset, folder, "jsonl", zone).read_bytes().decode()
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def duck(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """The result of a DuckDB query over the Parquet folder, which is the table `exported`."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        files = str(folder / "**/*.parquet").replace("'", "''")
        connection.execute(
            f"create view exported as select * from read_parquet('{files}', hive_partitioning = true,"
            " hive_types = {'month': varchar, 'server': varchar})"
        )
        return connection.execute(query).fetchall()
