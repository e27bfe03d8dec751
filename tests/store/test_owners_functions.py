"""Functions that run as fax_owner do for their caller what they are for, and nothing that the caller slips in."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.kit.databases import fresh
from tests.kit.given import append, gone, read, snapshot, the_session


def test_functions_that_run_as_their_owner_look_nowhere_else(superuser: psycopg.Connection) -> None:
    """pg_temp last: named nowhere, it would be looked into first."""
    found = read(
        superuser,
        "select proname, prosecdef, proconfig, proowner::regrole::text as owner, lanname"
        " from pg_proc p join pg_language l on l.oid = p.prolang where pronamespace = 'fax'::regnamespace",
    )
    loose = [row for row in found if "search_path=pg_catalog, pg_temp" not in (row["proconfig"] or ())]
    assert {row["owner"] for row in found} == {"fax_owner"}
    assert [row["proname"] for row in loose if row["prosecdef"] or row["lanname"] == "plpgsql"] == []
    assert sum(row["prosecdef"] for row in found) > 3


SHADOWS = """
grant usage on schema mine to public;
create temporary table session_history (like fax.session_history);
create temporary table session (like fax.session);
create temporary table epoch (like fax.epoch);
create temporary table append_batch (like fax.append_batch);
create temporary table staged_row (batch uuid);
create function mine.trap() returns void language plpgsql as $$ begin raise 'trapped %', current_user; end $$;
create function mine.lock_append() returns void language sql as 'select mine.trap()';
create function mine.register_sessions(uuid) returns void language sql as 'select mine.trap()';
create function mine.make_partition(timestamptz) returns text language sql as $$ select mine.trap(); select '' $$;
create function mine.now() returns timestamptz language sql
    as $$ select mine.trap(); select null::timestamptz $$;
create function mine.pg_advisory_xact_lock(bigint) returns void language sql as 'select mine.trap()';
create function mine.same(uuid, uuid) returns boolean language sql as $$ select mine.trap(); select true $$;
create operator mine.= (function = mine.same, leftarg = uuid, rightarg = uuid);
"""
TEMPORARY = """
select (select count(*) from pg_temp.session_history) + (select count(*) from pg_temp.session)
     + (select count(*) from pg_temp.epoch) + (select count(*) from pg_temp.append_batch)
"""


def test_what_a_caller_makes_in_a_schema_of_its_own_is_never_taken_for_ours(
    server: str, template: str, logins: dict[str, str]
) -> None:
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
