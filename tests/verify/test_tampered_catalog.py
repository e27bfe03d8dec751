"""Whatever a superuser changes in the catalog (tests/kit/tampering.py), verification names the object."""

from __future__ import annotations

import psycopg
import pytest

from faxstore.verify import live_catalog
from tests.kit.rights import names
from tests.kit.tampering import CHANGES, found, statements, tamper


@pytest.mark.parametrize("change", CHANGES)
def test_every_changed_object_is_found(superuser: psycopg.Connection, change: str) -> None:
    changed = tamper(superuser, change)
    assert changed
    assert changed - found(superuser).keys() == set()


@pytest.mark.parametrize(
    "change", ["a trigger that is disabled", "a function with another body", "a view with every row twice"]
)
def test_each_object_of_the_guard_alone_is_one_finding(superuser: psycopg.Connection, change: str) -> None:
    for name, statement in statements(superuser, change):
        with superuser.transaction(force_rollback=True):
            superuser.execute(statement.encode())
            assert found(superuser).keys() == {name}


MEMBERS = """
with recursive member (classid, objid) as (
    select 'pg_namespace'::regclass::oid, 'fax'::regnamespace::oid
    union
    select d.classid, d.objid from pg_depend d join member m on d.refclassid = m.classid and d.refobjid = m.objid
    where d.deptype in ('a', 'i', 'P') or m.classid = 'pg_namespace'::regclass
)
select distinct replace(replace(i.type, 'table constraint', 'constraint'), 'composite type', 'type')
    || ' ' || replace(i.identity, 'pg_catalog.', '')
from member m cross join pg_identify_object(m.classid, m.objid, 0) i
left join pg_constraint k on m.classid = 'pg_constraint'::regclass and k.oid = m.objid
left join pg_trigger t on m.classid = 'pg_trigger'::regclass and t.oid = m.objid
where i.type not in ('type', 'rule', 'default value') and i.identity !~ '^pg_toast'
  and k.contype is distinct from 'n' and t.tgisinternal is not true
"""
"""The members of the schema and their parts, as the server records them.  Left out is what PostgreSQL makes for a
relation: its types, the rule of a view, its TOAST table, and defaults and NOT NULL constraints (see columns)."""


@pytest.fixture
def changed(superuser: psycopg.Connection) -> set[str]:
    """The names of all objects that some change changes."""
    return {name for change in CHANGES for name, _ in statements(superuser, change)}


def is_day(name: str) -> bool:
    """Whether this is the partition of a day: a renamed one is found under its new name."""
    return name.startswith("table fax.observation_2")


def test_every_object_is_in_some_change(superuser: psycopg.Connection, changed: set[str]) -> None:
    members = set(names(superuser, MEMBERS))
    assert len(members) > 200
    assert {name for name in members - changed if not is_day(name)} == set()


def test_every_object_that_is_compared_is_in_some_change(superuser: psycopg.Connection, changed: set[str]) -> None:
    compared = live_catalog.read(superuser).keys()
    assert len(compared) > 1000
    assert {name for name in compared - changed if not is_day(name)} == set()
