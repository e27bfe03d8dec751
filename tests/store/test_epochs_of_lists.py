"""A life of which no fax is ever seen: its complete lists end the sessions of the lives before."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.observations import Life, Record
from faxstore.reader.line_reader import LineReader
from tests.kit.damaged_recordings import imported, recorded
from tests.kit.given import LIFE, append, at, life, listing, moment, of, of_server, read, sessions, snapshot, stats
from tests.kit.imported_pieces import import_all, write_pieces

UNLOADED = of_server(8, "Unload", Module="res_fax.so", Status="Success")
MANY = {"TransmitAttempts": "4", "ReceiveAttempts": "5", "CompletedFAXes": "9", "FailedFAXes": "1"}
FEW = {"TransmitAttempts": "0", "ReceiveAttempts": "0", "CompletedFAXes": "0", "FailedFAXes": "0"}
SINCE = Life("pbx", moment(20), started_at=moment(-3600))
"""The start of LIFE, as an observer knows it that begins at second 20."""

LATER: dict[str, tuple[list[Record], Life]] = {
    "the server was started again": ([], life(started=9)),
    "its start-up text is another": ([], Life("pbx", moment(20), startup_text="2026-11-02 09:00:09")),
    "an observer saw the reload": ([], replace(LIFE, first_seen=moment(9), reloaded_at=moment(9))),
    "an observer saw only the unload": ([UNLOADED], SINCE),
    "nobody saw the reload, and the counters fell": ([stats(5, **MANY), stats(20.1, **FEW)], SINCE),
}
"""What shows a later life: server rows, and the life as an observer describes it at second 20."""

RECORDING = recorded("restart-hard-16")
RESTARTED = 1191
"""The line with which the connection after the restart begins."""
LISTED = 1203
"""The line after its first list, which is empty.  The first fax follows more than a hundred lines later."""


def ends(database: psycopg.Connection) -> list[str]:
    return [str(row["end_observed_by"]) for row in sessions(database)]


def epochs(database: psycopg.Connection) -> int:
    return len(read(database, "select from fax.epoch"))


@pytest.mark.parametrize("kind", LATER)
def test_an_empty_list_of_a_later_life_ends_the_sessions_before(database: psycopg.Connection, kind: str) -> None:
    rows, later = LATER[kind]
    append(database, snapshot(0), snapshot(4))
    append(database, rows, listing(21, of=later))
    (cut,) = sessions(database)
    assert of(cut, "end_observed_by", "ended_at", "ended_not_before") == ("server_restart", at(4), at(4))


@pytest.mark.parametrize("kind", LATER)
def test_the_first_fax_of_the_life_belongs_to_the_epoch_of_its_lists(database: psycopg.Connection, kind: str) -> None:
    """An ingestor that is started in between describes the same life by what it knows."""
    rows, later = LATER[kind]
    append(database, snapshot(0), rows, listing(21, of=later))
    restarted = replace(later, first_seen=moment(3000), reloaded_at=None)
    append(database, listing(3001, of=restarted))
    append(database, listing(6000, of=later), snapshot(6001, of=later), collector="two")
    append(database, snapshot(6002, of=restarted))
    assert epochs(database) == 2
    assert [(row["end_observed_by"], row["snapshots"]) for row in sessions(database)] == [
        ("server_restart", 1),
        ("open", 2),
    ]


def test_the_order_in_which_two_observers_append_changes_nothing(database: psycopg.Connection) -> None:
    """The second one is behind: it appends the fax that the first one's empty list has ended already."""
    append(database, snapshot(0), collector="one")
    append(database, listing(21, of=life(started=9)), collector="one")
    append(database, snapshot(4), snapshot(5), collector="two")
    append(database, listing(21.2, of=life(started=10)), collector="two")
    assert epochs(database) == 2
    assert ends(database) == ["server_restart"]


def test_a_list_of_an_earlier_life_ends_nothing(database: psycopg.Connection) -> None:
    append(database, snapshot(0))
    append(database, listing(-86400, of=life(started=-90000)))
    assert epochs(database) == 2
    assert ends(database) == ["open"]


def test_observers_that_know_no_start_see_one_fax(database: psycopg.Connection) -> None:
    """Their lists create no epoch: nothing would show that both are the same one."""
    one, two = Life("pbx", moment(0)), Life("pbx", moment(30))
    append(database, listing(0.1, of=one), collector="one")
    append(database, listing(30.1, of=two), collector="two")
    append(database, snapshot(100, of=one), collector="one")
    append(database, snapshot(100.2, of=two), collector="two")
    assert [row["snapshots"] for row in sessions(database)] == [2]


# -- a recording that ends with the first list after a restart ------------------------------------------


def test_an_import_ends_the_sessions_before_a_restart(database: psycopg.Connection) -> None:
    imported(database, RECORDING[:LISTED])
    before = read(database, "select session_id, end_observed_by, ended_at from fax.sessions order by session_id")
    assert [row["end_observed_by"] for row in before].count("server_restart") == 4
    assert "open" not in [row["end_observed_by"] for row in before]
    imported(database, RECORDING)
    after = read(database, "select session_id, end_observed_by, ended_at from fax.sessions order by session_id")
    assert [row for row in after if row in before] == before
    assert len(after) > len(before)


def test_pieces_end_them_in_any_order(database: psycopg.Connection, tmp_path: Path) -> None:
    first, last = write_pieces(tmp_path, RECORDING, [(0, RESTARTED), (RESTARTED, LISTED)])
    import_all(database, [last, first])
    assert "open" not in ends(database)
    assert epochs(database) == 2


def test_an_ingestor_that_is_started_after_the_restart_ends_them(database: psycopg.Connection) -> None:
    """It finds the epoch that an import of the whole recording finds."""
    imported(database, RECORDING[:1000])
    assert "open" in ends(database)
    line_reader = LineReader("pbx")
    append(database, [record for line in RECORDING[RESTARTED:LISTED] for record in line_reader.feed(line)])
    assert "open" not in ends(database)
    imported(database, RECORDING)
    assert epochs(database) == 2
