"""Nobody changes what was appended, whatever their rights; and no rights of the owner's can be borrowed."""

from __future__ import annotations

import psycopg
import pytest

from tests.kit.given import read
from tests.kit.rights import APPEND_ONLY, LEDGER, PARTITIONS, REFUSED, names, refuses

# -- append-only by trigger -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["a superuser", "fax_owner", "a superuser who replays replication"])
@pytest.mark.parametrize("change", ["update fax.{} set {} = {}", "delete from fax.{}", "truncate fax.{}"])
def test_even_who_may_cannot_change_what_was_appended(superuser: psycopg.Connection, who: str, change: str) -> None:
    """Statement triggers of the table, and of each partition for whoever goes to it directly."""
    if who == "fax_owner":
        superuser.execute("set role fax_owner")
    elif who != "a superuser":
        superuser.execute("set session_replication_role = replica")
    for table in (*APPEND_ONLY, *names(superuser, PARTITIONS)):
        attribute = "select attname from pg_attribute where attrelid = 'fax.{}'::regclass and attnum = 1"
        (column,) = names(superuser, attribute.format(table))
        with pytest.raises(REFUSED, match=rf"fax\.{table} is append-only: \w+ is refused"):
            superuser.execute(change.format(table, column, column).encode())


def test_a_row_cannot_be_moved_to_another_partition(superuser: psycopg.Connection) -> None:
    refuses(superuser, "update fax.session_history set started_at = now()")


def test_truncating_what_they_refer_to_is_refused(superuser: psycopg.Connection) -> None:
    refuses(superuser, "truncate fax.session_history, fax.session, fax.epoch cascade")


def test_every_partition_is_protected_at_all_times(superuser: psycopg.Connection) -> None:
    protected = names(
        superuser,
        "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname = 'append_only' and t.tgenabled = 'A' and t.tgfoid = 'fax.refuse_change'::regproc",
    )
    assert set(protected) == {*APPEND_ONLY, *LEDGER, *names(superuser, PARTITIONS)}
    proving = names(
        superuser,
        "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname = 'check_erasure' and t.tgenabled = 'A' and t.tgfoid = 'fax.check_erasure'::regproc",
    )
    assert set(proving) == {"session_history", *names(superuser, PARTITIONS)}


CALLED = ("append", "hold_lease", "find_gone_sessions", "make_partitions_ahead", "resolve_epoch", "unseen_reload")
CALLED_BY_EXPORTERS = ("begin_export_batch", "end_export_batch", "export_delivered", "export_due")
ERASING = ("erase_export_lines", "erase_rejected", "erase_session")
"""Called by fax_owner alone."""

# -- functions that run with their owner's rights ---------------------------------------------------------


def test_functions_look_nothing_up_where_a_caller_can_put_it(superuser: psycopg.Connection) -> None:
    """With the temporary schema last: a type or table of the caller's own stands in for nothing (CVE-2007-2138)."""
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


def test_functions_with_the_owners_rights_are_those_that_are_called_for_their_work(
    superuser: psycopg.Connection,
) -> None:
    found = read(
        superuser,
        "select proname, proowner::regrole::text as owner from pg_proc"
        " where pronamespace = 'fax'::regnamespace and prosecdef order by 1",
    )
    called = [*CALLED, *CALLED_BY_EXPORTERS, *ERASING, "usage"]  # usage: for who sees no personal value
    assert found == [{"proname": name, "owner": "fax_owner"} for name in sorted(called)]


def test_a_type_of_the_callers_own_does_not_run_as_the_owner(ingest: psycopg.Connection) -> None:
    """A domain named like a type of a function's body, with a check that notes who runs it."""
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
        ingest.execute("select fax.resolve_epoch('x', gen_random_uuid(), null, now(), false, now(), 'x', null, true)")
        ingest.execute("select * from fax.append(gen_random_uuid(), 'me')")
        ingest.execute("select * from fax.find_gone_sessions(gen_random_uuid(), now(), '{}')")
        assert ingest.execute("select who from pg_temp.ran_as").fetchall() == []
