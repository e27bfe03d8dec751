"""Finished faxes are counted once, with the figures of the views."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest

from faxstore.ingest import step_size
from faxstore.ingest.carrier import Carrier, Compactor
from faxstore.ingest.importer import import_file
from faxstore.ingest.metrics.database_readings import DatabaseReadings
from faxstore.ingest.metrics.finished_faxes import FinishedFaxes
from faxstore.ingest.metrics.measurements import Measurements
from faxstore.ingest.snapshot import FaxCounts
from faxstore.observations import encode
from faxstore.spool.queue import Spool
from faxstore.store.append import Appended
from tests.kit import truth
from tests.kit.cluster import wait_until
from tests.kit.command_line import run_command
from tests.kit.given import append, gone, snapshot


@pytest.fixture(autouse=True)
def large_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let steps grow on a busy machine too."""
    monkeypatch.setattr(step_size, "STEP", 1000.0)


def imported(database: psycopg.Connection, *recordings: str) -> FinishedFaxes:
    """The faxes of recordings, all of which are due."""
    for name in recordings:
        import_file(database, str(truth.path(name)), name, lambda _: None)
    faxes = FinishedFaxes(quiet=0)
    faxes.add(session for (session,) in database.execute("select session_id from fax.session").fetchall())
    return faxes


def count_all(faxes: FinishedFaxes, database: psycopg.Connection) -> None:
    """Let it do as many steps as it needs."""
    for _ in range(20):
        faxes.step(database)


def in_the_view(database: psycopg.Connection, server: str) -> FaxCounts:
    """What fax.sessions has of the finished faxes of a server."""
    rows = database.execute(
        "select direction, result, result_class, coalesce(pages, 0), bad_lines from fax.sessions"
        " where server = %s and ended_at is not null and direction is distinct from 'detector'",
        [server],
    ).fetchall()
    sessions: dict[str, dict[str, int]] = {}
    pages: dict[str, int] = {}
    failures: dict[str, int] = {}
    for direction, result, result_class, count, _ in rows:
        way = direction or "unknown"
        sessions.setdefault(way, {})[result] = sessions.get(way, {}).get(result, 0) + 1
        pages[way] = pages.get(way, 0) + count
        if result == "failed":
            failures[result_class] = failures.get(result_class, 0) + 1
    measured = [(count, bad_lines) for *_, count, bad_lines in rows if bad_lines is not None]
    bad_lines, measured_pages = (sum(bad for _, bad in measured), sum(count for count, _ in measured))
    return FaxCounts(sessions, pages, failures, bad_lines, measured_pages)


def test_the_counts_are_those_of_the_views(database: psycopg.Connection) -> None:
    recordings = ("bad-lines-16", "failures-22", "gateway-16", "names-22", "restart-22")
    faxes = imported(database, *recordings)
    count_all(faxes, database)
    assert faxes.counts == {name: in_the_view(database, name) for name in recordings}
    assert faxes.counts["bad-lines-16"].bad_lines > 100
    assert faxes.counts["failures-22"].failures["call_dropped"] > 0


def test_a_fax_is_counted_once_although_rows_follow(database: psycopg.Connection) -> None:
    faxes = imported(database, "one-page-22")
    count_all(faxes, database)
    before = faxes.counts
    assert before["one-page-22"].pages == {"received": 1, "sent": 1}
    faxes.add(session for (session,) in database.execute("select session_id from fax.session").fetchall())
    count_all(faxes, database)
    assert faxes.counts == before


def test_a_fax_that_goes_on_is_counted_when_it_has_ended(database: psycopg.Connection) -> None:
    append(database, snapshot(0, 1))
    faxes = FinishedFaxes(quiet=0)
    sessions = [session for (session,) in database.execute("select session_id from fax.session").fetchall()]
    faxes.add(sessions)
    count_all(faxes, database)
    assert faxes.counts == {}
    append(database, gone(60, 1))
    count_all(faxes, database)
    assert faxes.counts["pbx"].sessions == {"received": {"unknown": 1}}


def test_an_ingestor_may_read_all_of_it(database: psycopg.Connection) -> None:
    faxes, readings = imported(database, "failures-22"), DatabaseReadings(2)
    database.execute("set role fax_ingest")
    faxes.step(database)
    readings.step(database)
    assert faxes.counts["failures-22"].failures
    assert readings.newest is not None
    assert readings.newest.last_seal_at is None
    assert readings.newest.backlog["packs"] >= 0


def test_an_error_is_one_line_and_the_carrier_goes_on(
    dsn: str, database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    database.execute("alter view fax.sessions rename to other")
    database.execute("alter table fax.checkpoint rename to others")
    measurements = Measurements(["pbx"], pack_after=2)
    measurements.faxes = FinishedFaxes(quiet=0)
    readers: list[Compactor] = [measurements.faxes, measurements.database]
    carrier = Carrier(dsn, spool, "host1", compactors=readers, on_append=measurements.appended)
    carrier.start()
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            spool.put([encode(snapshot(number, number))])
            wait_until(lambda: len(spool) == 0)
        wait_until(lambda: len(caplog.records) == 2)
    carrier.stop(within=10)
    lines = sorted(record.getMessage() for record in caplog.records)
    assert lines[0].startswith("metrics: finished faxes not read (relation")
    assert lines[1].startswith("metrics: state of the database not read (relation")
    assert measurements.appends.records == 3


def test_appends_are_counted_with_their_lag(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    measurements = Measurements(["pbx"], pack_after=2)
    carrier = Carrier(dsn, spool, "host1", on_append=measurements.appended)
    assert not carrier.has_database
    spool.put([encode(snapshot(number, 7)) for number in range(5)])
    carrier.start()
    wait_until(lambda: measurements.appends.records == 5)
    wait_until(lambda: carrier.has_database)
    carrier.stop(within=10)
    assert measurements.appends.last_at is not None
    assert measurements.appends.lag_seconds > 0


def test_an_empty_batch_changes_nothing(tmp_path: Path) -> None:
    measurements = Measurements([], pack_after=2)
    measurements.appended(Appended())
    assert (measurements.appends.records, measurements.appends.last_at) == (0, None)


def test_what_is_not_sealed_is_as_old_as_its_first_append(dsn: str, database: psycopg.Connection) -> None:
    readings = DatabaseReadings(2)
    append(database, snapshot(0, 1))
    assert readings.read(database).unsealed_since is None  # sealing is not in use
    assert run_command(dsn, "seal").returncode == 0
    sealed = readings.read(database)
    assert sealed.last_seal_at is not None
    assert sealed.unsealed_since is None
    append(database, snapshot(1, 1))
    (first,) = database.execute("select max(appended_at) from fax.append_batch").fetchone() or (None,)
    append(database, snapshot(2, 1))
    assert readings.read(database).unsealed_since == pytest.approx(first.timestamp())
    assert readings.read(database).last_seal_at == sealed.last_seal_at
