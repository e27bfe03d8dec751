"""The roles in use: fax_ingest may only append, fax_reader may only read."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore.observations import Rejected
from tests.kit.databases import check_schema, fresh
from tests.kit.given import (
    append,
    completed,
    gone,
    hangup,
    listing,
    moment,
    read,
    receiving,
    result,
    snapshot,
    stats,
    the_session,
)
from tests.kit.rights import APPEND_ONLY, PARTITIONS, ROLES, UPDATED, VIEWS, names, refuses

# -- what must work ---------------------------------------------------------------------------------------


def test_fax_ingest_appends_everything(server: str, template: str, logins: dict[str, str]) -> None:
    """Sessions and their ends, in a month without a partition, server observations, rejected messages."""
    with fresh(server, template) as dsn:
        with psycopg.connect(make_conninfo(dsn, user=logins["fax_ingest"]), autocommit=True) as connection:
            append(
                connection,
                [*receiving((0, 1, 0), (1, 2, 0)), *result(1.5, "SUCCESS", "", "OK"), completed(2, 1), hangup(3)],
                [stats(0, TransmitAttempts="1"), Rejected("pbx", moment(0), "no header", "garbage")],
                snapshot(-2e8, 7),
            )
            append(connection, snapshot(3.5, 8), listing(4, 8))
        with psycopg.connect(dsn, autocommit=True) as connection:
            found = read(
                connection,
                "select (select count(*) from fax.session_history) as rows, (select count(*) from fax.server_history)"
                " as server_rows, (select count(*) from fax.rejected_message) as rejected,"
                " (select count(*) from fax.session where is_open) as open, (select count(*) from fax.session)"
                " as sessions",
            )
    assert found == [{"rows": 9, "server_rows": 1, "rejected": 1, "open": 1, "sessions": 3}]


def test_fax_ingest_makes_days_ahead(ingest: psycopg.Connection) -> None:
    with ingest.transaction(force_rollback=True):
        made = ingest.execute("select count(*) from fax.make_partitions_ahead(24)").fetchone()
    assert made == (25,)


def test_fax_ingest_holds_a_lease_and_fax_reader_sees_who_does(
    ingest: psycopg.Connection, reader: psycopg.Connection
) -> None:
    assert read(ingest, "select holds from fax.hold_lease('pbx', 'a', 6)") == [{"holds": True}]
    assert read(reader, "select holder from fax.lease") == [{"holder": "a"}]


def test_set_role_is_enough_to_append(server: str, template: str) -> None:
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("set role fax_ingest")
        append(connection, snapshot(0), gone(1))
        connection.execute("reset role")
        assert the_session(connection)["end_observed_by"] == "gone"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_read_the_schema_version(filled: str, logins: dict[str, str], role: str) -> None:
    """Every command checks it first."""
    check_schema(make_conninfo(filled, user=logins[role]))


def test_fax_reader_reads_every_view(reader: psycopg.Connection) -> None:
    views = names(reader, VIEWS)
    assert {"sessions", "session_pages", "session_timeline", "rejected_messages"} <= set(views)
    for view in views:
        found = reader.execute(sql.SQL("select count(*) from fax.{}").format(sql.Identifier(view))).fetchone()
        assert found is not None
        # nothing is sealed or billed here, and no rate falls
        assert found[0] > 0 or view in ("sealed_batches", "export_sums", "session_rate_falls", "later_lives"), view


@pytest.mark.parametrize("table", ["session_history", "session", "epoch", "append_batch", "server_history"])
def test_fax_reader_reads_the_history(reader: psycopg.Connection, table: str) -> None:
    found = reader.execute(sql.SQL("select * from fax.{}").format(sql.Identifier(table))).fetchall()
    assert len(found) > 0


def test_fax_reader_uses_the_functions_of_the_views(reader: psycopg.Connection) -> None:
    found = reader.execute(
        "select fax.resolution_name(7700), fax.result_class('SUCCESS', '', 'OK'),"
        """ fax.channel_variable('{"ChanVariable": "A=1"}', 'A')"""
    ).fetchone()
    assert found == ("fine", "success", "1")


# -- what is refused --------------------------------------------------------------------------------------

COLUMNS = "(session_id, started_at, observed_at, position, event, collector)"
ROW = f"{COLUMNS} values (gen_random_uuid(), now(), now(), 99, 'Gone', 1)"

CHANGES = [
    *[f"delete from fax.{table}" for table in (*APPEND_ONLY, *UPDATED)],
    *[f"truncate fax.{table}" for table in (*APPEND_ONLY, *UPDATED)],
    *[f"lock table fax.{table} in access exclusive mode" for table in APPEND_ONLY],
    *[f"drop table fax.{table}" for table in (*APPEND_ONLY, *UPDATED)],
    *[f"alter table fax.{table} disable trigger append_only" for table in APPEND_ONLY],
    *[f"alter table fax.{table} disable trigger all" for table in (*APPEND_ONLY, *UPDATED)],
    *[f"alter table fax.{table} owner to current_user" for table in (*APPEND_ONLY, *UPDATED)],
    *[f"drop trigger append_only on fax.{table}" for table in APPEND_ONLY],
    "update fax.observation set state = 'Complete'",
    "update fax.append_batch set collector = 2",
    "update fax.server_history set event = 'FAXStats'",
    "update fax.rejected_message set reason = 'none'",
    "update fax.session set is_open = true",
    "update fax.epoch set server = 'mine'",
    "update fax.lease set holder = 'mine'",
    "insert into fax.lease values ('pbx2', 'mine', now(), now(), 'infinity')",
    f"insert into fax.observation {ROW}",
    f"insert into fax.observation_default {ROW}",
    f"insert into fax.observation_past {ROW}",
    "insert into fax.append_batch values (1, now(), 1, 1)",
    "insert into fax.session (session_id, started_at, epoch_id, server)"
    " select gen_random_uuid(), now(), epoch_id, 'x' from fax.epoch",
    "insert into fax.epoch (epoch_id, server, first_seen_at, last_seen_at)"
    " values (gen_random_uuid(), 'x', now(), now())",
    f"merge into fax.observation h using (values (1)) v (n) on false when not matched then insert {ROW}",
    "alter table fax.observation add column mine text",
    "alter table fax.observation detach partition fax.observation_default",
    "create trigger mine before insert on fax.observation execute function fax.refuse_change()",
    "create index on fax.observation (state)",
    "create rule mine as on insert to fax.append_batch do instead nothing",
    "create policy mine on fax.observation",
    "create table fax.mine (n integer)",
    "create view fax.mine as select 1",
    "create function fax.mine() returns integer language sql as 'select 1'",
    "create or replace function fax.lock_append() returns void language sql as ''",
    "alter function fax.append reset search_path",
    "drop function fax.append",
    "drop view fax.sessions",
    "drop schema fax cascade",
    "comment on table fax.observation is 'mine'",
    "grant fax_owner to current_user",
    "set role fax_owner",
    "set session_replication_role = replica",
    "copy (select 1) to program 'true'",
    "select fax.register_sessions('{}')",
    "select fax.make_partition(now())",
    "select fax.forget_coverage_of_rows('{}')",
    "select fax.forget_reconciliation(null, null, null)",
    "delete from fax.compared_reading",
    "update fax.reconciliation_day set since = null",
    "delete from fax.coverage_day",
    "insert into fax.coverage_day values ('pbx', '2026-11-02', now(), '{}')",
    "select fax.make_append_only('epoch')",
    "update fax.alembic_version set version_num = '0'",
    "delete from fax.alembic_version",
]  # fmt: skip


@pytest.mark.parametrize("statement", CHANGES)
def test_neither_role_can_change_rows(ingest: psycopg.Connection, reader: psycopg.Connection, statement: str) -> None:
    refuses(ingest, statement)
    refuses(reader, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from fax.server_history",
        "select * from fax.rejected_message",
        "select * from fax.sessions",
        "select * from fax.lease",
    ],
)
def test_fax_ingest_can_read_only_what_it_needs(ingest: psycopg.Connection, statement: str) -> None:
    refuses(ingest, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into fax.server_history values ('pbx', now(), 'FAXStats', 'me')",
        "insert into fax.rejected_message values ('pbx', now(), '', 'me', 'none', '')",
        "select * from fax.rejected_message",
        "select * from fax.append('me', '{}', '{}', '{}')",
        "select * from fax.find_gone_sessions(gen_random_uuid(), now(), '{}')",
        "select fax.resolve_epoch('pbx', gen_random_uuid(), null, now(), false, now(), null, null, null, true)",
        "select * from fax.make_partitions_ahead()",
        "select fax.write_coverage()",
        "select * from fax.hold_lease('pbx', 'mine', 6)",
    ],
)
def test_fax_reader_cannot_append(reader: psycopg.Connection, statement: str) -> None:
    refuses(reader, statement)


def test_partitions_grant_nothing(
    superuser: psycopg.Connection, ingest: psycopg.Connection, reader: psycopg.Connection
) -> None:
    """Rights on the history do not reach its partitions by name."""
    partitions = names(superuser, PARTITIONS)
    assert len(partitions) > 4
    for partition in partitions:
        for role in (ingest, reader):
            for statement in (
                f"select * from fax.{partition}",
                f"insert into fax.{partition} {ROW}",
                f"update fax.{partition} set state = 'Complete'",
                f"delete from fax.{partition}",
                f"truncate fax.{partition}",
                f"drop table fax.{partition}",
                f"alter table fax.{partition} disable trigger append_only",
            ):
                refuses(role, statement)


def test_public_has_no_rights(superuser: psycopg.Connection) -> None:
    found = read(
        superuser,
        """
        select c.oid::regclass::text as name, a.privilege_type from pg_class c, aclexplode(c.relacl) a
        where c.relnamespace = 'fax'::regnamespace and a.grantee = 0
        union all
        select p.oid::regprocedure::text, a.privilege_type
        from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
        where p.pronamespace = 'fax'::regnamespace and a.grantee = 0
        """,
    )
    assert found == []


def test_a_user_without_a_role_sees_nothing(server: str, filled: str) -> None:
    name = f"test_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
        try:
            with psycopg.connect(make_conninfo(filled, user=name), autocommit=True) as nobody:
                refuses(nobody, "select * from fax.sessions")
                refuses(nobody, "select fax.resolution_name(7700)")
        finally:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_the_roles_cannot_log_in_and_hold_no_attribute(superuser: psycopg.Connection) -> None:
    found = read(
        superuser,
        "select rolname, rolcanlogin or rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls"
        " as more, (select count(*) from pg_auth_members m where m.member = r.oid) as member_of"
        " from pg_roles r where rolname in ('fax_owner', 'fax_ingest', 'fax_reader', 'fax_export') order by 1",
    )
    assert found == [
        {"rolname": name, "more": False, "member_of": 0}
        for name in ("fax_export", "fax_ingest", "fax_owner", "fax_reader")
    ]
