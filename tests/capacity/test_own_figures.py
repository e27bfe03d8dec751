"""The faxes and figures that a database shows of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faxstore import cli
from faxstore.capacity.demand import Load
from faxstore.capacity.figures import Figures
from faxstore.capacity.lines import Basis
from faxstore.capacity.own_figures import measure
from faxstore.capacity.plan import plan
from faxstore.store.database import connect
from tests.kit.archives import compacted
from tests.kit.databases import fresh
from tests.kit.log_faxes import a_history, sealed

FAXES = 1_200
"""Enough for figures of each kind."""

LATEST = """
select count(*) from fax.session where started_at > (select max(started_at) - interval '28 days' from fax.session)
"""
"""Sessions of the last four weeks."""

PACKS = "select sum(pg_total_relation_size(relid)) from pg_partition_tree('fax.session_pack') where isleaf"


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[str]:
    """A database with sealed faxes of two months, of which those of the first are packed."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        a_history(database, faxes=FAXES)
        compacted(database)
        sealed(dsn)
        database.execute("vacuum (analyze)")
        yield dsn


def one(dsn: str, query: str) -> float:
    """The number that a query returns."""
    with psycopg.connect(dsn) as database:
        ((value,),) = database.execute(query.encode()).fetchall()
    return float(value)


def test_it_counts_what_is_there(filled: str) -> None:
    with connect(filled) as connection:
        demand, figures = measure(connection, Figures())
    days = one(filled, "select extract(epoch from max(started_at) - min(started_at)) / 86400 from fax.session")
    latest = one(filled, LATEST)
    assert demand.faxes_per_day == pytest.approx(latest / 28)
    assert demand.years == pytest.approx(days / 365)
    assert demand.pages == pytest.approx(one(filled, "select avg(coalesce(pages, 0)) from fax.session_total"))
    assert (demand.servers, demand.bases["pages"]) == (1.0, Basis.OWN)
    load = Load.of(demand, figures)
    assert load.snapshots == pytest.approx(one(filled, "select avg(snapshots) from fax.session_total"))
    rows, sessions = one(filled, "select max(last_position) from fax.append_batch"), FAXES + 1
    assert load.rows == pytest.approx(rows / sessions, rel=0.01)


def test_its_kinds_are_as_large_as_its_tables(filled: str) -> None:
    """Planned for the number of faxes that it has, the plan has the sizes of the tables, within a hundredth."""
    with connect(filled) as connection:
        demand, figures = measure(connection, Figures())
    planned = demand.with_values({"faxes_per_day": (FAXES + 1) / 365, "years": 1.0}, Basis.GIVEN)
    shown = {line.name: line for line in plan(planned, figures)}
    for name, tables in {
        "sessions": "'session'",
        "totals": "'session_total'",
        "appends": "'append_batch'",
        "log": "'log_run', 'log_subtree', 'session_salt', 'log_record'",
    }.items():
        size = one(
            filled, f"select sum(pg_total_relation_size(('fax.' || t)::regclass)) from unnest(array[{tables}]) t"
        )
        assert shown[name].value == pytest.approx(size, rel=0.01), name
        assert shown[name].basis is Basis.OWN
    packed = one(filled, "select sum(cardinality(rows)) from fax.session_pack")
    rows = one(filled, "select max(last_position) from fax.append_batch")
    assert 0 < packed < rows
    assert shown["packs"].value * 365 / 361 * packed / rows == pytest.approx(one(filled, PACKS), rel=0.01)


def test_options_replace_what_it_shows(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dsn", filled, "capacity", "--measured", "--faxes-per-day", "5000", "--format", "json") == 0
    lines = {line["name"]: line for line in json.loads(capsys.readouterr().out)["lines"]}
    assert (lines["faxes per day"]["value"], lines["faxes per day"]["basis"]) == (5000.0, "given")
    assert lines["pages"]["basis"] == "this database"


def test_an_empty_database_is_one_line(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dsn", dsn, "capacity", "--measured") == 2
    assert capsys.readouterr().err == (
        "faxstore: capacity --measured: the database has no faxes yet; give --faxes-per-day instead\n"
    )


def test_a_few_faxes_without_totals_are_planned_with_the_usual_figures(
    dsn: str, database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    a_history(database, faxes=2)
    assert run("--dsn", dsn, "capacity", "--measured", "--format", "json") == 0
    lines = {line["name"]: line for line in json.loads(capsys.readouterr().out)["lines"]}
    assert (lines["pages"]["basis"], lines["totals"]["basis"]) == ("assumed", "measured")


def test_no_database_is_needed_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--dsn", f"host={tmp_path}", "capacity", "--faxes-per-day", "10000") == 0
    assert "database" in capsys.readouterr().out


def run(*arguments: str) -> int:
    """The exit status of a command line."""
    with pytest.raises(SystemExit) as leaving:
        cli.main(list(arguments))
    return int(leaving.value.code or 0)


def test_the_periods_of_the_settings_are_the_defaults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "faxstore.toml"
    settings.write_text('[retention]\nrows = 12\ntotals = 60\narchive = "a"\ncheckpoint = "c"\n')
    words = ["--config", str(settings), "capacity", "--faxes-per-day", "1", "--keep-totals", "70", "--format", "json"]
    assert run(*words) == 0
    lines = {line["name"]: line for line in json.loads(capsys.readouterr().out)["lines"]}
    assert (lines["keep rows"]["value"], lines["keep rows"]["basis"]) == (12, "settings")
    assert (lines["keep totals"]["value"], lines["keep totals"]["basis"]) == (70, "given")
