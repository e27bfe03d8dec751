"""A number that is planted in every column and message is nowhere in a dump of the database after its erasure."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from faxstore.capture.recording import Line
from faxstore.ingest.importer import import_lines
from faxstore.store.database import connect
from tests.kit import billing_batches
from tests.kit.command_line import run_command
from tests.kit.database_dump import dump, lines_with
from tests.kit.databases import fresh
from tests.kit.given import Row, append, completed, read, the_session
from tests.kit.log_faxes import as_lines, sealed, verified
from tests.kit.planted_number import NUMBER, SPELLINGS, completion, next_piece, recording
from tests.kit.totals import write_totals

SERVER = "pbx1"
PERSONAL = """
select c.relname || '.' || a.attname as place
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and col_description(c.oid, a.attnum) like '%%(personal%%'
"""
"""The columns of tables with personal values."""

ALSO = {"server_history.details", "epoch.startup_text", "erasure.reason", "recording_part.first_list"}
"""Columns that are not for personal values and yet may contain a number."""


def imported(dsn: str, *pieces: list[Line]) -> None:
    with connect(dsn) as connection:
        for lines in pieces:
            import_lines(connection, SERVER, lines, lambda _: None)


def planted(database: psycopg.Connection, dsn: str, folder: Path) -> None:
    """Import the recording, export its ended fax, seal, and plant the number where no message can put it."""
    imported(dsn, recording())
    billing_batches.export(dsn, folder)
    sealed(dsn)
    database.execute(
        "insert into fax.erasure (reason, session_id, erased_rows) values (%s, gen_random_uuid(), 0)",
        [f"the number is +{NUMBER}"],
    )
    database.execute("insert into fax.pseudonym (kind, value) values ('peer', %s)", [f"+{NUMBER}"])
    database.execute(
        "insert into fax.reported_fax (session_id, started_at, server, source, result, caller_number, called_number,"
        " local_station_id, remote_station_id, raw)"
        " select gen_random_uuid(), now(), 'x', 'cdr', 'unknown', n, n, n, n, n from (select %s) as p (n)",
        [f"+{NUMBER}"],
    )


def places(dsn: str) -> set[str]:
    """The columns and headers that a dry run lists."""
    listed = run_command(dsn, "erase", "--number", NUMBER, "--dry-run").stdout.splitlines()
    elsewhere = {line.partition(": ")[0].removeprefix("fax.") for line in listed if line.startswith("fax.")}
    of_sessions = {place for line in listed if f" {SERVER} 2" in line for place in line.partition(": ")[2].split(", ")}
    return elsewhere | {place.removeprefix("fax.") for place in of_sessions}


def test_a_planted_number_is_nowhere_in_the_database(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    planted(database, dsn, tmp_path)
    write_totals(database)
    in_columns = {str(row["place"]) for row in read(database, PERSONAL)} | ALSO
    listed = places(dsn)
    expected = in_columns - {
        "rejected_message.raw",
        "session.channel",
        "observation.file_name",
        "observation.details",
        "session_pack.rows",
        *(place for place in in_columns if place.startswith("session_total.")),  # what the other places contain
    }
    assert expected - listed == set()
    assert {"channel", "file_name", "CallerIDNum", "ChanVariable", "Value", "AppData", "DialString"} <= listed
    assert len(lines_with(dump(dsn), NUMBER)) > 30

    done = run_command(dsn, "erase", "--number", f"+{NUMBER}", "--yes")

    assert lines_with(dump(dsn), NUMBER) == []
    assert as_lines(verified(dsn)) == []
    assert places(dsn) == set()
    assert read(database, "select from fax.session_salt") == []
    assert read(database, "select from fax.export_line where salt is not null") == []
    assert "not erased" not in done.stderr
    assert all(word in done.stderr for word in ("the spool in ", "recordings", "billing files", "logs", "backups"))


@pytest.mark.parametrize("spelling", SPELLINGS, ids=ascii)
@pytest.mark.parametrize(
    "form",
    [
        str,
        lambda text: text.encode().hex(),
        lambda text: base64.b64encode(f"x{text}".encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
        lambda text: text.encode("unicode_escape").decode(),
        lambda text: f'{{"a": {text!a}}}'.encode().hex(),
        lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
        lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    ],
    ids=["text", "hex", "base64", "url-safe base64", "escaped", "hex of escaped", "octal", "percent"],
)
def test_the_search_of_the_dump_finds_each_form(spelling: str, form: Callable[[str], str]) -> None:
    text = f"1\t{form(spelling)}\t\\N"
    assert lines_with(f"2\tx\n{text}\n", NUMBER) == [text]


def test_a_number_that_is_not_personal_is_named_and_remains(dsn: str, database: psycopg.Connection) -> None:
    append(database, completed(1, 1, AccountCode=NUMBER, FileName="/a.tif"))
    database.execute("insert into fax.lease values ('pbx', %s, now(), now(), now())", [NUMBER])
    ran = run_command(dsn, "erase", "--number", NUMBER, "--yes")
    assert ran.stdout.endswith(" (remains in AccountCode)\nfax.lease.holder: 1 row (remains)\n")
    assert "faxstore: nothing to erase\n" in ran.stderr
    assert "not erased, because these values are not personal: AccountCode, lease.holder;" in ran.stderr


def test_a_user_with_these_functions_alone_can_erase(dsn: str, database: psycopg.Connection) -> None:
    imported(dsn, recording())
    database.execute("create role dpo in role fax_masked")
    try:
        for function in ("find_number(text)", "erase_number(text, text)", "erase_sessions(uuid[], text)"):
            database.execute(f"grant execute on function fax.{function} to dpo".encode())
        sessions = [row["session_id"] for row in read(database, "select session_id from fax.session")]
        with database.transaction():
            database.execute("set local role dpo")
            assert len(read(database, "select from fax.find_number(%s)", NUMBER)) > 5
            database.execute("select fax.erase_sessions(%s, 'asked for')", [sessions])
            database.execute("select fax.erase_number(%s, 'asked for')", [NUMBER])
            assert read(database, "select from fax.find_number(%s)", NUMBER) == []
        assert lines_with(dump(dsn), NUMBER) == []
    finally:
        database.execute("drop owned by dpo")
        database.execute("drop role dpo")


def test_the_reason_must_not_contain_the_number(dsn: str, database: psycopg.Connection) -> None:
    ran = run_command("host=/nonexistent", "erase", "--number", NUMBER, "--reason", "of +49 151 9999 9992", "--yes")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert ran.stderr.startswith("faxstore: --reason contains the number")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="the reason contains the number"):
        database.execute("select fax.erase_number(%s, 'of +49 151 9999 9992')", [NUMBER])
    append(database, completed(1, 1, CallerIDNum=NUMBER))
    session = str(the_session(database)["session_id"])
    ran = run_command(dsn, "erase", "--session", session, "--reason", "of +49 151 9999 9992", "--yes")
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert "the reason contains a number of the session, and reasons are stored" in ran.stderr


FIGURES = """
select session_id, pages, bad_lines, started_at, ended_at, end_observed_by, result, snapshots
from fax.sessions order by session_id
"""


def unerased(server: str, template: str, *pieces: list[Line]) -> list[Row]:
    """The figures of a database in which nothing was erased."""
    with fresh(server, template) as dsn:
        imported(dsn, *pieces)
        with psycopg.connect(dsn) as connection:
            return read(connection, FIGURES)


def test_a_pending_import_goes_on_after_an_erasure(
    dsn: str, database: psycopg.Connection, server: str, template: str
) -> None:
    first = recording()
    imported(dsn, first)
    ran = run_command(dsn, "erase", "--number", NUMBER, "--yes")
    assert "a pending import continues without the number; import the next pieces, then erase again\n" in ran.stderr
    (part,) = read(database, "select convert_from(reader_state, 'UTF8') as state from fax.recording_part")
    assert "(erased)" in part["state"]
    waiting = read(database, "select convert_from(body, 'UTF8')::jsonb as body from fax.waiting_record")
    assert [row["body"][6] for row in waiting] == ["PJSIP/a-00000004"]  # the other one named its channel by the number
    imported(dsn, next_piece(first))
    assert lines_with(dump(dsn), NUMBER) == []
    assert read(database, FIGURES) == unerased(server, template, first, next_piece(first))
    assert [row["pages"] for row in read(database, FIGURES)] == [2, 2]
    assert [row["channel"] for row in read(database, "select channel from fax.sessions")] == [None, None]


def test_a_pending_import_finds_an_erased_fax_by_its_channel(
    dsn: str, database: psycopg.Connection, server: str, template: str
) -> None:
    """The lines of the next piece contain the number again, so they are erased again."""
    first, rest = recording(), next_piece(recording(), *completion())
    imported(dsn, first)
    assert run_command(dsn, "erase", "--number", NUMBER, "--yes").returncode == 0
    imported(dsn, rest)
    assert read(database, FIGURES) == unerased(server, template, first, rest)
    assert [row["pages"] for row in read(database, FIGURES)] == [2, 3]
    assert run_command(dsn, "erase", "--number", NUMBER, "--yes").returncode == 0
    assert lines_with(dump(dsn), NUMBER) == []


def test_what_another_version_stored_for_the_next_piece_is_deleted(dsn: str, database: psycopg.Connection) -> None:
    imported(dsn, recording())
    database.execute("update fax.recording_part set reader_state = %s", [f"two: {NUMBER}".encode()])
    database.execute("update fax.waiting_record set body = %s || ordinal::text::bytea", [f"two: {NUMBER} ".encode()])
    ran = run_command(dsn, "erase", "--number", NUMBER, "--yes")
    assert ran.returncode == 0
    assert "faxstore: deleted 2 events that waited for a session; import the recording again\n" in ran.stderr
    assert "faxstore: deleted the state of 1 import by another version; import the recording again" in ran.stderr
    assert read(database, "select from fax.recording_part") == read(database, "select from fax.waiting_record") == []
    assert lines_with(dump(dsn), NUMBER) == []


def test_an_erased_session_leaves_what_a_pending_import_remembers(dsn: str, database: psycopg.Connection) -> None:
    imported(dsn, recording())
    (live,) = read(database, "select session_id, channel from fax.session where session_number = 1")
    state = "select convert_from(reader_state, 'UTF8') as state from fax.recording_part"
    assert live["channel"] in read(database, state)[0]["state"]  # of the list entry, the call, the open channels
    assert run_command(dsn, "erase", "--session", str(live["session_id"]), "--yes").returncode == 0
    (left,) = read(database, state)
    assert live["channel"] not in left["state"]
    assert "/fax/" not in left["state"]
    assert "CallerIDNum" not in left["state"]


def test_what_was_erased_is_recognised_when_it_is_imported_again(dsn: str, database: psycopg.Connection) -> None:
    counts = (
        "select (select count(*) from fax.session) as sessions, (select count(*) from fax.session_history) as rows,"
        " (select count(*) from fax.rejected_message) as rejected, (select count(*) from fax.server_history) as others"
    )
    imported(dsn, recording())
    before = read(database, counts)
    run_command(dsn, "erase", "--number", NUMBER, "--yes")
    imported(dsn, recording())
    assert read(database, counts) == before
    assert read(database, "select from fax.rejected_message where raw <> ''") == []
    assert (
        read(database, "select from fax.rejected_message where length(digest) = 32") == []
    )  # no SHA-256 to guess from
    pending = {"recording_part.first_list", "recording_part.reader_state", "waiting_record.body"}
    assert places(dsn) == pending  # of the next piece
