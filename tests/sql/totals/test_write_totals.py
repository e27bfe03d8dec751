"""fax.write_totals(): which sessions get a total, and what removes it."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from faxstore.observations import Record
from tests.kit.given import (
    CHANNEL,
    append,
    before_negotiation,
    channel_status,
    completed,
    gateway,
    gone,
    life,
    of,
    read,
    receiving,
    result,
    sending,
    snapshot,
    the_id,
    the_session,
)
from tests.kit.totals import totalled, untotalled, write_totals, wrong

FAX: list[Record] = [
    before_negotiation(0),
    *receiving((1, 1, 0), (2, 1, 40), (3, 1, 63), (4, 1, 2), (5, 2, 0), (6, 2, 5), data_rate=9600),
    *receiving((7, 3, 5), data_rate=7200),
    *result(8, "SUCCESS", "HANGUP", "OK"),
    completed(9, 2, CallerIDNum="5550001", AccountCode="sales"),
    gone(10),
]
"""A received fax of two pages, the first of which was sent twice."""

NUMBERS = ("pages", "bad_lines", "bad_lines_discarded", "worst_page_bad_lines", "rate_falls", "poll_gap_seconds")


def total(database: psycopg.Connection, *records: Record) -> UUID:
    """Appends a fax, writes its total and returns its id."""
    append(database, *(records or FAX))
    assert write_totals(database) == 1
    return the_id(database)


def test_a_session_is_folded_until_it_has_a_total(rolled_back: psycopg.Connection) -> None:
    append(rolled_back, FAX)
    before, pages = the_session(rolled_back), read(rolled_back, "select * from fax.session_pages order by page")
    assert of(before, *NUMBERS[:5]) == (2, 7, 63, 5, 1)
    assert (totalled(rolled_back), untotalled(rolled_back)) == (set(), {before["session_id"]})
    assert write_totals(rolled_back) == 1
    assert (totalled(rolled_back), untotalled(rolled_back)) == ({before["session_id"]}, set())
    assert the_session(rolled_back) == before
    assert read(rolled_back, "select * from fax.session_pages order by page") == pages
    assert wrong(rolled_back) == []


def test_a_total_needs_no_row_of_the_history(rolled_back: psycopg.Connection) -> None:
    """fax.sessions shows the total of a session that has one."""
    total(rolled_back)
    rolled_back.execute("update fax.session_total set pages = 7")
    assert the_session(rolled_back)["pages"] == 7
    assert wrong(rolled_back) == ["has a total that differs from its rows: pages"]


def test_a_session_must_be_quiet(rolled_back: psycopg.Connection) -> None:
    append(rolled_back, FAX)
    assert write_totals(rolled_back, quiet_seconds=300) == 0
    rolled_back.execute("alter table fax.append_batch disable trigger append_only")
    rolled_back.execute("update fax.append_batch set appended_at = now() - interval '301 seconds'")
    append(rolled_back, snapshot(20, 1))
    assert write_totals(rolled_back, quiet_seconds=300) == 1
    assert len(untotalled(rolled_back)) == 1  # the session that has just begun


def test_it_writes_the_oldest_first_and_no_more_than_it_may(rolled_back: psycopg.Connection) -> None:
    append(rolled_back, *(snapshot(second, number) for number, second in enumerate((30, 10, 20))))
    assert [write_totals(rolled_back, most=2), write_totals(rolled_back, most=2)] == [2, 1]
    assert write_totals(rolled_back, most=2) == 0


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([snapshot(0)], id="open"),
        pytest.param([before_negotiation(0)], id="never negotiated"),
        pytest.param(sending((0, 1), (1, 2)), id="a sender"),
        pytest.param(gateway((0, 1, 9600)), id="a gateway"),
        pytest.param(receiving((0, 3, 1), (1, 5, 2)), id="pages that no poll observed"),
        pytest.param([snapshot(0, page_number=None)], id="no pages"),
        pytest.param([*receiving((0, 1, 0)), snapshot(9, of=life(started=5))], id="a server that started again"),
        pytest.param(
            receiving((0, 1, 2**31 - 1), (1, 1, 0), (2, 1, 2**31 - 1), (3, 1, 0), (4, 2, 0)), id="many bad lines"
        ),
        pytest.param([snapshot(0, page_number=-(2**31)), snapshot(1, page_number=2**31 - 1)], id="absurd page numbers"),
    ],
)
def test_a_total_of_any_session_is_its_fold(rolled_back: psycopg.Connection, records: list[Record]) -> None:
    append(rolled_back, records)
    views = ("session_facts", "sessions", "session_pages")
    before = [read(rolled_back, f"select * from fax.{view} order by 1, 2, 3, 4") for view in views]
    assert write_totals(rolled_back) == len({row["session_id"] for row in before[0]})
    assert [read(rolled_back, f"select * from fax.{view} order by 1, 2, 3, 4") for view in views] == before
    assert wrong(rolled_back) == []


def test_the_next_start_of_the_server_ends_a_session_that_has_a_total(rolled_back: psycopg.Connection) -> None:
    """Nothing of another session is in a total."""
    total(rolled_back, snapshot(0, page_number=1, pages_received=1))
    assert of(the_session(rolled_back), "end_observed_by", "poll_gap_seconds") == ("open", None)
    append(rolled_back, snapshot(9, of=life(started=5)))
    row = read(rolled_back, "select * from fax.sessions order by started_at")[0]
    assert of(row, "end_observed_by", "poll_gap_seconds", "bad_lines_lower_bound") == ("server_restart", 5, True)
    assert len(totalled(rolled_back)) == 1


def test_a_late_row_removes_the_total(rolled_back: psycopg.Connection) -> None:
    session = total(rolled_back, *FAX[:-2])
    append(rolled_back, FAX[-2:])
    assert (totalled(rolled_back), untotalled(rolled_back)) == (set(), {session})
    assert of(the_session(rolled_back), "end_observed_by", "pages") == ("completion", 2)
    assert write_totals(rolled_back) == 1
    assert wrong(rolled_back) == []


def test_a_repeat_does_not(rolled_back: psycopg.Connection) -> None:
    session = total(rolled_back)
    assert append(rolled_back, FAX).repeats == len(FAX)
    assert totalled(rolled_back) == {session}


def test_what_fax_session_learns_later_removes_the_total(rolled_back: psycopg.Connection) -> None:
    """The row is a repeat, and only this one has the technology."""
    session = total(rolled_back, snapshot(0, technology=None))
    append(rolled_back, snapshot(0, technology="Other"))
    assert untotalled(rolled_back) == {session}
    assert the_session(rolled_back)["snapshots"] == 1
    assert write_totals(rolled_back) == 1
    assert wrong(rolled_back) == []


def test_an_erasure_removes_the_total(rolled_back: psycopg.Connection) -> None:
    session = total(rolled_back, *FAX, channel_status(5.5, DNID="5550177"))
    assert of(the_session(rolled_back), "caller_number", "channel") == ("5550001", CHANNEL)
    rolled_back.execute("select fax.erase_session(%s, 'asked for')", [session])
    assert untotalled(rolled_back) == {session}
    assert of(the_session(rolled_back), "caller_number", "called_number", "channel") == (None, None, None)
    assert write_totals(rolled_back) == 1
    assert read(rolled_back, "select t::text from fax.session_total t where t::text ~ '555'") == []


def test_an_erasure_of_a_session_without_a_channel_removes_the_total_too(rolled_back: psycopg.Connection) -> None:
    session = total(rolled_back, snapshot(0, channel=None))
    rolled_back.execute("select fax.erase_session(%s, 'asked for')", [session])
    assert the_session(rolled_back)["file_names"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "update fax.technology set bad_lines_counted_by = 'session' where technology = 'Spandsp'",
        "delete from fax.technology",
        "truncate fax.technology",
    ],
)
def test_another_meaning_of_bad_lines_removes_the_totals_that_used_the_old_one(
    rolled_back: psycopg.Connection, statement: str
) -> None:
    rolled_back.execute("insert into fax.technology values ('Other', 'session')")
    append(rolled_back, *FAX, *receiving((100, 1, 3), number=1, technology="Other", channel="other"))
    write_totals(rolled_back)
    before = totalled(rolled_back)
    rolled_back.execute(statement.encode())
    assert len(before) == 2
    assert len(totalled(rolled_back)) == 1
    assert wrong(rolled_back) == []


def test_a_technology_that_no_session_has_removes_nothing(rolled_back: psycopg.Connection) -> None:
    session = total(rolled_back)
    rolled_back.execute("insert into fax.technology values ('Other', 'session')")
    assert totalled(rolled_back) == {session}
