"""Triggers refuse every change of an append-only table, even to its owner and a superuser."""

from __future__ import annotations

import psycopg
import pytest

from tests.kit.rights import APPEND_ONLY, LEDGER, PARTITIONS, PARTITIONS_OF_PACKS, REFUSED, names, refuses


@pytest.mark.parametrize("who", ["a superuser", "fax_owner", "a superuser who replays replication"])
@pytest.mark.parametrize("change", ["update fax.{} set {} = {}", "delete from fax.{}", "truncate fax.{}"])
def test_nobody_can_change_an_appended_row(superuser: psycopg.Connection, who: str, change: str) -> None:
    """Each partition has triggers too, because a statement can name it directly."""
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
    refuses(superuser, "update fax.observation set started_at = now()")


def test_truncating_referenced_tables_is_refused(superuser: psycopg.Connection) -> None:
    refuses(superuser, "truncate fax.observation, fax.session, fax.epoch cascade")


def test_every_partition_has_its_triggers_always_enabled(superuser: psycopg.Connection) -> None:
    protected = names(
        superuser,
        "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname = 'append_only' and t.tgenabled = 'A' and t.tgfoid = 'fax.refuse_change'::regproc",
    )
    partitions = {*names(superuser, PARTITIONS), *names(superuser, PARTITIONS_OF_PACKS)}
    assert set(protected) == {*APPEND_ONLY, *LEDGER, *partitions}
    erasable = names(
        superuser,
        "select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid"
        " where t.tgname = 'check_erasure' and t.tgenabled = 'A' and t.tgfoid = 'fax.check_erasure'::regproc",
    )
    assert set(erasable) == {"observation", *names(superuser, PARTITIONS)}
