"""The rights of each role on every table, partition, view and function of the catalog.

The lists here are complete: a new object fails the tests until the lists have it.
"""

from __future__ import annotations

import psycopg
import pytest

from tests.kit.given import read
from tests.kit.rights import REFUSED, names, refuses

LEDGER = ("export_batch", "export_delivery", "export_line", "export_pending")
HISTORY = (
    *("append_batch", "append_batches", "collector", "epoch", "observation", "session", "session_history"),
    "session_pack",
)
EMPTY = (
    *("checkpoint", "failures", "rejected_messages", "reported_fax", "session_rate_falls"),
    *("dropped_month", "dropped_session", "archive_file"),
)
DROPPED = ("dropped_month", "dropped_session")
VIEWS = [
    "append_batches", "export_sums", "exportable_faxes",
    "coverage_gaps", "failures", "job_attempts", "jobs", "jobs_masked", "later_lives", "log_leaves", "page_attempts",
    "peer_sessions",
    "polled_servers", "quality_by_peer", "reconciliation", "rejected_messages", "session_charges", "session_events",
    "folded_total", "session_evidence", "session_facts", "session_fold", "session_history", "session_pages",
    "session_rows",
    "session_rate_falls",
    "session_snapshots", "session_timeline", "session_uncounted", "sealed_batches", "sessions", "sessions_masked",
    "usage_daily",
]  # fmt: skip

GRANTED: dict[str, dict[str, str]] = {
    "fax_ingest": {
        **dict.fromkeys((*HISTORY, "alembic_version", "spool_progress", "session_untotalled"), "SELECT"),
        **dict.fromkeys(DROPPED, "SELECT"),
        "server_history": "INSERT",
        "reported_fax": "INSERT",
        "reconciliation_day": "SELECT",  # of whether a day is stored
        "usage_rollup": "SELECT",  # of whether a row is added up
        "sessions": "SELECT",  # of results and sums, not of personal values
        "checkpoint": "SELECT",  # of its time
        "rejected_message": "INSERT SELECT",  # of what identifies a message, not of the message
        **dict.fromkeys(("recording_part", "waiting_record"), "DELETE INSERT SELECT"),
    },
    "fax_reader": dict.fromkeys(
        (
            *(*HISTORY, *VIEWS, "alembic_version", "server_history", "lease", "rate", "rate_change"),
            *("compared_reading", "reading_series", "reconciliation_day"),
            *("coverage_day", "packed_account", "spool_progress", "technology", "quality_class", "job_window"),
            *("session_total", "session_untotalled", "usage_rollup", "reported_fax"),
            *(*LEDGER, *DROPPED, "archive_file", "month_change"),
            *("checkpoint", "log_subtree", "log_run", "log_record", "unsealed_change", "erased_digest", "erasure"),
        ),
        "SELECT",
    ),
    "fax_sealer": {
        **dict.fromkeys((*HISTORY, "alembic_version", "erased_digest", "erasure", "log_leaves"), "SELECT"),
        **dict.fromkeys(("server_history", "rejected_message", "technology", "quality_class", "job_window"), "SELECT"),
        **dict.fromkeys(("rate", "rate_change", "export_batch", "export_delivery", "erased_key"), "SELECT"),
        **dict.fromkeys((*DROPPED, "coverage_day", "archive_file", "month_change", "dropped_leaf"), "SELECT"),
        **dict.fromkeys(("checkpoint", "log_subtree", "log_run", "log_record", "session_salt"), "INSERT SELECT"),
        "unsealed_change": "DELETE SELECT",
    },
    "fax_masked": dict.fromkeys(
        (
            *("sessions_masked", "session_pages", "session_timeline", "usage_daily", "failures", "checkpoint"),
            *(
                "epoch",
                "append_batch",
                "append_batches",
                "server_history",
                "technology",
                "quality_class",
                "alembic_version",
            ),
            *("jobs_masked", "job_window", "coverage_day", "session_rate_falls", *DROPPED, "archive_file"),
            *("session", "rejected_messages", "reported_fax"),  # some of their columns
        ),
        "SELECT",
    ),
    "fax_billing": {"alembic_version": "SELECT", "rate_change": "SELECT", "rate": "DELETE INSERT SELECT UPDATE"},
    "fax_export": dict.fromkeys((*LEDGER, "export_sums", "sealed_batches", "checkpoint", "alembic_version"), "SELECT"),
}
"""All rights of each role on the relations of the schema."""

WORDS = ("snapshot_operation", "snapshot_state", "snapshot_type")
FOLDS = [
    *WORDS,
    "channel_variable", "dialled_number", "reconcile", "reconciliation_between", "counter",
    "gap_reason", "gaps", "is_attempt", "page_lines",
    "quality", "resolution_name", "restarted_at", "result_class", "reported_time", "unescape",
    "direction", "result", "is_shown",
    "reported_result", "result_by_observers", "peer", "peer_id", "is_peer", "without_padding", "last_list_before",
    "last_poll_on_record",
    "compare_readings", "compare_readings_between", "covered_time", "dropped_time", "has_gap", "polled_time",
    "usage", "buckets", "number_digits", "number_pattern", "without_escapes", "without_percent", "contains_number",
    "attempts_at_pages", "rate_falls", "absent_since", "sessions_in_gap", "uncounted_results", "fax_of_detector",
    "observed_pages", "poll_gap_seconds",
    "widest_poll_gap", "may_miss_bad_lines", "pages_of_total", "quiet_position", "reported_servers",
]  # fmt: skip
ENTRIES = ["log_entry", "personal_details", "personal_digest", "plain_details", "plain_headers", "plain_variables"]
OF_LEDGER = [
    "export_as_of", "export_changes", "export_line_digest", "export_personal_digest", "text_digest",
]  # fmt: skip
OF_RATES = ["minor_digits", "rate_amounts", "rate_scope"]
EXECUTED = {
    "fax_ingest": sorted(
        [
            *FOLDS,
            "append",
            "periods_to_pack",
            "drop_packed_partitions",
            "hold_lease",
            "find_gone_sessions",
            "is_watched",
            "line_of",
            "lock_append",
            "make_partitions_ahead",
            "merge_rollups",
            "pack_sessions",
            "refuse_isolation",
            "resolve_epoch",
            "rows_between",
            "uncovered_days",
            "newest_epoch",
            "add_server_row",
            "adrift",
            "last_on_channel",
            "runs_of_uniqueid",
            "stored_events",
            "numbers_restarted",
            "unseen_reload",
            "wait_for_packing",
            "write_coverage",
            "write_reconciliation",
            "write_totals",
        ]
    ),
    "fax_reader": sorted(
        [
            *FOLDS,
            *ENTRIES,
            *OF_LEDGER,
            "changed_appends",
            "first_start",
            "known_accounts",
            "file_set",
            "sorted_names",
            "has_account",
            "job_subject",
            "jobs_between",
            "jobs_of",
            "masked",
            "rows_between",
            "rows_with_sessions",
            "uncovered_days",
            *OF_RATES,
        ]
    ),
    "fax_billing": sorted([*OF_RATES, "set_rate"]),
    "fax_sealer": sorted(
        [
            *(
                *ENTRIES,
                "dropped_time",
                "gap_reason",
                "has_dropped_evidence",
                "last_poll_on_record",
                "lock_log",
                "polled_time",
            ),
            *(
                *WORDS,
                "reported_time",
                "rows_between",
                "rows_with_sessions",
                "wrong_reconciliation",
                "wrong_rollups",
                "wrong_totals",
            ),
        ]
    ),
    "fax_masked": sorted(
        {*FOLDS, "file_set", "sorted_names", "has_account", "job_subject", "jobs_of", "masked"}
        - {"compare_readings", "compare_readings_between", "reconcile", "reconciliation_between"}
        - {"quality", "restarted_at", "quiet_position", "sessions_in_gap"}
    ),
    "fax_export": sorted([*OF_LEDGER, "begin_export_batch", "end_export_batch", "export_delivered", "export_due"]),
}

SEQUENCES = "select relname from pg_class where relnamespace = 'fax'::regnamespace and relkind = 'S'"
RELATIONS = (
    "select relname from pg_class where relnamespace = 'fax'::regnamespace and relkind not in ('i', 'I', 't', 'S', 'c')"
)
FUNCTIONS = "select oid::regprocedure::text from pg_proc where pronamespace = 'fax'::regnamespace order by 1"

HELD = """
select c.relname, string_agg(p, ' ' order by p) as rights
from pg_class c, unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and (has_table_privilege(%s, c.oid, p)
       or (p not in ('DELETE', 'TRUNCATE', 'TRIGGER') and has_any_column_privilege(%s, c.oid, p)))
group by 1
"""
CALLABLE = """
select distinct proname from pg_proc
where pronamespace = 'fax'::regnamespace and has_function_privilege(%s, oid, 'execute') order by 1
"""

OF_RELATION = {
    "UPDATE": "update fax.{} set {} = {}",
    "DELETE": "delete from fax.{}",
    "SELECT": "select * from fax.{}",
    "INSERT": "insert into fax.{} default values",
}
OF_TABLE = (
    "truncate fax.{}",
    "drop table fax.{} cascade",
    "alter table fax.{} disable trigger all",
    "alter table fax.{} disable trigger user",
    "alter table fax.{} enable row level security",
    "alter table fax.{} add column mine text",
    "alter table fax.{} set schema public",
    "alter table fax.{} rename to mine",
    "alter table fax.{} set unlogged",
    "alter table fax.{} replica identity full",
    "alter table fax.{} owner to current_user",
    "create trigger mine before insert on fax.{} for each row execute function fax.refuse_change()",
    "create index on fax.{} ((1))",
    "create rule mine as on insert to fax.{} do instead nothing",
    "create policy mine on fax.{}",
    "comment on table fax.{} is 'mine'",
    "copy fax.{} from '/dev/null'",
    "copy fax.{} from program 'true'",
    "copy fax.{} to '/dev/null'",
    "copy fax.{} to program 'true'",
)
OF_VIEW = (
    "drop view fax.{} cascade",
    "create or replace view fax.{} as select 1",
    "alter view fax.{} owner to current_user",
    "alter view fax.{} set (security_invoker = true)",
    "alter view fax.{} rename to mine",
    "create rule mine as on insert to fax.{} do instead nothing",
)
OF_FUNCTION = (
    "drop function {} cascade",
    "alter function {} owner to current_user",
    "alter function {} security definer",
    "alter function {} reset all",
    "alter function {} set search_path = public",
    "alter function {} rename to mine",
    "alter function {} set schema public",
)
OF_SERVER = (
    "set role fax_owner",
    "set session authorization fax_owner",
    "set role postgres",
    "set session_replication_role = replica",
    "set session_replication_role = local",
    "alter role current_user superuser",
    "alter role fax_owner login",
    "grant fax_owner to current_user",
    "create role mine",
    "select pg_reload_conf()",
    "select pg_switch_wal()",
    "select * from pg_authid",
    "select * from pg_shadow",
    "select * from pg_user_mapping",
    "select pg_read_file('/etc/passwd')",
    "select pg_read_binary_file('/etc/passwd')",
    "select pg_ls_dir('.')",
    "select pg_stat_file('postgresql.conf')",
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '/dev/null')",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/dev/null'",
    "create schema mine",
    "create table public.mine (n integer)",
    "create function public.mine() returns integer language sql as 'select 1'",
    "create table fax.mine (n integer)",
    "create function fax.mine() returns integer language sql as 'select 1'",
    "create type fax.mine as enum ('a')",
    "create sequence fax.mine",
    "create operator fax.= (function = uuid_eq, leftarg = uuid, rightarg = uuid)",
    "alter schema fax rename to mine",
    "alter schema fax owner to current_user",
    "drop schema fax cascade",
    "drop owned by fax_owner",
    "reassign owned by fax_owner to current_user",
    "alter default privileges for role fax_owner grant all on tables to current_user",
    "create event trigger mine on ddl_command_start execute function fax.refuse_change()",
    "create publication mine for all tables",
    "create extension file_fdw",
    "select pg_create_logical_replication_slot('mine', 'pgoutput')",
)


def a_column(connection: psycopg.Connection, relation: str) -> str:
    query = f"select attname from pg_attribute where attrelid = 'fax.{relation}'::regclass and attnum = 1"
    return names(connection, query)[0]


def role_of(connection: psycopg.Connection) -> str:
    return next(name for name in GRANTED if name in connection.info.user)


@pytest.fixture(params=["ingest", "reader", "sealer", "masked", "billing", "export"])
def role(request: pytest.FixtureRequest) -> psycopg.Connection:
    """A connection of a member of one of the roles."""
    connection: psycopg.Connection = request.getfixturevalue(request.param)
    return connection


def test_each_role_has_exactly_these_rights(superuser: psycopg.Connection, role: psycopg.Connection) -> None:
    user = role.info.user
    held = {row["relname"]: row["rights"] for row in read(superuser, HELD, user, user)}
    assert held == GRANTED[role_of(role)]
    assert [row["proname"] for row in read(superuser, CALLABLE, user)] == EXECUTED[role_of(role)]


def test_a_role_can_do_nothing_else_to_a_table(superuser: psycopg.Connection, role: psycopg.Connection) -> None:
    """Nor to a partition by its own name."""
    tables = names(superuser, f"{RELATIONS} and relkind <> 'v'")
    assert len(tables) > 12
    for table in tables:
        column = a_column(superuser, table)
        granted = GRANTED[role_of(role)].get(table, "").split()
        for right, statement in OF_RELATION.items():
            if right not in granted:
                refuses(role, statement.format(table, column if right == "UPDATE" else table, column))
        for statement in OF_TABLE:
            refuses(role, statement.format(table))
        if "DELETE" not in granted:  # the right to delete includes the right to lock
            refuses(role, f"lock table fax.{table} in access exclusive mode")


def test_a_role_can_do_nothing_to_a_sequence(superuser: psycopg.Connection, role: psycopg.Connection) -> None:
    """Inserting into a table with an identity column needs no right on its sequence."""
    sequences = sorted(names(superuser, SEQUENCES))
    assert sequences == [
        "month_change_change_id_seq",
        "rate_change_change_id_seq",
        "rate_rate_id_seq",
        "reading_series_series_seq",
        "rejected_message_ordinal_seq",
        "server_history_ordinal_seq",
        "unsealed_change_change_id_seq",
    ]
    for sequence in sequences:
        for statement in ("select nextval('fax.{}')", "select setval('fax.{}', 1)", "select * from fax.{}"):
            refuses(role, statement.format(sequence))


def test_a_role_can_do_nothing_else_to_a_view(superuser: psycopg.Connection, role: psycopg.Connection) -> None:
    views = names(superuser, f"{RELATIONS} and relkind = 'v'")
    assert sorted(views) == sorted(VIEWS)
    for view in views:
        for statement in OF_VIEW:
            refuses(role, statement.format(view))
        if view not in GRANTED[role_of(role)]:
            refuses(role, f"select * from fax.{view}")


def test_a_role_cannot_change_a_function(superuser: psycopg.Connection, role: psycopg.Connection) -> None:
    functions = names(superuser, FUNCTIONS)
    assert len(functions) > 20
    for function in functions:
        for statement in OF_FUNCTION:
            refuses(role, statement.format(function))


CALLS = """
select format('select %s(%s)', oid::regproc, (select string_agg(format('null::%s', t::regtype), ', ')
                                              from unnest(proargtypes) t))
from pg_proc
where pronamespace = 'fax'::regnamespace and prorettype <> 'trigger'::regtype
  and not has_function_privilege('{}', oid, 'execute')
"""


def test_a_role_can_call_no_other_function(superuser: psycopg.Connection, role: psycopg.Connection) -> None:
    calls = names(superuser, CALLS.replace("{}", role.info.user))
    assert len(calls) > 2
    for call in calls:
        refuses(role, call)


@pytest.mark.parametrize("statement", OF_SERVER)
def test_a_role_can_do_nothing_to_the_server_or_around_the_schema(role: psycopg.Connection, statement: str) -> None:
    refuses(role, statement)


def test_a_role_cannot_change_the_settings_of_the_server(role: psycopg.Connection) -> None:
    with pytest.raises(REFUSED):
        role.execute("alter system set fsync = off")  # not possible in a transaction


def test_the_owner_cannot_read_secrets_of_the_server(superuser: psycopg.Connection) -> None:
    """So functions that run as the owner cannot either."""
    with superuser.transaction(force_rollback=True):
        superuser.execute("set local role fax_owner")
        for statement in ("select rolpassword from pg_authid", "select pg_read_file('/etc/passwd')"):
            refuses(superuser, statement)


def test_fax_masked_can_read_no_personal_value(masked: psycopg.Connection) -> None:
    """No column that it may read is marked personal.  Each view can be read: its functions run as the calling user."""
    for relation in GRANTED["fax_masked"]:
        readable = (
            "select attname from pg_attribute where attnum > 0 and has_column_privilege(attrelid, attnum, 'select')"
            f" and attrelid = 'fax.{relation}'::regclass"
        )
        marked = names(masked, f"{readable} and col_description(attrelid, attnum) like '%(personal%'")
        assert marked == [], relation
        columns = ", ".join(names(masked, readable))
        found = masked.execute(f"select {columns} from fax.{relation}".encode()).fetchall()
        assert found != [] or relation in EMPTY, relation
        assert [secret for secret in ("1.tif", "PJSIP/trunk") if secret in str(found)] == []
    assert masked.execute("select * from fax.usage('2026-11-01', '2026-12-01')").fetchall() != []
