"""Which lines given rows give: faxes as they end, and corrections."""

from __future__ import annotations

import psycopg
import pytest

from faxstore.errors import UsageError
from faxstore.follow.position import Position, parse
from faxstore.follow.versions import last_position
from tests.kit.followed import lines_after, short
from tests.kit.given import (
    append,
    completed,
    entry,
    gone,
    initial_variables,
    life,
    listing,
    receiving,
    result,
    snapshot,
    the_id,
)  # fmt: skip

END = ("end_observed_by", "pages", "bad_lines", "result")


def test_a_fax_that_runs_gives_no_line(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)))
    assert lines_after(database) == []


def test_a_fax_gives_a_line_when_it_ends(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)))
    append(database, result(2, "SUCCESS", "", "OK"), completed(3, 1, CallerIDNum="5550001"))
    (line,) = lines_after(database)
    assert str(line.position) == "6"
    assert dict(line.fax) | {"session_id": "", "started_at": "", "ended_at": ""} == {
        "session_id": "", "server": "pbx", "session_number": 0, "uniqueid": "1793606400.7", "direction": "received",
        "account_code": None, "caller_number": "5550001", "called_number": None, "local_station_id": None,
        "remote_station_id": None, "linkedid": None, "file_names": ["/var/spool/asterisk/fax/1.tif"], "started_at": "",
        "ended_at": "", "end_observed_by": "completion", "duration_seconds": 3, "pages": 1, "bad_lines": 3,
        "transport": "G.711", "last_data_rate": 9600, "result": "success", "result_class": "success",
        "result_text": "OK",
    }  # fmt: skip


def test_its_completion_event_corrects_an_end_that_a_list_showed(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)))
    append(database, gone(2))
    append(database, completed(3, 1, ChanVariable="FAXSTATUS=SUCCESS"))
    assert short(lines_after(database), *END) == [
        ("3", 1, "gone", 0, 0, "unknown"),
        ("4", 2, "completion", 1, 3, "success"),
    ]
    assert short(lines_after(database, "3")) == [("4", 2)]
    assert lines_after(database, "4") == []


def test_a_late_row_that_changes_nothing_gives_no_line(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)), completed(3, 1))
    append(database, snapshot(0.5), collector="two")
    append(database, snapshot(0.75, total_bad_lines=2), collector="two")
    assert short(lines_after(database), "bad_lines") == [("3", 1, 3)]


def test_a_revision_counts_the_appends_since_the_first_line(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)), completed(3, 1))
    append(database, snapshot(0.5), collector="two")
    append(database, snapshot(2, total_bad_lines=9), collector="two")
    assert short(lines_after(database), "bad_lines") == [("3", 1, 3), ("5", 3, 9)]


def test_one_append_gives_one_line_however_many_rows_it_has(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), gone(2), completed(3, 1))
    assert short(lines_after(database), "end_observed_by") == [("3", 1, "completion")]


def test_a_fax_whose_end_is_refuted_is_silent_until_it_ends_again(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, gone(2))
    append(database, receiving((3, 2, 0)))
    append(database, gone(4))
    assert short(lines_after(database), "pages") == [("2", 1, 0), ("4", 3, 1)]


def test_a_later_life_ends_faxes_without_a_row(database: psycopg.Connection) -> None:
    append(database, snapshot(0, 1), snapshot(1, 2), snapshot(2, 3), gone(3, 2))
    assert short(lines_after(database)) == [("4", 1)]
    append(database, listing(600, of=life(started=300)))
    assert short(lines_after(database, "4"), "session_number", "end_observed_by") == [
        ("4.1", 1, 1, "server_restart"),
        ("4.2", 1, 3, "server_restart"),
    ]
    assert short(lines_after(database, "4.1"), "session_number") == [("4.2", 1, 3)]
    assert lines_after(database, "4.2") == []
    assert last_position(database) == Position(4, 2)


def test_two_servers_that_restart_between_two_rows_have_places_one_after_the_other(
    database: psycopg.Connection,
) -> None:
    other = life("pbx2")
    append(database, snapshot(0, 1), snapshot(1, 2, of=other))
    append(database, listing(600, of=life("pbx2", 300)))
    append(database, listing(600, of=life("pbx", 300)))
    assert short(lines_after(database), "server") == [("2.1", 1, "pbx2"), ("2.2", 1, "pbx")]
    assert short(lines_after(database, "0", "pbx"), "server") == [("2.2", 1, "pbx")]


def test_a_late_row_corrects_a_fax_that_a_later_life_ended(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)))
    append(database, listing(600, of=life(started=300)))
    append(database, receiving((5, 2, 0)), collector="two")
    append(database, completed(6, 2), collector="two")
    assert short(lines_after(database), "end_observed_by", "pages") == [
        ("1.1", 1, "server_restart", 0),
        ("2", 2, "server_restart", 1),
        ("3", 3, "completion", 2),
    ]


def test_a_fax_of_a_life_that_is_over_has_ended_with_its_first_row(database: psycopg.Connection) -> None:
    append(database, listing(600, of=life(started=300)))
    append(database, receiving((0, 1, 0)))
    append(database, receiving((5, 2, 0)))
    assert short(lines_after(database), "end_observed_by", "pages") == [
        ("1", 1, "server_restart", 0),
        ("2", 2, "server_restart", 1),
    ]


def test_a_fax_that_no_list_showed_gives_a_line(database: psycopg.Connection) -> None:
    append(database, initial_variables(0), result(1, "FAILED", "FILE_ERROR", "no file"), completed(2, 0))
    assert short(lines_after(database), "end_observed_by", "result_text") == [("7", 1, "completion", "no file")]


def test_a_tone_detector_gives_no_line(database: psycopg.Connection) -> None:
    append(database, entry(0, operation="V.21"), gone(1))
    assert lines_after(database) == []


def test_a_fax_that_proves_to_be_a_detector_is_corrected(database: psycopg.Connection) -> None:
    append(database, entry(0, operation="none"), gone(3))
    append(database, entry(1, operation="V.21"))
    assert short(lines_after(database), "direction") == [("2", 1, None), ("3", 2, "detector")]


def test_an_erased_fax_has_the_same_lines_without_personal_values(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    append(database, completed(3, 1, CallerIDNum="5550001", RemoteStationID="Station"))
    personal = ("caller_number", "remote_station_id", "file_names")
    assert short(lines_after(database), *personal)[-1] == (
        "3",
        2,
        "5550001",
        "Station",
        ["/var/spool/asterisk/fax/1.tif"],
    )
    database.execute("select fax.erase_session(%s, 'test')", [the_id(database)])
    assert short(lines_after(database), *personal, "pages") == [
        ("2", 1, None, None, None, 0),
        ("3", 2, None, None, None, 1),
    ]


def test_a_position_after_the_end_is_refused(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    with pytest.raises(UsageError, match="position 3 is after the last one of this history, 2: if the database was"):
        lines_after(database, "3")


@pytest.mark.parametrize("text", ["", "-1", "x", "1.", ".1", "1.2.3", "9" * 19, "٣"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no position"):
        parse(text)


def test_a_position_is_written_as_it_is_read() -> None:
    assert [str(parse(text)) for text in ("0", "4711", "4711.2")] == ["0", "4711", "4711.2"]
