"""Verification compares the catalog with the shipped one: what it reports, and what an administrator may change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from faxstore import sql
from faxstore.store.database import connect
from faxstore.store.rights import Role
from faxstore.verify import catalog, live_catalog, rendered_views, shipped_catalog
from faxstore.verify.findings import Finding, Scope
from tests.kit.databases import fresh
from tests.kit.partitions import created_on
from tests.kit.tampering import found

DIFFERS = "differs from this version of faxstore: "
FILE = Path(shipped_catalog.__file__).with_name(shipped_catalog.FILE)


def test_a_new_database_has_no_findings(superuser: psycopg.Connection) -> None:
    assert found(superuser) == {}


def test_the_shipped_catalog_is_that_of_a_new_database(superuser: psycopg.Connection) -> None:
    """Run make freeze after a change of the schema.  PostgreSQL 15 writes some views differently."""
    written = shipped_catalog.as_text(live_catalog.read(superuser))
    assert json.loads(written).keys() == json.loads(FILE.read_text()).keys()
    if superuser.info.server_version >= 180000:
        assert written == FILE.read_text()


def test_a_definition_read_again_is_written_the_same(superuser: psycopg.Connection) -> None:
    """Else PostgreSQL 15 differs from the shipped catalog: an unnamed column of a UNION is `'x'::text`, then `text`."""
    texts = {name: of["definition"] for name, of in shipped_catalog.shipped().items() if name.startswith("view ")}
    with connect(superuser.info.dsn) as connection:
        again = rendered_views.render(connection, texts)
        assert rendered_views.render(connection, again) == again
    if superuser.info.server_version >= 180000:
        assert again == texts


def test_every_role_is_compared() -> None:
    roles = [name.removeprefix("role ") for name in shipped_catalog.shipped() if name.startswith("role ")]
    assert sorted(roles) == sorted(get_args(Role))


REPORTED = {
    "drop trigger append_only on fax.append_batch": {"trigger append_only on fax.append_batch": "is missing"},
    "alter table fax.epoch disable trigger all": {
        "constraint session_epoch_id_fkey on fax.session": f"{DIFFERS}another enforcement",
        "trigger record_row on fax.epoch": f"{DIFFERS}state disabled, not enabled always",
        "trigger record_update on fax.epoch": f"{DIFFERS}state disabled, not enabled always",
    },
    "alter table fax.rate disable trigger check_rate": {
        "trigger check_rate on fax.rate": f"{DIFFERS}state disabled, not enabled",
    },
    "create trigger mine after insert on fax.session_pack for each row execute function fax.refuse_change()": {
        f"trigger mine on fax.session_pack{partition}": "was added" for partition in ("", "_default")
    },
    "create or replace function fax.refuse_change() returns trigger language plpgsql"
    " set search_path = pg_catalog, pg_temp as $$ begin return new; end $$": {
        "function fax.refuse_change()": f"{DIFFERS}another body",
    },
    "alter function fax.hold_lease(text, text, double precision) reset all": {
        "function fax.hold_lease(text,text,double precision)": f"{DIFFERS}without settings",
    },
    "alter function fax.masked(text) immutable leakproof": {
        "function fax.masked(text)": f"{DIFFERS}with leakproof",
    },
    "create function fax.counter(text, text) returns numeric language sql as 'select 1'": {
        "function fax.counter(text,text)": "was added",
        "grant of EXECUTE on fax.counter(text,text) to OWNER": "was added",
        "grant of EXECUTE on fax.counter(text,text) to public": "was added",
    },
    "grant update, delete on fax.observation to public": {
        "grant of DELETE on fax.observation to public": "was added",
        "grant of UPDATE on fax.observation to public": "was added",
    },
    "grant select on fax.sessions to public": {"grant of SELECT on fax.sessions to public": "was added"},
    "grant select on fax.session_salt to own": {"grant of SELECT on fax.session_salt to own": "was added"},
    "grant select on fax.sessions to own with grant option": {"grant of SELECT on fax.sessions to own": "was added"},
    "grant insert on fax.observation to own": {"grant of INSERT on fax.observation to own": "was added"},
    "grant update (details) on fax.observation to own": {
        "grant of UPDATE on fax.observation.details to own": "was added",
    },
    "grant execute on function fax.hold_lease(text, text, double precision) to own": {
        "grant of EXECUTE on fax.hold_lease(text,text,double precision) to own": "was added",
    },
    "grant create on schema fax to own": {"grant of CREATE on schema fax to own": "was added"},
    "revoke select on fax.checkpoint from fax_sealer": {
        "grant of SELECT on fax.checkpoint to fax_sealer": "is missing",
    },
    "create or replace view fax.rejected_messages as select server, observed_at, reason, raw, 'x' as collector_id"
    " from fax.rejected_message union all select server, observed_at, reason, raw, 'x' from fax.rejected_message": {
        "view fax.rejected_messages": f"{DIFFERS}another definition",
    },
    "alter view fax.sessions_masked rename column caller_number to called": {
        "column fax.sessions_masked.called": "was added",
        "column fax.sessions_masked.caller_number": "is missing",
        "view fax.sessions_masked": f"{DIFFERS}another definition",
    },
    "create view fax.mine as select 1 as one": {
        "view fax.mine": "was added",
        "column fax.mine.one": "was added",
        **{
            f"grant of {right} on fax.mine to OWNER": "was added"
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
        },
    },
    "alter table fax.observation_past disable trigger check_erasure": {
        "trigger check_erasure on fax.observation_past": f"{DIFFERS}state disabled, not enabled always",
    },
    "alter table fax.epoch alter reload_ordinal set default 7": {
        "column fax.epoch.reload_ordinal": f"{DIFFERS}default 7, not 0",
    },
    "alter table fax.epoch alter startup_text type varchar": {
        "column fax.epoch.startup_text": f"{DIFFERS}type character varying, not text",
    },
    "alter table fax.append_batch set unlogged": {"table fax.append_batch": f"{DIFFERS}with persistence unlogged"},
    "alter table fax.epoch add check (server <> 'pbx9') not valid": {
        "constraint epoch_server_check on fax.epoch": "was added",
    },
    "alter table fax.epoch add mine integer": {"column fax.epoch.mine": "was added"},
    "create unique index mine on fax.epoch (server)": {"index fax.mine": "was added"},
    "create index mine on fax.epoch (fax.masked(server))": {"index fax.mine": "was added"},
    "create operator class public.mine for type text using btree as operator 3 =, function 1 bttextcmp(text, text);"
    "create index mine on fax.epoch (server public.mine)": {"index fax.mine": "was added"},
    "update pg_attribute set atthasdef = false where attrelid = 'fax.epoch'::regclass and attname = 'reload_ordinal'": {
        "column fax.epoch.reload_ordinal": f"{DIFFERS}without default",
    },
    "create type fax.mine as enum ('a')": {"type fax.mine": "was added"},
    "create operator fax.+ (function = textcat, leftarg = text, rightarg = text)": {
        "operator fax.+(text,text)": "was added",
    },
    "alter default privileges for role fax_owner in schema fax grant select on tables to public": {
        "default privileges of fax_owner": "was added",
    },
    "alter role fax_owner login": {"role fax_owner": f"{DIFFERS}with login"},
    "grant pg_write_all_data to fax_reader": {
        "role fax_reader": f"{DIFFERS}with membership [\"pg_write_all_data\"]",
    },
    "set local session_replication_role = replica": {
        "setting session_replication_role=replica of this session": "was added",
    },
    "grant set on parameter session_replication_role to fax_ingest": {
        "grant of SET on parameter session_replication_role to fax_ingest": "was added",
    },
    "create access method mine type table handler heap_tableam_handler; alter table fax.epoch set access method mine": {
        "table fax.epoch": f"{DIFFERS}with access method mine",
    },
    "update pg_inherits set inhdetachpending = true where inhrelid = 'fax.observation_past'::regclass": {
        "table fax.observation_past": f"{DIFFERS}with pending detachment",
    },
    "create or replace function pg_catalog.quote_ident(text) returns text language sql immutable as 'select $1'": {
        "function pg_catalog.quote_ident(text)": "was replaced",
    },
    "alter role own set session_replication_role = replica": {
        "setting session_replication_role=replica of role own": "was added",
    },
    "alter role own set search_path = public, pg_catalog": {
        "setting search_path=public, pg_catalog of role own": "was added",
    },
}  # fmt: skip
"""Statements, and exactly what differs afterwards, by object."""


def changed(superuser: psycopg.Connection, statement: str) -> dict[str, str]:
    """What differs after a statement, which may name the role `own`; the superuser is OWNER."""
    superuser.execute("create role own")
    superuser.execute(statement.encode())
    name = superuser.info.user
    return {where.replace(f" to {name}", " to OWNER"): what for where, what in found(superuser).items()}


@pytest.mark.parametrize("statement", REPORTED)
def test_a_change_is_reported_once(superuser: psycopg.Connection, statement: str) -> None:
    assert changed(superuser, statement) == REPORTED[statement]


ALLOWED = (
    "grant fax_reader to own",
    "grant fax_owner to own",
    "grant usage on schema fax to own; grant select on fax.sessions, fax.observation_past to own",
    "grant select (pages, started_at) on fax.sessions to own",
    "grant execute on function fax.usage(timestamp, timestamp, text, text) to own",
    "alter role fax_ingest login password 'secret' connection limit 3",
    "alter role fax_reader set statement_timeout = '1min'",
    "alter role own set search_path = fax, public",
    "alter database postgres set jit = off",
    "create index mine on fax.epoch (startup_text) where server <> ''",
    "create index mine on fax.observation (uuid_send(session_id))",
    "create statistics fax.mine on server, started_at from fax.epoch",
    "alter table fax.epoch set (autovacuum_enabled = off, fillfactor = 70)",
    "alter table fax.epoch alter server set statistics 1000, alter server set storage external, replica identity full",
    "alter function fax.masked(text) cost 7",
    "comment on table fax.epoch is 'ours'",
    "create schema mine; create view mine.calls as select * from fax.sessions; grant select on mine.calls to public",
    "grant execute on function pg_catalog.quote_ident(text), pg_catalog.pg_ls_waldir() to own",
    "create publication mine for table fax.observation",
    "select fax.make_partitions_ahead(30)",
)
"""What administrators do to their own database."""


@pytest.mark.parametrize("statement", ALLOWED)
def test_an_administrator_may(superuser: psycopg.Connection, statement: str) -> None:
    assert changed(superuser, statement) == {}


# -- partitions of days and months ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "one", "another"),
    [("session_pack", "2026_12", "2027_01"), ("observation", "2030_12_31", "2031_01_01")],
    ids=["months", "days"],
)
def test_a_period_with_the_bounds_of_another_is_found(
    superuser: psycopg.Connection, table: str, one: str, another: str
) -> None:
    superuser.execute("set local role fax_owner")
    for period in (one, another):
        day = f"{period}_01"[:10].replace("_", "-")
        superuser.execute("select fax.make_partition(%s, %s)", [f"{day} 00:00+00", table])
    superuser.execute("reset role")
    assert found(superuser) == {}
    superuser.execute(f"alter table fax.{table}_{another} rename to period".encode())
    superuser.execute(f"alter table fax.{table}_{one} rename to {table}_{another}".encode())
    differences = found(superuser)
    assert differences[f"table fax.{table}_{another}"] == f"{DIFFERS}another bound"
    assert differences["table fax.period"] == "was added"


def test_other_bounds_of_the_past_are_found(superuser: psycopg.Connection) -> None:
    created_on(superuser, "2019-01-01")
    assert found(superuser) == {}
    superuser.execute("alter table fax.observation detach partition fax.observation_past")
    superuser.execute(
        "alter table fax.observation attach partition fax.observation_past"
        " for values from ('2019-01-01') to ('2020-01-01')"
    )
    bound = "bound FOR VALUES FROM ('a day') TO ('2020-01-01 00:00:00+00'), not FOR VALUES FROM (MINVALUE) TO ('a day')"
    assert found(superuser) == {"table fax.observation_past": f"{DIFFERS}{bound}"}


def test_a_partition_in_another_schema_is_found(superuser: psycopg.Connection) -> None:
    superuser.execute("alter table fax.observation_past set schema public")
    assert found(superuser)["table public.observation_past"] == "was added"


@pytest.mark.parametrize(
    "statement",
    [
        "create view fax.observation_2099_01_01 as select 1 as one",
        "create table fax.observation_2099_01_01 (one integer) partition by range (one)",
    ],
)
def test_another_object_with_the_name_of_a_day_is_found(superuser: psycopg.Connection, statement: str) -> None:
    """Only a table is left to the check of the partitions, which looks for tables that were detached."""
    assert any("fax.observation_2099_01_01" in name for name in changed(superuser, statement))


# -- who verifies, and where ------------------------------------------------------------------------------


@pytest.fixture
def sealer(server: str, template: str) -> Iterator[str]:
    """A member of fax_sealer alone."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create role {name} login in role fax_sealer".encode())
        yield name
        connection.execute(f"drop role {name}".encode())


def checked(dsn: str, **options: str) -> list[Finding]:
    """The findings of the check of the catalog on a connection of its own."""
    with connect(dsn, **options) as connection:
        return list(catalog.check(connection, Scope()))


def test_the_check_needs_the_role_of_verify_only(shared: str, sealer: str) -> None:
    assert checked(make_conninfo(shared, user=sealer)) == []


def test_a_function_of_a_distributed_database_does_not_end_the_check(server: str, template: str) -> None:
    """Only Citus distributes a database: what anyone can add must not hide what else was changed."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute(sql.text("distribution/sessions_of").encode())
            connection.execute("drop trigger append_only on fax.append_batch")
        found_here = {finding.where: finding.what for finding in checked(dsn)}
        assert found_here["function fax.sessions_of(uuid[])"] == "was added"
        assert found_here["trigger append_only on fax.append_batch"] == "is missing"


SETTINGS = "-c timezone=Asia/Kolkata -c datestyle=German -c intervalstyle=iso_8601 -c bytea_output=escape"


@pytest.mark.parametrize(
    "settings", [SETTINGS, "-c quote_all_identifiers=on -c standard_conforming_strings=off", "-c search_path=fax"]
)
def test_settings_of_the_user_do_not_matter(shared: str, settings: str) -> None:
    assert checked(shared, options=settings) == []


@pytest.mark.parametrize("obstacle", ["a user without the right TEMPORARY", "a server that is read-only"])
def test_a_view_that_cannot_be_compared_is_a_finding(server: str, template: str, sealer: str, obstacle: str) -> None:
    """The server must write the shipped view in its own words if the texts differ; without that it may be the same."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "create or replace view fax.quality_by_peer as select * from fax.quality(null, null, null)"
            )
            connection.execute(f"revoke temporary on database {connection.info.dbname} from public".encode())
        read_only = "-c default_transaction_read_only=on"
        findings = (
            checked(dsn, options=read_only) if "read-only" in obstacle else checked(make_conninfo(dsn, user=sealer))
        )
    assert findings[0].where == "the definitions of views"
    assert "verify on the primary, as a user with the right TEMPORARY on the database" in findings[0].what
    assert ("view fax.quality_by_peer", f"{DIFFERS}another definition") in [(one.where, one.what) for one in findings]


# -- after a restored dump --------------------------------------------------------------------------------

REWRITE = {
    "views": """
        select format('create or replace view %s as %s', c.oid::regclass, pg_get_viewdef(c.oid))
        from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind = 'v'""",
    "functions": "select pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'fax'::regnamespace",
    "checks": """
        select format('alter table %1$s drop constraint %2$I, add constraint %2$I %3$s',
                      k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
        from pg_constraint k where k.connamespace = 'fax'::regnamespace and k.contype = 'c'""",
    "defaults": """
        select format('alter table %s alter %I set default %s', d.adrelid::regclass, a.attname,
                      pg_get_expr(d.adbin, d.adrelid))
        from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        join pg_class c on c.oid = d.adrelid where c.relnamespace = 'fax'::regnamespace and a.attgenerated = ''""",
    "indexes": """
        select format('drop index %s; %s', i.indexrelid::regclass, pg_get_indexdef(i.indexrelid))
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'fax'::regnamespace and c.relkind = 'r' and not c.relispartition
          and not exists (select from pg_constraint k where k.conindid = i.indexrelid)""",
    "triggers": """
        select format('drop trigger %1$I on %2$s; %3$s; alter table %2$s enable %4$s trigger %1$I', t.tgname,
                      t.tgrelid::regclass, pg_get_triggerdef(t.oid), case t.tgenabled when 'A' then 'always' end)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'fax'::regnamespace and not t.tgisinternal and t.tgparentid = 0""",
}
"""Statements that create each object again from what the server writes, as pg_dump and pg_upgrade do."""


@pytest.mark.parametrize("kind", REWRITE)
def test_a_restored_dump_has_no_findings(superuser: psycopg.Connection, kind: str) -> None:
    superuser.execute("set local search_path = pg_catalog")
    statements = superuser.execute(REWRITE[kind].encode()).fetchall()
    assert statements
    for (statement,) in statements:
        superuser.execute(statement.encode())
    assert found(superuser) == {}
