"""What is going on now: given rows of a few moments ago, expect the screen and the lines of `faxstore watch`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import psycopg
import pytest
from rich.cells import cell_len

from faxstore import sql
from faxstore.errors import UnreachableError
from faxstore.follow import wakeups
from faxstore.report.live import Look, Watching, looks
from faxstore.report.live_output import Changes
from faxstore.report.live_screen import LiveScreen
from faxstore.report.live_text import appended, lasting, polled
from tests.kit.given import START, append, completed, gone, life, of_server, receiving, result, sending, snapshot
from tests.kit.plans import explained, rows_read

PARTIES = {"channel": "PJSIP/other-1", "operation": "send"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "POLL", 0.0)


@pytest.fixture
def now() -> float:
    """The seconds of a test at which it runs."""
    return (datetime.now(UTC) - START).total_seconds()


def a_look(dsn: str, *servers: str) -> Look:
    return next(only_looks(dsn, *servers))


def only_looks(dsn: str, *servers: str) -> Iterator[Look]:
    return (found for found in looks(dsn, servers) if isinstance(found, Look))


def screen(*found: Look | UnreachableError, width: int = 80, height: int = 24) -> list[str]:
    """The lines on the screen after these looks, without those that are blank."""
    shown = LiveScreen()
    for one in found:
        shown.show(one)
    lines = [str(line) for line in shown.lines(width, height)]
    assert len(lines) == height
    assert max(map(cell_len, lines)) <= width
    return [line for line in lines if line]


def row(**values: Any) -> dict[str, Any]:
    """A fax in progress, as a look has it."""
    return {
        "session_id": "5f1c7a52-9c0e", "server": "pbx", "direction": "received", "caller_number": "+49 30 555",
        "called_number": None, "page": 2, "last_data_rate": 9600, "bad_lines": 3, "page_bad_lines": 1, "seconds": 12,
        "seconds_since_observed": 1,
    } | values  # fmt: skip


def test_a_fax_in_progress_has_its_page_its_rate_and_its_bad_lines(
    dsn: str, database: psycopg.Connection, now: float
) -> None:
    append(database, receiving((now - 20, 1, 0), (now - 12, 1, 4), (now - 8, 2, 1)))
    (fax,) = a_look(dsn).live
    assert (fax["server"], fax["direction"], fax["page"], fax["last_data_rate"]) == ("pbx", "received", 2, 9600)
    assert (fax["bad_lines"], fax["page_bad_lines"]) == (4, 1)
    assert 20 <= fax["seconds"] < 200
    assert fax["seconds"] - fax["seconds_since_observed"] == pytest.approx(12, abs=1)


def test_what_has_ended_in_whatever_way_is_not_in_progress(dsn: str, database: psycopg.Connection, now: float) -> None:
    """A completion event, an absence, and the next life of the server, also if its fax was never seen to end."""
    old, other = life(started=now - 900), life("pbx2")
    append(database, snapshot(now - 800, 0, of=old), snapshot(now - 500, 0, of=life(started=now - 600)))
    append(database, snapshot(now - 90, 7, of=other), gone(now - 80, 7, of=other))
    append(database, snapshot(now - 70, 8, of=other, operation="V.21"))
    append(database, result(now - 60, "FAILED", "INIT_ERROR", "error starting fax session", of=other, channel="x/1"))
    assert [fax["seconds"] // 100 for fax in a_look(dsn).live] == [5]
    assert a_look(dsn, "pbx2").live == []


def test_a_fax_that_ends_is_in_the_next_look_with_its_result(
    dsn: str, database: psycopg.Connection, now: float
) -> None:
    append(database, sending((now - 20, 1), (now - 10, 2)))
    found = only_looks(dsn)
    assert (len(next(found).live), next(found).ended) == (1, ())
    append(database, result(now - 3, "FAILED", "HANGUP", "The call dropped prematurely"))
    append(database, completed(now - 2, 1, "SendFAX"))
    look = next(found)
    assert look.live == []
    assert [(fax["direction"], fax["pages"], fax["result"]) for fax in look.ended] == [("sent", 1, "failed")]
    assert next(found).ended == ()


def test_a_look_reads_no_more_of_a_longer_history(dsn: str, database: psycopg.Connection, now: float) -> None:
    database.execute("set enable_seqscan = off")  # which is quicker for a table as short as these
    question, nothing = sql.text("queries/report/live_faxes").replace("%(servers)s", "null"), ("session", "observation")
    append(database, receiving((now - 5, 1, 0)))
    before = [rows_read(explained(database, question), table) for table in nothing]
    for number in range(1, 40):
        append(database, snapshot(now - 3000 + number, number), gone(now - 2000 + number, number))
    assert [rows_read(explained(database, question), table) for table in nothing] == before


def test_the_screen_fits_80_columns_and_24_lines() -> None:
    look = Look(
        [row(), row(caller_number=None, page_bad_lines=None, last_data_rate=None, page=None)], (), Watching((), None)
    )
    title, titles, rule, first, second, *footer = screen(look)
    assert title.startswith("2 faxes in progress  ")
    assert title.endswith(" UTC")
    assert titles.split() == [
        "session",
        "server",
        "direction",
        "other",
        "end",
        "page",
        "bit/s",
        "bad",
        "lines",
        "seconds",
    ]
    assert set(rule) == {"─"}
    assert first.split() == ["5f1c7a52", "pbx", "received", "from", "+49", "30", "555", "2", "9600", "3+1", "12"]
    assert second.split() == ["5f1c7a52", "pbx", "received", "from", "unknown", "12"]
    assert footer == ["no server has been polled yet", "no ingestor has appended from its spool yet · q quits"]


def test_a_wide_screen_has_every_column() -> None:
    wide = screen(Look([row(seconds_since_observed=180)], (), Watching((), None)), width=200)
    assert (wide[1].split()[0], wide[1].split()[-2:]) == ("session", ["last", "seen"])
    assert (wide[3].split()[0], wide[3].endswith("3 minutes ago")) == ("5f1c7a52", True)


def test_of_more_faxes_than_fit_the_number_is_shown() -> None:
    look = Look([row(seconds=n) for n in range(100)], (), Watching((), None))
    *_, last, more, _, _ = screen(look)
    assert (last.split()[-1], more) == ("17", "and 82 more")
    assert len(screen(look, height=3)) == 3


def test_an_idle_screen_says_so_and_keeps_the_last_ended_faxes() -> None:
    ended = {
        "session_id": "5f1c7a52-9c0e", "server": "pbx", "direction": "sent", "caller_number": None,
        "called_number": "1", "pages": 3, "bad_lines": None, "duration_seconds": 61, "ended_at": START,
        "result": "failed", "result_text": "The call dropped prematurely",
    }  # fmt: skip
    found = [Look((), [ended | {"pages": number}], Watching((), None)) for number in range(8)]
    title, titles, _, *rows = screen(*found)[:-2]
    assert title.startswith("no fax in progress  ")
    assert titles.split()[:2] == ["ended", "(UTC)"]
    assert [each.split()[4] for each in rows] == ["7", "6", "5", "4", "3"]
    assert rows[0].split()[0] == "08:00:00"


def test_a_lost_database_leaves_the_last_look_on_the_screen() -> None:
    look = Look([row()], (), Watching((), None))
    *_, trouble, _ = screen(look, UnreachableError("it is gone"))
    assert trouble == "database: connection lost (it is gone); retrying"
    assert "retrying" not in "".join(screen(look, UnreachableError("it is gone"), look))


def test_the_footer_names_servers_that_are_not_polled(dsn: str, database: psycopg.Connection, now: float) -> None:
    append(database, of_server(now - 30, "Polled"), of_server(now - 7000, "Polled", server="pbx2"))
    append(database, of_server(now - 800, "Polled", server="pbx3"))
    reason = "connection reset by peer"
    append(database, of_server(now - 730, "Disconnected", server="pbx3", Reason=reason, LastPolled=now - 740))
    assert polled(a_look(dsn).watching) == (
        "2 of 3 servers not polled: pbx2 for over 1 hour (collector down), pbx3 for 12 minutes (connection lost)", True,
    )  # fmt: skip
    assert polled(a_look(dsn, "pbx").watching) == ("1 server polled", False)


def test_the_footer_names_the_ingestor_that_appended_last(dsn: str, database: psycopg.Connection) -> None:
    assert appended(a_look(dsn).watching) == "no ingestor has appended from its spool yet"
    database.execute(
        "insert into fax.spool_progress values"
        " (gen_random_uuid(), 'host-a/5f3c9a1b', 7, '{1,7}', now() - interval '3 minutes 9 seconds')"
    )
    assert appended(a_look(dsn).watching) == "the spool of host-a was last appended 3 minutes ago"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-2, "0 s"), (59, "59 s"), (60, "1 minute"), (7300, "2 hours"), (180_000, "2 days")]
)
def test_a_duration_in_words(seconds: int, text: str) -> None:
    assert lasting(seconds) == text


def test_a_pipe_has_a_line_for_each_change() -> None:
    changes, nothing = Changes(), Watching((), None)
    ended = row(pages=2, duration_seconds=15, ended_at=START, result="success", result_text="OK", bad_lines=1)
    seen = [
        Look([row(seconds=1)], (), nothing),
        Look([row(seconds=2)], (), nothing),
        Look([row(seconds=3, page=3, page_bad_lines=None, last_data_rate=None)], (), nothing),
        Look((), [ended], nothing),
    ]
    lines = [[line.split("  ", 1)[1] for line in changes.lines(look)] for look in seen]
    fax = "5f1c7a52  pbx  received from +49 30 555"
    assert lines == [
        [f"{fax}  page 2, 9600 bit/s, 3+1 bad lines, 1 s"],
        [],
        [f"{fax}  page 3, 3 s"],
        [f"{fax}  ended: success, 2 pages, 1 bad line, 15 s"],
    ]


def test_many_looks_read_the_same(dsn: str, database: psycopg.Connection, now: float) -> None:
    """Prepared statements get another plan after some executions."""
    append(database, receiving((now - 20, 1, 0)))
    assert [len(look.live) for look in islice(only_looks(dsn), 12)] == [1] * 12
