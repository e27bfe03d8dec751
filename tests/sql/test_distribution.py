"""The functions of a distributed database (faxstore/sql/distribution), on tables that are not distributed.

What Citus itself demands is in test_distributes.py; decision 0054 has what was tried on a cluster.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faxstore.sql import distribution
from faxstore.store.distribution import replace_functions
from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.given import append, at, completed, hangup, read, receiving, snapshot, stats
from tests.kit.log_faxes import as_lines, sealed, verified_rows
from tests.kit.packing import pack
from tests.kit.totals import write_totals, wrong

RECORDING = Path(__file__).parents[1] / "calls" / "transfers-22.jsonl.gz"

TIMES = {"appended_at", "changed_at", "began_at"}
"""Columns with the time of the test."""

RANDOM = re.compile(r"erased:[0-9a-f-]{36}")
"""The pseudonym of an erased value."""

ERASED = """
select e.session_id, e.job is not null as job, e.names_fax, e.peer is not null as peer, e.peer_is_station, e.rate_ids,
    e.files, e.distinct_files, e.fax_session_id, p.value as peer_value, j.value as job_value,
    (select sum(d.erased_rows) from fax.erasure d where d.session_id = e.session_id) as rows,
    (select count(*) from fax.unsealed_change c where c.row_key = e.session_id::text) as changes
from fax.erased_key e
left join fax.pseudonym p on p.pseudonym = e.peer
left join fax.pseudonym j on j.pseudonym = e.job
order by e.session_id
"""

NEW = {
    "sessions_of", "untotalled_of", "totalled", "folded_totals", "removed_totals", "known_sessions", "store_session",
    "count_totals", "record_session", "change_session", "forget_coverage", "merged_rows", "has_row", "moment_key",
    "rows_except", "erased_rows", "keep_found_keys", "keep_detectors",
}  # fmt: skip
"""Functions that only a distributed database has."""

SIGNATURES = "select oid::regprocedure::text from pg_proc where pronamespace = 'fax'::regnamespace"
OWN_TRIGGERS = """
select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
from pg_trigger t
left join pg_inherits i on i.inhrelid = t.tgrelid
where not t.tgisinternal and t.tgparentid = 0
  and coalesce(i.inhparent, t.tgrelid) = any (select format('fax.%s', n)::regclass from unnest(%s::text[]) n)
"""


@pytest.fixture
def adapted(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with these functions, and without the triggers that distributed tables lack."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        query = OWN_TRIGGERS.replace("%I", "%%I").replace("%s'", "%%s'").replace("on %s", "on %%s")
        for (statement,) in connection.execute(query.encode(), [list(distribution.DISTRIBUTED)]).fetchall():
            connection.execute(statement)
        with connection.transaction():
            replace_functions(connection)
        yield connection


def names(connection: psycopg.Connection) -> set[str]:
    return {signature for (signature,) in connection.execute(SIGNATURES.encode())}


def test_each_file_replaces_or_adds_the_function_of_its_name(
    database: psycopg.Connection, adapted: psycopg.Connection
) -> None:
    added = names(adapted) - names(database)
    assert {re.sub(r"fax\.(\w+)\(.*", r"\1", signature) for signature in added} == NEW
    assert names(database) <= names(adapted)


def test_no_function_in_sql_reads_tables(adapted: psycopg.Connection) -> None:
    """Citus refuses them: "parameterized queries for SQL functions referencing distributed tables ...", or cycles."""
    found = read(
        adapted,
        r"select p.proname from pg_proc p join pg_language l on l.oid = p.prolang"
        r" where p.pronamespace = 'fax'::regnamespace and l.lanname = 'sql' and p.proname <> 'make_partitions_ahead'"
        r" and coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ~* '\m(from|join) fax\.\w+\M(?!\()'",
    )
    assert found == []


def test_every_query_is_planned_with_its_values(adapted: psycopg.Connection) -> None:
    """Citus finds the nodes of a query by them."""
    generic = read(adapted, "select proname from pg_proc where array_to_string(proconfig, ' ') ~ 'force_generic_plan'")
    assert generic == []


def seen(connection: psycopg.Connection) -> dict[str, list[str]]:
    """The rows of every view, without times of the test, and the stored roll-ups and changes."""
    views = read(
        connection,
        "select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relnamespace = 'fax'::regnamespace and a.attname <> all (%s)"
        " and (c.relkind = 'v' or c.relname in ('session', 'session_untotalled', 'packed_account')) group by c.oid",
        list(TIMES),
    )
    rows = {}
    for view in views:
        query = f"select row({view['columns']})::text as row from fax.{view['relname']} order by 1"
        rows[view["relname"]] = [row["row"] for row in read(connection, query)]
    changes = "select row(relation, row_key, content)::text as row from fax.unsealed_change order by 1"
    return rows | {"unsealed_change": [row["row"] for row in read(connection, changes)]}


def fill(connection: psycopg.Connection) -> None:
    """A recording, imported twice; totals; packs; a late row of a packed session, and one that changes a session."""
    for repeats in (0, 1520):
        ran = run_command(connection.info.dsn, "import", str(RECORDING))
        assert f"{repeats:,} repeats" in ran.stderr, ran
    append(connection, receiving((1, 1, 0), (2, 1, 3)), completed(5, 1), stats(6, TotalFaxes="1"))
    append(connection, snapshot(7, 1, operation=None, channel=None), snapshot(8, 1), hangup(9))
    write_totals(connection)
    pack(connection)
    append(connection, receiving((3, 1, 4)), receiving((1, 1, 0)))
    assert wrong(connection) == []
    write_totals(connection)
    pack(connection)


def test_they_store_and_show_the_same_rows(database: psycopg.Connection, adapted: psycopg.Connection) -> None:
    fill(database)
    fill(adapted)
    expected, found = seen(database), seen(adapted)
    assert {name for name in expected if expected[name] != found[name]} == set()
    assert len(found["session_history"]) > 1520
    assert at(3) in [row["observed_at"] for row in read(adapted, "select observed_at from fax.session_history")]


def erased(connection: psycopg.Connection) -> dict[str, list[str]]:
    """What `seen` returns after erasures of a packed fax, of one with rows, and of a number, without random values."""
    numbers = "select caller_number as number from fax.sessions where caller_number ~ '^[0-9]{4,}$' order by 1"
    packed = "select session_id as id from fax.session_pack order by started_at, session_id limit 1"
    unpacked = "select session_id as id from fax.observation order by position desc limit 1"
    for query in (packed, unpacked):
        ((found,),) = connection.execute(query.encode()).fetchall()
        connection.execute("select fax.erase_session(%s, 'asked for')", [found])
    ran = run_command(connection.info.dsn, "erase", "--number", read(connection, numbers)[-1]["number"], "--yes")
    assert (ran.returncode, "erased: " in ran.stderr) == (0, True), ran
    rows = {name: [RANDOM.sub("erased", row) for row in rows] for name, rows in seen(connection).items()}
    keys = read(connection, ERASED)
    return rows | {"erased_key": [str(row) for row in keys], "log_leaves": [], "unsealed_change": []}


def test_they_erase_the_same_values_and_verify_finds_nothing(
    database: psycopg.Connection, adapted: psycopg.Connection
) -> None:
    found = []
    for connection in (database, adapted):
        fill(connection)
        sealed(connection.info.dsn)
        found.append(erased(connection))
        assert as_lines(verified_rows(connection.info.dsn)) == []
        sealed(connection.info.dsn)
        assert as_lines(verified_rows(connection.info.dsn)) == []
    assert {name for name in found[0] if found[0][name] != found[1][name]} == set()
    assert found[0]["erased_key"]


def test_they_pack_no_row_that_differs(adapted: psycopg.Connection) -> None:
    append(adapted, receiving((1, 1, 0), (2, 1, 3)))
    assert read(
        adapted, "select fax.has_row('{}', row(o.*)::fax.observation) as has from fax.observation o limit 1"
    ) == [{"has": False}]


def test_they_find_a_row_that_is_missing(adapted: psycopg.Connection) -> None:
    append(adapted, receiving((1, 1, 0), (2, 1, 3)))
    adapted.execute("delete from fax.observation where position = 2")
    assert read(adapted, "select appended, found from fax.changed_appends()") == [{"appended": 2, "found": 1}]


def test_without_citus_migrate_says_so_in_one_line_and_changes_nothing(empty_database: str) -> None:
    ran = run_command(empty_database, "migrate", "--distribute")
    assert (ran.returncode, ran.stderr) == (
        2,
        "faxstore: --distribute: the database has no extension citus: install Citus 13 or newer on each node and run"
        " create extension citus, or migrate without --distribute\n",
    )
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select to_regnamespace('fax')").fetchone() == (None,)


def test_a_batch_without_rows_asks_no_node(adapted: psycopg.Connection) -> None:
    """Without sessions, Citus refuses the query of fax.known_sessions(): "complex joins are only supported ..."."""
    adapted.execute("alter function fax.known_sessions rename to known_sessions_before")
    assert read(adapted, "select appended from fax.append('host1', '{}', '{}', '{}')") == [{"appended": 0}]
