"""Functions that run with the rights of fax_owner cannot be made to run code of their caller."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.kit.databases import fresh
from tests.kit.given import append, gone, read, snapshot, the_session

CALLED = (
    *("append", "hold_lease", "find_gone_sessions", "is_watched", "make_partitions_ahead", "resolve_epoch"),
    *(
        "newest_epoch",
        "unseen_reload",
        "numbers_restarted",
        "uncovered_days",
        "write_coverage",
        "write_reconciliation",
        "write_totals",
        "merge_rollups",
    ),
    *("periods_to_pack", "pack_sessions", "drop_packed_partitions"),
)
CALLED_BY_EXPORTERS = ("begin_export_batch", "end_export_batch", "export_delivered", "export_due")
CALLED_BY_SEALERS = ("wrong_totals", "wrong_rollups", "wrong_reconciliation")
ERASING = ("erase_export_lines", "erase_number", "erase_rejected", "erase_session", "find_number", "erase_sessions")
"""Called by fax_owner alone."""
TRIGGERS = ("forget_coverage_of_server", "follow_readings", "record_rate_change", "record_change")


def test_functions_search_no_schema_of_the_caller(superuser: psycopg.Connection) -> None:
    """pg_temp is last, because Postgres otherwise searches it first (CVE-2007-2138)."""
    found = read(
        superuser,
        "select p.oid::regprocedure::text as function, l.lanname, p.prosecdef, p.proconfig"
        " from pg_proc p join pg_language l on l.oid = p.prolang where p.pronamespace = 'fax'::regnamespace",
    )
    trusted = [row for row in found if row["prosecdef"] or row["lanname"] == "plpgsql"]
    assert len(trusted) >= 8
    for row in trusted:
        paths = [setting for setting in row["proconfig"] or [] if setting.startswith("search_path=")]
        assert paths == ["search_path=pg_catalog, pg_temp"], row["function"]


def test_only_these_functions_run_with_the_rights_of_the_owner(
    superuser: psycopg.Connection,
) -> None:
    found = read(
        superuser,
        "select proname, proowner::regrole::text as owner from pg_proc"
        " where pronamespace = 'fax'::regnamespace and prosecdef order by 1",
    )
    # fax_masked calls them without rights on their tables
    masked = ("fax_of_detector", "has_account", "last_poll_on_record", "uncounted_results", "usage")
    called = [*CALLED, *CALLED_BY_EXPORTERS, *CALLED_BY_SEALERS, *ERASING, *TRIGGERS, *masked]
    assert found == [{"proname": name, "owner": "fax_owner"} for name in sorted(called)]


def test_a_check_of_the_callers_own_type_does_not_run_as_the_owner(ingest: psycopg.Connection) -> None:
    """A domain with the name of a type in a function body, and a check that records the current user."""
    with ingest.transaction(force_rollback=True):
        ingest.execute("create temporary table ran_as (who text)")
        ingest.execute("grant insert on ran_as to public")
        ingest.execute(
            "create function pg_temp.noted(value text) returns boolean language plpgsql as $$"
            " begin insert into pg_temp.ran_as values (current_user); return true; end $$"
        )
        for name in ("date", "uuid", "text", "timestamptz"):
            ingest.execute(
                f"create domain pg_temp.{name} as pg_catalog.{name}"
                f" check (pg_temp.noted(value::pg_catalog.text))".encode()
            )
        ingest.execute("select * from fax.make_partitions_ahead(1)")
        ingest.execute(
            "select fax.resolve_epoch('x', gen_random_uuid(), null, now(), false, now(), 'x', null, null, true)"
        )
        ingest.execute("select * from fax.append('me', '{}', '{}', '{}')")
        ingest.execute("select * from fax.find_gone_sessions(gen_random_uuid(), now(), '{}')")
        assert ingest.execute("select who from pg_temp.ran_as").fetchall() == []


SHADOWS = """
grant usage on schema mine to public;
create temporary table observation (like fax.observation);
create temporary table session (like fax.session);
create temporary table epoch (like fax.epoch);
create temporary table append_batch (like fax.append_batch);
create function mine.trap() returns void language plpgsql as $$ begin raise 'trapped %', current_user; end $$;
create function mine.lock_append() returns void language sql as 'select mine.trap()';
create function mine.register_sessions(fax.appended_session[]) returns void language sql as 'select mine.trap()';
create function mine.make_partition(timestamptz) returns text language sql as $$ select mine.trap(); select '' $$;
create function mine.now() returns timestamptz language sql
    as $$ select mine.trap(); select null::timestamptz $$;
create function mine.pg_advisory_xact_lock(bigint) returns void language sql as 'select mine.trap()';
create function mine.same(uuid, uuid) returns boolean language sql as $$ select mine.trap(); select true $$;
create operator mine.= (function = mine.same, leftarg = uuid, rightarg = uuid);
"""
TEMPORARY = """
select (select count(*) from pg_temp.observation) + (select count(*) from pg_temp.session)
     + (select count(*) from pg_temp.epoch) + (select count(*) from pg_temp.append_batch)
"""


def test_objects_in_a_schema_of_the_caller_are_never_used(server: str, template: str, logins: dict[str, str]) -> None:
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute(
                sql.SQL("create schema mine authorization {}").format(sql.Identifier(logins["fax_ingest"]))
            )
        with psycopg.connect(make_conninfo(dsn, user=logins["fax_ingest"]), autocommit=True) as caller:
            caller.execute(SHADOWS.encode())
            caller.execute("set search_path = mine, pg_temp, fax, pg_catalog")
            with pytest.raises(psycopg.errors.RaiseException, match="trapped test_fax_ingest"):
                caller.execute("select now()")  # the trap works
            append(caller, snapshot(0), gone(1))
            caller.execute("select pg_catalog.count(*) from fax.make_partitions_ahead(1)")
            assert caller.execute(TEMPORARY.encode()).fetchone() == (0,)
        with psycopg.connect(dsn, autocommit=True) as connection:
            assert the_session(connection)["end_observed_by"] == "gone"
