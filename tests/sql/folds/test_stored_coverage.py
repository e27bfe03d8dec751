"""Stored coverage (fax.coverage_day): given late evidence, expect the day to be computed again, and the same gaps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.given import (
    Row,
    append,
    at,
    completed,
    gone,
    listing,
    of,
    of_server,
    read,
    receiving,
    snapshot,
    stats,
    status,
)

MIDNIGHT = 16 * 3600.0
"""Seconds of a test (given.START) at which 2026-11-03 begins."""
DAY = 86400.0
MINUTES = [MIDNIGHT - 1800 + 60 * n for n in range(60)]
"""The half hour before midnight and the one after it."""


def polled(*seconds: float, **details: Any) -> list[Any]:
    return [of_server(second, "Polled", **details) for second in seconds]


def write(database: psycopg.Connection, most: int = 100_000) -> int:
    (row,) = database.execute("select fax.write_coverage(%s)", [most]).fetchall()
    return int(row[0])


def days(database: psycopg.Connection) -> list[str]:
    """The days of November 2026 that are stored."""
    query = "select day from fax.coverage_day where day < '2026-12-01' order by day"
    return [f"{row['day']:%d}" for row in read(database, query)]


def answers(database: psycopg.Connection) -> list[list[Row]]:
    """What depends on gaps, without what changes with each query of an open gap."""
    return [
        read(database, "select * from fax.coverage_gaps where ended_at is not null order by server, began_at"),
        read(database, "select session_id, overlaps_gap, started_not_before from fax.sessions order by session_id"),
        read(database, "select * from fax.gaps('pbx', '2026-11-02', '2026-11-06')"),
    ]


def unstored(database: psycopg.Connection) -> list[list[Row]]:
    """The same, computed from the evidence alone."""
    with database.transaction(force_rollback=True):
        database.execute("delete from fax.coverage_day")
        return answers(database)


# -- what is stored -------------------------------------------------------------------------------


def test_a_day_is_stored_with_the_time_that_polls_cover(database: psycopg.Connection) -> None:
    append(database, polled(0, 60, 120), polled(1000, 1060))
    append(database, polled(5, 50), collector="two")
    write(database)
    (first,) = read(database, "select * from fax.coverage_day where day = '2026-11-02'")
    assert of(first, "server", "until") == ("pbx", at(MIDNIGHT))
    assert [(part.lower, part.upper) for part in first["covered"]] == [(at(0), at(120)), (at(1000), at(1060))]
    (next_day,) = read(database, "select covered from fax.coverage_day where day = '2026-11-03'")
    assert list(next_day["covered"]) == []


def test_days_are_written_until_none_is_due_the_newest_first(database: psycopg.Connection) -> None:
    append(database, polled(0, 60))
    assert write(database, 1) == 1
    (newest,) = read(database, "select day from fax.coverage_day")
    (until,) = read(database, "select date_trunc('hour', now() - interval '2 hours', 'UTC') as until")
    assert newest["day"] == (until["until"] - timedelta(microseconds=1)).date()
    written = write(database)
    assert written == (newest["day"] - date(2026, 11, 2)).days
    assert write(database) == 0


def test_the_stored_part_of_today_ends_at_a_full_hour_two_hours_ago(database: psycopg.Connection) -> None:
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id)"
        " select 'pbx', now() - n * interval '1 minute', 'Polled', 'one' from generate_series(0, 2880) n"
    )
    write(database)
    (row,) = read(
        database,
        "select max(until) as until, bool_and(covered @> tstzrange(greatest(day::timestamp at time zone 'UTC',"
        " now() - interval '2 days'), until, '[]')) as covered,"
        " date_trunc('hour', now() - interval '2 hours', 'UTC') as expected from fax.coverage_day",
    )
    assert (row["until"], row["covered"]) == (row["expected"], True)
    assert read(database, "select * from fax.coverage_gaps") == []


def test_a_later_call_stores_more_of_a_day(database: psycopg.Connection) -> None:
    append(database, polled(*MINUTES))
    write(database)
    database.execute("update fax.coverage_day set until = %s, covered = '{}' where day = '2026-11-02'", [at(3600)])
    assert write(database) == 1
    assert unstored(database) == answers(database)


def test_a_wrong_clock_of_long_ago_is_not_stored(database: psycopg.Connection) -> None:
    database.execute(
        "insert into fax.server_history (server, observed_at, event, collector_id)"
        " values ('pbx', '1970-01-01', 'Polled', 'one')"
    )
    write(database)
    (row,) = read(database, "select min(day) > now() - interval '21 years' as bounded from fax.coverage_day")
    assert row["bounded"] is True


# -- gaps from stored days ------------------------------------------------------------------------


def test_a_gap_across_midnight_is_one_gap_with_all_its_reasons(database: psycopg.Connection) -> None:
    before, after = MIDNIGHT - 600, MIDNIGHT + DAY + 600
    append(database, polled(before - 60, before))
    append(database, of_server(before + 20, "Disconnected", Reason="Connection reset by peer", LastPolled=before + 9))
    append(database, of_server(MIDNIGHT + 50, "ConnectFailed", Reason="login refused"), polled(after, after + 60))
    write(database)
    (gap,) = read(database, "select * from fax.coverage_gaps where ended_at is not null")
    assert of(gap, "began_at", "ended_at", "reasons") == (at(before + 9), at(after), ["connection lost", "permission"])
    assert gap["messages"] == ["Connection reset by peer", "login refused"]


def test_stored_days_are_read_instead_of_the_polls(database: psycopg.Connection) -> None:
    """A forged day shows that it is used, for gaps and for sessions."""
    append(database, polled(*range(0, 600, 60)), receiving((100, 1, 0), (130, 2, 0)), gone(131))
    write(database)
    assert [row["overlaps_gap"] for row in answers(database)[1]] == [False]
    forged = [at(0), at(110), at(120), at(540)]
    database.execute(
        "update fax.coverage_day set covered = tstzmultirange(tstzrange(%s, %s, '[]'), tstzrange(%s, %s, '[]'))"
        " where day = '2026-11-02'",
        forged,
    )
    assert [row["overlaps_gap"] for row in answers(database)[1]] == [True]
    (gap,) = read(database, "select * from fax.gaps('pbx', %s, %s)", at(0), at(540))
    assert of(gap, "began_at", "ended_at") == (at(110), at(120))


def test_a_session_across_midnight(database: psycopg.Connection) -> None:
    append(database, polled(*MINUTES), receiving((MIDNIGHT - 30, 1, 0), (MIDNIGHT + 30, 2, 0)), gone(MIDNIGHT + 31))
    lost = [*MINUTES[:29], *MINUTES[33:]]
    append(database, [of_server(second, "Polled", server="pbx2") for second in lost])
    write(database)
    assert [row["overlaps_gap"] for row in answers(database)[1]] == [False]
    (row,) = read(database, "select fax.has_gap('pbx2', %s, %s) as gap", at(MIDNIGHT - 30), at(MIDNIGHT + 30))
    assert row["gap"] is True


def test_the_last_list_before_a_fax_that_was_never_listed(database: psycopg.Connection) -> None:
    append(database, polled(*range(0, 600, 60)), completed(300, 1))
    write(database)
    (row,) = answers(database)[1]
    assert of(row, "overlaps_gap", "started_not_before") == (False, at(240))


def test_has_gap_of_no_time(database: psycopg.Connection) -> None:
    append(database, polled(0, 60))
    asked = "select fax.has_gap('pbx', %s, %s) as gap"
    assert [read(database, asked, at(a), at(b))[0]["gap"] for a, b in ((30, 30), (90, 90), (90, 80))] == [
        False, True, False,
    ]  # fmt: skip


# -- late evidence --------------------------------------------------------------------------------

LATE = {
    "a poll shortly before midnight": (polled(MIDNIGHT - 100), "02 03"),
    "a poll shortly after midnight, which may follow another": (polled(MIDNIGHT + 100), "02 03"),
    "a poll at noon": (polled(MIDNIGHT + DAY / 2), "03"),
    "a lost connection within an hour after midnight": (
        [of_server(MIDNIGHT + 3500, "Disconnected", Reason="x", LastPolled=MIDNIGHT - 50)],
        "02 03",
    ),
    "records dropped since yesterday": (
        [of_server(MIDNIGHT + 3000, "Dropped", Reason="full", Records="7", From=MIDNIGHT - 300)],
        "02 03",
    ),
    "a snapshot shortly after midnight": ([snapshot(MIDNIGHT + 100)], "02 03"),
    "a snapshot": ([snapshot(MIDNIGHT + DAY / 2)], "03"),
    "an absence within 150 s after midnight": ([snapshot(10), gone(MIDNIGHT + 100)], "02 03"),
    "an absence": ([snapshot(10), gone(MIDNIGHT + DAY / 2)], "02 03"),
}


@pytest.mark.parametrize(("late", "forgotten"), LATE.values(), ids=LATE)
def test_late_evidence_deletes_the_days_that_it_may_change(
    database: psycopg.Connection, late: list[Any], forgotten: str
) -> None:
    append(database, polled(-60, MIDNIGHT - 160, MIDNIGHT + 2 * DAY))
    write(database)
    stored = days(database)
    append(database, late)
    assert sorted(set(stored) - set(days(database))) == forgotten.split()
    assert unstored(database) == answers(database)
    write(database)
    assert unstored(database) == answers(database)


def test_other_rows_and_repeats_delete_nothing(database: psycopg.Connection) -> None:
    every: list[Any] = [polled(0, 60, 120), receiving((10, 1, 0), (90, 2, 0)), gone(95)]
    append(database, *every)
    write(database)
    stored = days(database)
    append(database, *every)
    append(database, stats(70, TransmitAttempts="1"), of_server(80, "CoreStatus"), status(91, "x"), completed(97, 1))
    append(database, [of_server(100, "Polled", server="pbx2")], listing(98))
    assert days(database) == stored


def test_evidence_that_is_not_late_deletes_nothing(database: psycopg.Connection) -> None:
    """A live ingestor appends within two hours."""
    insert = (
        "insert into fax.server_history (server, observed_at, event, collector_id)"
        " values ('pbx', now() - %s::interval, %s, 'one')"
    )
    database.execute(insert.encode(), ["3 hours", "Polled"])
    write(database)
    stored = read(database, "select * from fax.coverage_day")
    for event in ("Polled", "Disconnected", "Dropped"):
        database.execute(insert.encode(), ["55 minutes", event])
    assert read(database, "select * from fax.coverage_day") == stored
    database.execute(insert.encode(), ["2 hours 59 minutes", "Dropped"])
    assert read(database, "select * from fax.coverage_day") != stored


def test_no_day_is_written_while_evidence_is_appended(dsn: str) -> None:
    """Else the day would be stored without evidence that commits later."""
    with psycopg.connect(dsn, autocommit=True) as writer, psycopg.connect(dsn) as other:
        append(writer, polled(0, 60))
        writer.execute("set lock_timeout = '200ms'")
        for late in (polled(120), [snapshot(90)]):
            with other.transaction():
                append(other, late)
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    write(writer)


# -- every recording ------------------------------------------------------------------------------


@pytest.mark.parametrize("recording", truth.RECORDINGS)
def test_stored_days_change_no_gap_of_a_recording(server: str, template: str, recording: str) -> None:
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        import_file(database, str(truth.path(recording)), "pbx", lambda _: None)
        before = answers(database)
        assert (write(database) > 0) is (read(database, "select * from fax.polled_servers") != [])
        assert answers(database) == before
