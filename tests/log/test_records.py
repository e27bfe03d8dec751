"""What is sealed beside the rows: a change on record is no finding, a silent change is one, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import psycopg
import pytest

from faxstore.log import note
from faxstore.log.coverage import RECORDED, RUNS
from faxstore.log.keys import new_key, read_key
from tests.kit.billing_batches import export
from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.given import append, read, stats
from tests.kit.given_rates import rate
from tests.kit.log_faxes import a_history, as_lines, fax, sealed, sizes, verified

TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def log(server: str, template: str, tmp_path: Path) -> Iterator[str]:
    """A sealed database with rows in every table that the log covers."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        a_history(connection, 4)
        append(connection, stats(5, TransmitAttempts="4"), stats(65, TransmitAttempts="5"))
        connection.execute(
            "insert into fax.rejected_message values ('pbx', now(), sha256(''), 'one', 'no header', 'x')"
        )
        rate(connection, per_page=0.05)
        connection.execute("insert into fax.rate_change (rate_id, change, rate) values (1, 'removal', '{}')")
        connection.execute(
            "insert into fax.month_change (month, change, rule, rows, sessions)"
            " values ('2026-09-01', 'archived', 'faxstore partitions archive', 7, 1)"
        )
        export(dsn, tmp_path)
        connection.execute("select fax.erase_session(min(session_id::text)::uuid, 'asked') from fax.session")
        sealed(dsn)
        yield dsn


@pytest.fixture
def superuser(log: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `log`."""
    with psycopg.connect(log, autocommit=True) as connection:
        yield connection


def found_in(log: str, **scope: object) -> list[str]:
    """The findings about records."""
    return [line for line in as_lines(verified(log, **scope)) if line.startswith("records: ")]


def silently(connection: psycopg.Connection, table: str, change: str) -> None:
    """Changes a table while its triggers are disabled."""
    connection.execute(f"alter table fax.{table} disable trigger all".encode())
    connection.execute(change.encode())
    connection.execute(f"alter table fax.{table} enable trigger all".encode())


def test_an_unchanged_log_has_no_findings(log: str, superuser: psycopg.Connection) -> None:
    assert as_lines(verified(log)) == []
    covered = read(superuser, "select distinct relation from fax.log_record order by 1")
    assert {row["relation"] for row in covered} == {*RECORDED, *RUNS}
    assert read(superuser, "select from fax.unsealed_change") == []


CHANGED = {
    "uuid": "gen_random_uuid()",
    "integer[]": "array[7]",
    "uuid[]": "array[gen_random_uuid()]",
    "boolean": "{column} is distinct from true",
    "text": "coalesce({column}, '') || 'x'",
    "bytea": "sha256({column})",
    "bigint": "coalesce({column}, 0) + 1",
    "integer": "coalesce({column}, 0) + 1",
    "numeric": "coalesce({column}, 0) + 1",
    "date": "{column} + 1",
    "timestamp with time zone": "coalesce({column} + interval '1 s', now())",
}
"""Another value of a column, by type."""


@pytest.mark.parametrize("table", sorted(RECORDED))
def test_a_silent_change_of_any_recorded_column_is_found(log: str, superuser: psycopg.Connection, table: str) -> None:
    """Constraints are dropped first, so that any value is stored."""
    relation = f"fax.{table}"
    constraints = "select conname from pg_constraint where conrelid = %s::regclass and contype in ('c', 'x', 'f')"
    for (name,) in superuser.execute(constraints, [relation]).fetchall():
        superuser.execute(f"alter table {relation} drop constraint {name}".encode())
    query = (
        "select attname, format_type(atttypid, null) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped"
    )
    for column, kind in superuser.execute(query, [relation]).fetchall():
        if column not in (*RECORDED[table].key, *RECORDED[table].left_out):
            silently(superuser, table, f"update {relation} set {column} = {CHANGED[kind].format(column=column)}")
            assert any(f"{relation} " in line and f"{column} is " in line for line in found_in(log)), column


def test_a_change_on_record_is_no_finding_and_states_who_and_when(log: str, superuser: psycopg.Connection) -> None:
    superuser.execute("update fax.technology set bad_lines_counted_by = 'session'")
    superuser.execute("insert into fax.technology values ('Example', 'page')")
    superuser.execute("delete from fax.technology where technology = 'Spandsp'")
    assert found_in(log) == []
    rows, text = sealed(log)
    assert (rows, note.parse(text).size) == (0, sizes(log)[0])
    assert found_in(log) == []
    changes = read(
        superuser,
        "select row_key, content, changed_by from fax.log_record where relation = 'technology' order by ordinal",
    )
    assert [(row["row_key"], row["content"] and row["content"]["bad_lines_counted_by"]) for row in changes] == [
        ("Spandsp", "page"), ("Spandsp", "session"), ("Example", "page"), ("Spandsp", None),
    ]  # fmt: skip
    assert changes[-1]["changed_by"] == superuser.info.user


def test_a_silent_change_stays_a_finding_after_the_next_seal(log: str, superuser: psycopg.Connection) -> None:
    silently(superuser, "technology", "update fax.technology set bad_lines_counted_by = 'session'")
    append(superuser, fax(900, 5e4))
    sealed(log)
    assert found_in(log) == [
        "records: fax.technology Spandsp: was changed without a record: bad_lines_counted_by is session, was page"
    ]
    superuser.execute("update fax.technology set bad_lines_counted_by = 'page'")
    assert found_in(log) == []


def test_rows_added_and_removed_silently_are_found(log: str, superuser: psycopg.Connection) -> None:
    silently(superuser, "quality_class", "delete from fax.quality_class where quality = 'poor'")
    silently(superuser, "technology", "insert into fax.technology values ('Example', 'session')")
    assert found_in(log) == [
        "records: fax.technology Example: was added without a record",
        "records: fax.quality_class poor: was removed without a record; it was"
        " {'quality': 'poor', 'bad_line_ratio_below': 0.15}",
    ]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (
            "append_batch",
            "update fax.append_batch set appended_at = appended_at - interval '1 day' where last_position = rows",
        ),
        ("append_batch", "update fax.append_batch set collector = 2 where last_position = rows"),
        ("server_history", 'update fax.server_history set details = \'{"TransmitAttempts": "6"}\''),
        ("server_history", "delete from fax.server_history where ordinal = 1"),
        ("server_history", "insert into fax.server_history values ('pbx', now(), 'Polled', 'one', null, 1)"),
        ("rejected_message", "update fax.rejected_message set reason = 'another'"),
    ],
)
def test_a_changed_row_of_a_run_is_found(log: str, superuser: psycopg.Connection, table: str, change: str) -> None:
    silently(superuser, table, change)
    (line,) = found_in(log)
    assert line.startswith(f"records: fax.{table}, {RUNS[table]} 1 to ")
    assert "not as sealed: a row was changed, removed or added" in line


def test_what_an_erasure_may_remove_is_not_covered(log: str, superuser: psycopg.Connection) -> None:
    for table, change in {
        "epoch": "startup_text = null",
        "erasure": "reason = 'erased'",
        "rejected_message": "raw = '', digest = ''",
        "server_history": 'details = details || \'{"Message": "5550100"}\'',
        "rate": "note = null",
    }.items():
        silently(superuser, table, f"update fax.{table} set {change}")
    assert found_in(log) == []


ONE_FAX = "session_id = (select max(session_id::text)::uuid from fax.session where channel like 'PJSIP/trunk-%')"
"""A fax that is not erased."""


@pytest.mark.parametrize("channel", ["'PJSIP/another-00000001'", "null"])
def test_a_silent_change_of_a_channel_is_found(log: str, superuser: psycopg.Connection, channel: str) -> None:
    """Its record has a digest instead of the channel, which may contain a number."""
    assert read(superuser, "select from fax.log_record where content::text like '%PJSIP%'") == []
    silently(superuser, "session", f"update fax.session set channel = {channel} where {ONE_FAX}")
    (line,) = found_in(log)
    assert line.startswith("records: fax.session ")
    assert "channel_digest is " in line


def test_an_erased_channel_is_on_record(log: str, superuser: psycopg.Connection) -> None:
    before = read(superuser, "select count(*) as n from fax.session where channel is null")[0]["n"]
    superuser.execute(f"select fax.erase_session(session_id, 'asked') from fax.session where {ONE_FAX}".encode())
    assert read(superuser, "select count(*) as n from fax.session where channel is null")[0]["n"] == before + 1
    assert found_in(log) == []
    sealed(log)
    assert found_in(log) == []
    last = "select content -> 'channel_digest' from fax.log_record where relation = 'session' order by ordinal desc"
    assert superuser.execute(f"{last} limit 1".encode()).fetchone() == (None,)


def test_a_row_that_only_grows_never_changes(log: str, superuser: psycopg.Connection) -> None:
    """Its trigger recorded the change, but the table is append-only."""
    superuser.execute("alter table fax.export_batch disable trigger append_only")
    superuser.execute("update fax.export_batch set made_at = made_at - interval '1 day'")
    sealed(log)
    (line,) = found_in(log)
    assert line.startswith("records: fax.export_batch default 1: was changed at ")
    assert line.endswith(f"by {superuser.info.user}; such rows never change")


def test_a_rewritten_record_is_found_between_two_checkpoints(log: str, superuser: psycopg.Connection) -> None:
    first = note.parse(sealed(log)[1]).records.number
    superuser.execute("update fax.job_window set hours = 3")
    second = note.parse(sealed(log)[1]).records.number
    assert second == first + 1
    silently(superuser, "job_window", "update fax.job_window set hours = 4")
    silently(
        superuser,
        "log_record",
        f'update fax.log_record set content = \'{{"hours": 4, "only_row": true}}\' where ordinal = {second}',
    )
    assert found_in(log) == [
        f"records: record {second}: not as sealed: they differ from the checkpoint of {sizes(log)[0]} rows"
    ]


def test_a_rewritten_chain_does_not_match_a_published_checkpoint(log: str, superuser: psycopg.Connection) -> None:
    """A superuser changes a record and seals everything again."""
    text = sealed(log)[1]
    published = {"published": note.parse(text), "published_note": text}
    assert found_in(log, **published) == []
    for table in ("checkpoint", "log_run", "log_subtree"):
        silently(superuser, table, f"delete from fax.{table}")
    moved = "insert into fax.unsealed_change select ordinal, relation, row_key, content from fax.log_record"
    superuser.execute(f"{moved} where relation <> all (%s)".encode(), [list(RUNS)])
    silently(superuser, "log_record", "delete from fax.log_record")
    silently(superuser, "job_window", "update fax.job_window set hours = 3")
    superuser.execute(
        "update fax.unsealed_change set content = content || '{\"hours\": 3}' where relation = 'job_window'"
    )
    sealed(log)
    assert found_in(log) == []
    (line,) = found_in(log, **published)
    assert line.startswith(f"records: published checkpoint of {note.parse(text).records.number} records: ")


def test_a_missing_checkpoint_of_a_published_one_is_found(log: str, superuser: psycopg.Connection) -> None:
    text = sealed(log)[1]
    append(superuser, fax(900, 5e4))
    sealed(log)
    published = {"published": note.parse(text), "published_note": text}
    silently(superuser, "checkpoint", f"delete from fax.checkpoint where records = {note.parse(text).records.number}")
    assert any("checkpoints or records are missing" in line for line in found_in(log, **published))


def test_observations_of_servers_alone_are_sealed_once_an_hour(log: str, superuser: psycopg.Connection) -> None:
    before = sealed(log)
    append(superuser, stats(125, TransmitAttempts="5"))
    assert sealed(log) == before
    two_hours_older(superuser)
    later = note.parse(sealed(log)[1])
    assert later.records.number == note.parse(before[1]).records.number + 1
    assert found_in(log) == []


def two_hours_older(superuser: psycopg.Connection) -> None:
    """Changes the time of the checkpoint, in its row and in its note."""
    ((made_at, text),) = superuser.execute("select made_at, note from fax.checkpoint").fetchall()
    stated, earlier = (when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") for when in (made_at, made_at - TWO_HOURS))
    superuser.execute("alter table fax.checkpoint disable trigger all")
    older = [made_at - TWO_HOURS, text.replace(stated, earlier)]
    superuser.execute("update fax.checkpoint set made_at = %s, note = %s", older)


def test_a_change_that_is_not_committed_holds_up_nobody(log: str, superuser: psycopg.Connection) -> None:
    """A seal and an append go on; a later checkpoint covers the change."""
    with psycopg.connect(log) as operator:
        operator.execute("update fax.job_window set hours = 3")
        superuser.execute("set lock_timeout = '5s'")
        append(superuser, fax(900, 5e4))
        sealed(log)
        assert records_of(superuser, "job_window") == [24]
        operator.commit()
    sealed(log)
    assert records_of(superuser, "job_window") == [24, 3]
    assert found_in(log) == []


def records_of(connection: psycopg.Connection, relation: str) -> list[int]:
    query = "select content -> 'hours' from fax.log_record where relation = %s order by ordinal"
    return [hours for (hours,) in connection.execute(query, [relation])]


def test_ordinals_are_in_commit_order(log: str, superuser: psycopg.Connection) -> None:
    """The second insert waits for the first one, so no seal skips a row."""
    add = "insert into fax.server_history (server, observed_at, event, collector_id) values ('pbx', now(), %s, 'one')"
    with psycopg.connect(log) as first:
        first.execute(add, ["first"])
        superuser.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            superuser.execute(add, ["second"])
        first.rollback()
    superuser.execute(add, ["second"])
    query = "select event from fax.server_history order by ordinal desc limit 1"
    assert superuser.execute(query).fetchone() == ("second",)


def test_a_key_can_change_without_new_rows(log: str, tmp_path: Path, superuser: psycopg.Connection) -> None:
    new_key(tmp_path / "log.key", "faxstore/test")
    key = read_key(tmp_path / "log.key")
    text = sealed(log, key=key, start=True)[1]
    assert note.parse(text).key == key.public
    (row,) = read(superuser, "select row_key, content from fax.log_record where relation = 'signing_key'")
    assert row == {"row_key": key.public.short, "content": {"public_key": str(key.public)}}
    assert run_command(log, "verify", "--public-key", str(key.public)).returncode == 0


def test_the_time_of_a_checkpoint_is_in_its_note(log: str, superuser: psycopg.Connection) -> None:
    silently(superuser, "checkpoint", "update fax.checkpoint set made_at = made_at - interval '1 day'")
    assert any("its note has another time" in line for line in as_lines(verified(log)))


def test_a_seal_reads_only_new_records(log: str, superuser: psycopg.Connection) -> None:
    """A row of a run that is sealed already is not read again: only verify finds its change."""
    silently(superuser, "append_batch", "update fax.append_batch set collector = 2 where last_position = rows")
    append(superuser, fax(900, 5e4), stats(125, TransmitAttempts="5"))
    rows, _ = sealed(log)
    assert rows > 0
    runs = read(
        superuser, "select relation, content from fax.log_record where relation = 'append_batch' order by ordinal"
    )
    assert [run["content"]["after"] for run in runs] == [0, runs[0]["content"]["last"]]
