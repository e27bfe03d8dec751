"""An erasure removes personal values for good, keeps figures and proofs, and opens no other way to change a row."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from faxstore.log import prove
from faxstore.store.database import connect
from faxstore.store.erasure import find_by_number
from tests.kit.command_line import run_command
from tests.kit.given import Row, append, completed, hangup, read, the_id
from tests.kit.log_faxes import SECRETS, a_history, as_lines, fax, sealed, verified
from tests.kit.rights import REFUSED

PERSONAL = (
    "channel", "caller_number", "called_number", "local_station_id", "remote_station_id", "file_names",
)  # fmt: skip
"""Columns of fax.sessions that an erasure empties."""

OF_ALL = "select to_jsonb(s) as row from fax.{} s where session_id = %s order by 1"


def folds(connection: psycopg.Connection, session: UUID) -> dict[str, list[Row]]:
    """All rows of a session in the views, without personal values."""
    found = {
        view: [row["row"] for row in read(connection, OF_ALL.format(view), session)]
        for view in ("sessions", "session_pages", "session_timeline")
    }
    for row in found["sessions"]:
        for name in PERSONAL:
            row.pop(name)
    return found


def some_session(connection: psycopg.Connection) -> UUID:
    rows = read(connection, "select session_id from fax.sessions where caller_number is not null order by 1 limit 1")
    return UUID(str(rows[0]["session_id"]))


def erase(connection: psycopg.Connection, session: UUID) -> int:
    row = connection.execute("select fax.erase_session(%s, 'asked for')", [session]).fetchone()
    assert row is not None
    return int(row[0])


def stored_text(connection: psycopg.Connection, session: UUID) -> str:
    """All rows of a session in all tables, as one text."""
    tables = ("session_history", "session_pack", "session", "session_salt", "erased_digest", "erasure")
    parts = (
        read(connection, f"select to_jsonb(t)::text as t from fax.{one} t where session_id = %s", session)
        for one in tables
    )
    return "\n".join(row["t"] for rows in parts for row in rows)


def test_values_are_erased_and_figures_and_proofs_remain(log: str) -> None:
    with psycopg.connect(log, autocommit=True) as connection, connect(log) as reader:
        session = some_session(connection)
        checkpoint, text = prove.checkpoint(reader, None)
        positions = prove.positions_of(reader, session)
        proofs = [prove.inclusion(reader, position, checkpoint, text) for position in positions]
        before, text_before = folds(connection, session), stored_text(connection, session)
        others = read(connection, "select * from fax.sessions where session_id <> %s order by session_id", session)
        assert all(secret in text_before for secret in SECRETS)

        assert erase(connection, session) > 10

        assert [secret for secret in SECRETS if secret in stored_text(connection, session)] == []
        assert folds(connection, session) == before
        (row,) = read(connection, "select * from fax.sessions where session_id = %s", session)
        assert [row[name] for name in PERSONAL] == [None] * len(PERSONAL)
        assert (row["result"], row["pages"], row["account_code"]) == ("success", 3, "acme")
        assert (
            read(connection, "select * from fax.sessions where session_id <> %s order by session_id", session) == others
        )
        assert [prove.inclusion(reader, position, checkpoint, text) for position in positions] == proofs
        assert as_lines(verified(log)) == []
        (erasure,) = read(connection, "select * from fax.erasure")
        assert (erasure["session_id"], erasure["reason"]) == (session, "asked for")
        assert erasure["erased_by"] == connection.info.user
        assert read(connection, "select from fax.session_salt where session_id = %s", session) == []


def test_unsealed_rows_can_be_erased_and_then_sealed(dsn: str, database: psycopg.Connection) -> None:
    append(database, fax(1, 0))
    erase(database, the_id(database))
    sealed(dsn)
    assert as_lines(verified(dsn)) == []
    assert [secret for secret in SECRETS if secret in stored_text(database, the_id(database))] == []


def test_later_rows_of_an_erased_session_are_sealed_and_erased(dsn: str, database: psycopg.Connection) -> None:
    append(database, fax(1, 0)[:6])
    session = the_id(database)
    sealed(dsn)
    erase(database, session)
    append(database, fax(1, 0))
    sealed(dsn)
    assert "Ada Lovelace" in stored_text(database, session)
    assert as_lines(verified(dsn)) == []
    erase(database, session)
    assert [secret for secret in SECRETS[1:3] if secret in stored_text(database, session)] == []
    assert as_lines(verified(dsn)) == []
    assert erase(database, session) == 0
    assert as_lines(verified(dsn)) == []


def test_a_restored_value_or_a_changed_digest_is_found(log: str, superuser: psycopg.Connection) -> None:
    session = some_session(superuser)
    superuser.execute("alter table fax.observation enable trigger all")
    superuser.execute("alter table fax.observation enable always trigger check_erasure")
    erase(superuser, session)
    superuser.execute("alter table fax.observation disable trigger all")
    (row,) = read(superuser, "select min(position) as p from fax.erased_digest where file_name is not null")
    superuser.execute("update fax.observation set file_name = '/fax/letter' where position = %s", [row["p"]])
    assert f"log: position {row['p']}: 1 row is not as sealed" in as_lines(verified(log))
    superuser.execute("update fax.observation set file_name = null where position = %s", [row["p"]])
    superuser.execute("update fax.erased_digest set file_name = sha256('x') where position = %s", [row["p"]])
    assert f"log: position {row['p']}: 1 row is not as sealed" in as_lines(verified(log))


# -- the one exception to append-only is checked -------------------------------------------------------

ON_RECORD = "insert into fax.erasure (reason, session_id, erased_rows) values ('mine', %(session)s, 1);"
DIGESTS = """
insert into fax.erased_digest (session_id, position, file_name)
select h.session_id, h.position, sha256('another') from fax.session_history h
where h.session_id = %(session)s and h.file_name is not null;
"""


def in_one_transaction(connection: psycopg.Connection, session: UUID, *statements: str) -> None:
    with connection.transaction():
        for statement in filter(str.strip, statements):
            connection.execute(statement.encode(), {"session": session})


@pytest.mark.parametrize("record", ["", ON_RECORD, ON_RECORD + DIGESTS])
@pytest.mark.parametrize(
    "change",
    [
        "file_name = null",
        "file_name = 'another'",
        "details = fax.plain_details(details)",
        "details = null",
        "details = '{}'",
        "total_bad_lines = 0",
        "started_at = started_at + interval '1 month'",
        "file_name = null, state = 'another'",
    ],
)
def test_any_other_update_is_refused(log: str, record: str, change: str) -> None:
    """Even to a superuser; without an erasure on record, with one, and with one and digests of other values."""
    with psycopg.connect(log, autocommit=True) as connection:
        session = some_session(connection)
        before = stored_text(connection, session)
        change = f"update fax.observation set {change} where session_id = %(session)s"
        with pytest.raises(REFUSED, match="append-only: update is refused"):
            in_one_transaction(connection, session, *record.split(";"), change)
        assert stored_text(connection, session) == before


@pytest.mark.parametrize(
    "table", ["append_batch", "server_history", "checkpoint", "log_run", "erased_digest", "erasure"]
)
def test_an_erasure_opens_no_other_table(log: str, table: str) -> None:
    with psycopg.connect(log, autocommit=True) as connection:
        (name,) = connection.execute(
            "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum = 1", [f"fax.{table}"]
        ).fetchone() or ("",)
        connection.execute("insert into fax.server_history values ('pbx', now(), 'Polled', 'one')")
        change = f"update fax.{table} set {name} = {name}"
        with pytest.raises(REFUSED, match=rf"fax\.{table} is append-only"):
            in_one_transaction(connection, some_session(connection), ON_RECORD, change)


@pytest.mark.parametrize("role", ["fax_ingest", "fax_reader", "fax_sealer", "fax_masked"])
@pytest.mark.parametrize(
    "call", ["fax.erase_session(gen_random_uuid(), 'x')", "fax.erase_rejected('x', now(), now(), 'x')"]
)
def test_no_role_may_erase(database: psycopg.Connection, role: str, call: str) -> None:
    database.execute(f"set role {role}".encode())
    with pytest.raises(REFUSED):
        database.execute(f"select {call}".encode())


# -- rejected messages ------------------------------------------------------------------------------------


def test_rejected_messages_are_emptied_by_what_they_contain(database: psycopg.Connection) -> None:
    for number in ("5550100", "5550199"):
        database.execute(
            "insert into fax.rejected_message values ('pbx', now(), sha256(%s), 'one', 'no header', %s)",
            [number.encode()] * 2,
        )
    call = (
        "select fax.erase_rejected('pbx', now() - interval '1 hour', now() + interval '1 hour', 'asked for', '5550100')"
    )
    assert database.execute(call).fetchone() == (1,)
    rows = read(database, "select raw, reason from fax.rejected_messages order by raw")
    assert [(bytes(row["raw"]), row["reason"]) for row in rows] == [(b"", "no header"), (b"5550199", "no header")]
    for change in ("raw = ''", "reason = 'another'", "raw = 'another'"):
        with pytest.raises(REFUSED):
            database.execute(f"update fax.rejected_message set {change}".encode())


# -- the command ------------------------------------------------------------------------------------------


def test_the_command_finds_a_number_in_any_value(dsn: str, database: psycopg.Connection) -> None:
    a_history(database, 12)
    database.execute(
        "insert into fax.rejected_message values ('pbx', now(), sha256(''), 'one', 'why', 'From: 5550103')"
    )
    rows = read(database, "select session_id from fax.sessions where caller_number = '5550103'")
    sessions = [str(row["session_id"]) for row in rows]
    assert len(sessions) >= 1
    dry = run_command(dsn, "erase", "--number", "555 0103", "--dry-run")
    assert (dry.returncode, dry.stdout.count("\n")) == (0, len(sessions) + 1)
    assert all(session in dry.stdout for session in sessions)
    refused = run_command(dsn, "erase", "--number", "5550103")
    assert (refused.returncode, "confirm with --yes" in refused.stderr) == (2, True)
    assert (
        run_command(dsn, "erase", "--number", "55501", "--dry-run").stdout == ""
    )  # a part of a number is another number
    assert run_command(dsn, "erase", "--number", "5550103", "--yes").returncode == 0
    assert read(database, "select from fax.sessions where caller_number = '5550103'") == []
    assert read(database, "select from fax.rejected_message where raw <> ''") == []
    assert run_command(dsn, "erase", "--number", "5550103", "--yes").stderr.startswith("faxstore: nothing to erase\n")


@pytest.mark.parametrize(
    "value",
    [r"\x005550177", r"5550177\x00", "\x015550177", "555\xa00177", "+1 (555) 01-77", r"\x1b5550177\x1b"],
    ids=ascii,
)
def test_padding_hides_no_number(database: psycopg.Connection, value: str) -> None:
    expected = 0 if value.startswith("+1") else 1  # a longer number
    append(database, completed(1, 1, RemoteStationID=value, CallerIDNum="5550199"), hangup(2))
    assert len(find_by_number(database, "5550177")) == expected
    assert len(find_by_number(database, "5550199")) == 1


@pytest.mark.parametrize("arguments", [(), ("--number", "12"), ("--number", "x"), ("--session", "x")])
def test_bad_use_of_the_command(arguments: tuple[Any, ...]) -> None:
    """It is reported before the command connects."""
    found = run_command("host=/nonexistent", "erase", *arguments)
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1


def test_a_fax_without_personal_values_is_erased_too(dsn: str, database: psycopg.Connection) -> None:
    append(database, completed(1, 1, file_name=None, Uniqueid="1.1"))
    (row,) = read(database, "select session_id from fax.session")
    erase(database, row["session_id"])
    sealed(dsn)
    assert as_lines(verified(dsn)) == []
