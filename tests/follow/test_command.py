"""`faxstore follow` as a process: its lines, messages and ends, and what it does when the database goes away."""

from __future__ import annotations

import signal
import threading

import psycopg
import pytest

from faxstore.follow import wakeups
from faxstore.follow.follower import Follower
from faxstore.follow.position import Position
from tests.kit.command_line import run_command
from tests.kit.followed import following, line_of, message_of
from tests.kit.given import append, completed, gone, life, listing, receiving, snapshot, the_id


def test_a_line_has_the_position_the_revision_and_the_values_of_the_fax(dsn: str, database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (1, 1, 3)), completed(3, 1, CallerIDNum="5550001", AccountCode="law"))
    with following(dsn, "--after", "0") as process:
        assert line_of(process) == {
            "position": "3", "revision": 1, "session_id": str(the_id(database)), "server": "pbx", "session_number": 0,
            "uniqueid": "1793606400.7", "direction": "received", "account_code": "law", "caller_number": "5550001",
            "called_number": None, "local_station_id": None, "remote_station_id": None, "linkedid": None,
            "file_names": ["/var/spool/asterisk/fax/1.tif"], "started_at": "2026-11-02T08:00:00+00:00",
            "ended_at": "2026-11-02T08:00:03+00:00", "end_observed_by": "completion", "duration_seconds": 3, "pages": 1,
            "bad_lines": 3, "transport": "G.711", "last_data_rate_bits_per_second": 9600, "result": "unknown",
            "result_class": None, "result_text": None,
        }  # fmt: skip


def test_it_begins_at_the_end_of_the_history_and_stops_at_a_signal(dsn: str, database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    with following(dsn) as process:
        assert message_of(process) == "faxstore: following after position 2\n"
        append(database, completed(3, 1))
        line = line_of(process)
        assert (line["position"], line["revision"]) == ("3", 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert (process.stdout and process.stdout.read(), message_of(process)) == ("", "faxstore: stopped\n")


def test_events_are_cloudevents(dsn: str, database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    append(database, completed(3, 1))
    session = str(the_id(database))
    with following(dsn, "--after", "0", "--format", "cloudevents") as process:
        events = [line_of(process), line_of(process)]
    assert [{**event, "data": None} for event in events] == [
        {
            "specversion": "1.0",
            "type": f"faxstore.fax_{kind}",
            "source": "pbx",
            "id": f"{session}/{revision}",
            "time": f"2026-11-02T08:00:0{second}+00:00",
            "subject": session,
            "datacontenttype": "application/json",
            "data": None,
        }
        for kind, revision, second in (("ended", 1, 2), ("corrected", 2, 3))
    ]
    assert [event["data"]["position"] for event in events] == ["2", "3"]
    assert [event["data"]["revision"] for event in events] == [1, 2]


def test_a_lost_connection_is_made_again(dsn: str, database: psycopg.Connection) -> None:
    with following(dsn) as process:
        assert message_of(process) == "faxstore: following after position 0\n"
        database.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'faxstore'")
        lost = message_of(process)
        assert lost.startswith("faxstore: database: connection lost (")
        assert lost.endswith("; retrying\n")
        append(database, receiving((0, 1, 0)), gone(2))
        assert message_of(process) == "faxstore: database: connected again\n"
        assert line_of(process)["position"] == "2"


@pytest.mark.parametrize("restarted", [False, True])
def test_a_notification_wakes_it(
    dsn: str, database: psycopg.Connection, restarted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poll is days away, so only a notification can end the wait."""
    monkeypatch.setattr(wakeups, "POLL", 500_000.0)
    append(database, receiving((0, 1, 0)))
    waiting = threading.Event()
    wait = wakeups.Wakeups.wait

    def note(self: wakeups.Wakeups) -> None:
        waiting.set()
        wait(self)

    monkeypatch.setattr(wakeups.Wakeups, "wait", note)

    def later() -> None:
        assert waiting.wait(60)
        append(database, listing(600, of=life(started=300)) if restarted else gone(2))

    appending = threading.Thread(target=later)
    appending.start()
    lines = next(Follower(dsn, Position(1), ()).lines())
    appending.join()
    assert [str(line.position) for line in lines] == ["1.1" if restarted else "2"]


def test_only_the_faxes_of_a_server(dsn: str, database: psycopg.Connection) -> None:
    append(database, snapshot(0), gone(2), snapshot(0, of=(other := life("pbx2"))), gone(2, of=other))
    with following(dsn, "--after", "0", "--server", "pbx2") as process:
        line = line_of(process)
        assert (line["server"], line["position"]) == ("pbx2", "4")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--after", "last"], "--after 'last' is no position: use that of a line, such as 4711 or 4711.2, or 0"),
        (["--after", "3"], "position 3 is after the last one of this history, 2: if the database was restored from a"
                           " backup, continue with --after and the last position of the backup"),
        (["--after", "0", "--server", "typo"], "--server typo: the history has no such server; known: pbx"),
        (["--format", "xml"], "Invalid value for '--format': 'xml' is not one of 'jsonl', 'cloudevents'. Try: faxstore"
                              " follow --help"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_use_is_one_line(dsn: str, database: psycopg.Connection, arguments: list[str], line: str) -> None:
    append(database, receiving((0, 1, 0)), gone(2))
    ran = run_command(dsn, "follow", *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"faxstore: {line}\n")


def test_a_database_that_cannot_be_reached_at_the_start_is_one_line() -> None:
    ran = run_command("host=127.0.0.1 port=1", "follow")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (3, "", 1)
    assert "the database cannot be reached" in ran.stderr
