"""What a number of faxes needs, from figures that are easy to compute with."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from faxstore.capacity.demand import Demand, Load
from faxstore.capacity.disk import WAL, rollup_rows
from faxstore.capacity.figures import Figure, Figures
from faxstore.capacity.lines import Basis
from faxstore.capacity.plan import plan


def figure(value: float) -> Figure:
    """A measured figure."""
    return Figure(value, "bytes", "python -m benchmarks.fill", date(2026, 12, 1))


ONE = Figures(**{each.name: figure(1.0) for each in fields(Figures) if each.name != "rows_per_append"})
"""Every figure is one."""

YEAR = Demand(faxes_per_day=1000.0, pages=2.0, seconds_per_page=29.5, poll_interval=2.0, years=1.0)
"""A fax takes 60 s with ONE, and has 30 snapshots and an event."""


def values(demand: Demand, figures: Figures = ONE) -> dict[str, float]:
    """The values of the lines by name; those of processors end in cores."""
    lines = plan(demand, figures)
    return {f"{line.name} cores" if line.part == "processors" else line.name: line.value for line in lines}


def test_rows_follow_from_seconds_polls_and_events() -> None:
    shown = values(YEAR)
    assert (shown["rows per fax"], shown["rows per day"], shown["rows"]) == (31.0, 31_000.0, 365 * 31_000.0)


def test_faxes_at_once_are_those_of_the_busiest_hour() -> None:
    """200 faxes of a minute within an hour."""
    load = Load.of(YEAR, ONE)
    assert load.at_once == pytest.approx(200 / 60)
    assert load.most_at_once == 9  # 3.33 and three times its root, 5.48


def test_each_kind_is_its_number_times_its_bytes() -> None:
    shown = values(YEAR)
    assert shown["rows of the last days"] == 4 * 31_000.0
    assert shown["packs"] == 361 * 1000 * (1 + 30 + 1)
    assert shown["sessions"] == shown["totals"] == 365_000.0
    assert shown["log"] == 365 * 31_000.0 + 365_000.0 + 365_000.0  # leaves, records and salts
    assert values(replace(YEAR, consumers=2))["ledger"] == 2 * 365_000.0


def test_the_database_is_the_sum_of_its_kinds() -> None:
    lines = [line for line in plan(replace(YEAR, keep_rows=2), ONE) if line.part == "disk"]
    place = [line.name for line in lines].index("database")
    assert lines[place].value == sum(line.value for line in lines[:place])
    assert [line.name for line in lines[place + 1 :]] == ["WAL", "spool", "archive"]
    assert lines[place + 1].value == WAL


def test_rows_leave_a_month_at_a_time() -> None:
    """After two years with three months of rows, up to four months are in the database."""
    shown = values(replace(YEAR, years=2, keep_rows=3))
    here = 4 * 365 / 12
    assert shown["packs"] == pytest.approx((here - 4) * 1000 * 32)
    assert shown["dropped rows"] == pytest.approx((730 - here) * 1000 * 32)
    assert shown["archive"] == pytest.approx((730 - 3 * 365 / 12) * 31_000)
    assert shown["totals"] == 730_000.0


def test_totals_leave_too() -> None:
    shown = values(replace(YEAR, years=8, keep_rows=3, keep_totals=72))
    assert shown["totals"] == shown["sessions"] == 6 * 365_000.0
    assert shown["dropped rows"] == pytest.approx((8 * 365 - 4 * 365 / 12) * 1000 * 32)


def test_erased_faxes_leave_digests_until_their_totals_leave_and_records_for_good() -> None:
    """Values are erased after a year and totals deleted after two, so that digests of one year remain."""
    shown = values(replace(YEAR, years=3, keep_rows=12, keep_personal_values=12, keep_totals=24))
    assert shown["erased values"] == 365_000.0 * (1 + 31) + 2 * 365_000.0
    assert "erased values" not in values(replace(YEAR, keep_personal_values=12))


def test_rows_that_are_kept_longer_than_the_plan_stay() -> None:
    assert values(replace(YEAR, keep_rows=12)) == values(YEAR) | {"keep rows": 12}


@pytest.mark.parametrize(
    ("demand", "per_day"),
    [
        (Demand(faxes_per_day=1, busy_hour=20, accounts=20), 3.0),  # one fax, in one span of each length
        (Demand(faxes_per_day=1e7, busy_hour=20, accounts=1), (5 + 4 + 1) * 2 * 3),  # every result in every span
    ],
)
def test_usage_has_a_row_per_span_and_group(demand: Demand, per_day: float) -> None:
    assert rollup_rows(demand) == pytest.approx(per_day, rel=0.05)


@pytest.mark.parametrize(
    ("demand", "per_day"),
    [
        (replace(YEAR, faxes_per_day=1), 31 / 1),  # a poll per snapshot, and an event
        (replace(YEAR, faxes_per_day=1e6), 5 * 3600 * 1.0),  # at most one per second with ONE
        (replace(YEAR, faxes_per_day=20_000, poll_interval=10.0), 5 * 360 + 20_000 * 1.0),
    ],
)
def test_there_is_an_append_per_poll_with_a_fax(demand: Demand, per_day: float) -> None:
    figures = replace(ONE, appends_per_second=figure(1.0 if demand.faxes_per_day == 1e6 else 100.0))
    assert Load.of(demand, figures).appends_per_day == pytest.approx(per_day, rel=0.03)


def test_rows_per_append_that_a_database_shows_replace_the_model() -> None:
    assert Load.of(YEAR, replace(ONE, rows_per_append=figure(4.0))).appends_per_day == 31_000 / 4


@pytest.mark.parametrize(("servers", "workers"), [(1, 1), (2, 2), (10, 4)])
def test_there_is_a_worker_per_1000_faxes_and_at_most_one_per_server(servers: int, workers: int) -> None:
    """A million faxes of a minute, a fifth of them in an hour: 3,333 at once, at most 3,507."""
    shown = values(replace(YEAR, faxes_per_day=1e6, servers=servers))
    assert shown["workers cores"] == workers


def test_cores_are_twice_those_of_the_busiest_hour() -> None:
    """With 3,507 faxes polled every 2 s at 500 µs per snapshot, the ingestor uses 0.88 of a core."""
    shown = values(replace(YEAR, faxes_per_day=1e6), replace(ONE, poll=figure(500.0), appended=figure(1000.0)))
    assert shown["ingest cores"] == pytest.approx(0.877, abs=0.001)
    assert shown["Postgres cores"] == pytest.approx(1.82, abs=0.01)
    assert shown["cores cores"] == 6


def test_a_line_states_what_it_rests_on() -> None:
    bases = {line.name: line.basis for line in plan(YEAR.with_values({"pages": 2.0, "years": None}, Basis.GIVEN), ONE)}
    assert (bases["pages"], bases["years"], bases["packs"], bases["WAL"]) == (
        Basis.GIVEN,
        Basis.ASSUMED,
        Basis.MEASURED,
        Basis.ESTIMATE,
    )
