"""The Grafana dashboards: their SQL answers for the chosen period and servers, and their metrics exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from benchmarks.dashboards import DASHBOARDS, Statement, document, statements
from faxstore.ingest.metrics.definitions import METRICS
from faxstore.observations import Record, Rejected
from tests.kit.databases import fresh
from tests.kit.given import START, append, gone, life, moment, of_server, receiving, result, sending, snapshot

HOUR = timedelta(hours=1)
DURING = (START - HOUR, START + HOUR)
EARLIER = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC))
STATEMENTS = list(statements())
PROVISIONING = DASHBOARDS.parent / "provisioning"

SERVERLESS = {"Remote stations by bad lines"}
"""Panels of a dashboard with a choice of servers that are about all of them, as their description says."""


@pytest.fixture(scope="module")
def readable(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A reader of a history with a received fax, a failed one of each kind, a gap, and a rejected message."""
    pbx2 = life("pbx2")
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        polls = [of_server(second, "Polled") for second in (-60, -1, *range(0, 400, 20))]
        late = of_server(900, "Polled", Previous=380.0)
        failed: list[Record] = [
            *sending((100, 1), number=1),
            *result(105, "FAILED", "HANGUP", "The call dropped"),
            gone(107, 1),
        ]
        other: list[Record] = [of_server(-60, "Polled", server="pbx2"), snapshot(10, of=pbx2), gone(20, of=pbx2)]
        rejected = Rejected("pbx", moment(3), "not a number", "x")
        received = receiving((1, 1, 0), (5, 1, 30), (9, 2, 0))
        append(connection, polls, received, gone(12), failed, late, other, rejected)
        connection.execute("set role fax_reader")
        yield connection


def rows(connection: psycopg.Connection, text: str) -> list[dict[str, Any]]:
    """The rows of a statement, each as a dict."""
    return connection.cursor(row_factory=dict_row).execute(text.encode(), prepare=False).fetchall()


def counted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that say something: a sum over no fax is one row of NULLs."""
    return [row for row in found if set(row.values()) - {None}]


@pytest.mark.parametrize("one", STATEMENTS, ids=lambda one: f"{one.dashboard}: {one.title}")
def test_a_panel_answers_for_its_period_and_servers(one: Statement, readable: psycopg.Connection) -> None:
    found = rows(readable, one.expanded(*DURING))
    assert counted(found), one.title
    names = set(found[0])
    assert set(one.fields) <= names
    if one.format == "time_series":
        times = [row.pop("time") for row in found]
        assert times == sorted(times)
        assert all(DURING[0] - HOUR * 24 <= moment <= DURING[1] for moment in times)
        assert all(isinstance(value, int | float | str) or float(value) >= 0 for value in found[0].values())
    if "$server" in one.text:
        both = rows(readable, one.expanded(*DURING, servers=("pbx", "pbx2")))
        assert both == rows(readable, one.expanded(*DURING))
        assert counted(rows(readable, one.expanded(*DURING, servers=("pbx3",)))) == []
    elif one.dashboard == "faxes":
        assert one.title in {*SERVERLESS, "variable server"}
    if not one.title.startswith("variable"):
        assert counted(rows(readable, one.expanded(*EARLIER))) == []


def test_the_figures_are_those_of_the_faxes(readable: psycopg.Connection) -> None:
    by_title = {one.title: one for one in STATEMENTS}
    (totals,) = rows(readable, by_title["Faxes of the period"].expanded(*DURING, servers=("pbx",)))
    assert (totals["faxes"], totals["pages"], totals["failed"], totals["unknown"]) == (2, 1, 1, 1)
    assert totals["bad lines"] == 30
    (gap,) = (row for row in rows(readable, by_title["Gaps"].expanded(*DURING)) if row["ended"])
    assert (gap["server"], gap["began"], gap["duration"]) == ("pbx", START + timedelta(seconds=380), 520)


def test_a_time_zone_moves_the_buckets(readable: psycopg.Connection) -> None:
    (bars,) = (one for one in STATEMENTS if one.title == "Faxes by result")
    month = (START - timedelta(days=20), START + timedelta(days=10))
    for zone, hour in (("utc", 0), ("Europe/Berlin", 23)):
        (row,) = rows(readable, bars.expanded(*month, zone=zone))
        assert row["time"].astimezone(UTC).hour == hour


def test_an_empty_database_is_no_error(server: str, template: str) -> None:
    with fresh(server, template) as dsn, psycopg.connect(dsn) as connection:
        for one in STATEMENTS:
            assert counted(rows(connection, one.expanded(*DURING))) == [], one.title


def test_the_metrics_of_the_dashboards_exist() -> None:
    names = {metric.name for metric in METRICS}
    names |= {f"{metric.name}_{part}" for metric in METRICS if metric.kind == "summary" for part in ("sum", "count")}
    mentioned = set(re.findall(r"\bfaxstore_\w+", (DASHBOARDS / "collector.json").read_text(encoding="utf-8")))
    assert len(mentioned) > 12
    assert mentioned <= names


@pytest.mark.parametrize("path", sorted(DASHBOARDS.glob("*.json")), ids=lambda path: path.stem)
def test_each_panel_has_a_place_and_a_provisioned_source(path: Path) -> None:
    provisioned = yaml.safe_load((PROVISIONING / "datasources/faxstore.yaml").read_text(encoding="utf-8"))
    sources = {one["uid"]: one["type"] for one in provisioned["datasources"]}
    cells = set[tuple[int, int]]()
    for panel in document(path.stem)["panels"]:
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert sources[source["uid"]] == source["type"]
        place = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in taken) < 24
        cells |= taken


def test_no_word_remains_that_only_grafana_knows() -> None:
    assert [one.title for one in STATEMENTS if "$" in one.expanded(*DURING)] == []
