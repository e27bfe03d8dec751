"""What a database that is distributed by session_id can run where the rows are (Citus, for example).

It splits a query by session, so three things must not occur: a subquery that reads rows of sessions for a row of the
query around it (LATERAL, a correlated subquery, a CTE that refers outside), a function with parameters that reads rows
of sessions, and a unique key without session_id. The lists here name what still does so, and why; they may only shrink.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from tests.kit.databases import fresh

TOKEN = re.compile(r"(?:\\.|[^\s{}()\\])+|[{}()]")
"""A token of a pg_node_tree: a backslash makes the next character part of a word."""

REFERS_OUTSIDE: dict[str, str] = {
    "coverage_gaps": "counts the sessions of each gap; roll-ups will have them",
    "failures": "folds day by day; roll-ups will have them",
    "session_facts": "folds the few sessions without a total, one by one",
    "session_pages": "folds the few sessions without a total, one by one",
    "session_timeline": "computed for one session at a time",
    "sessions": "a detector looks for the fax that its channel then carried",
}
"""Views with a subquery that reads rows of sessions for the query around it, and the reason."""

CALLS = {
    "coverage_gaps": {"gaps", "reconcile"},
    "jobs": {"jobs_of"},  # computes from an array of attempts
    "quality_by_peer": {"quality"},
    "reconciliation": {"compare_readings_between"},
    "sessions": {"has_gap", "last_list_before"},
    "usage_daily": {"usage"},
}
"""Functions with parameters that read rows of sessions, by the view that calls them."""


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schema."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def trees(connection: psycopg.Connection) -> dict[int, str]:
    """The definition of each view as a parse tree, by oid."""
    query = """
    select c.oid, r.ev_action::text
    from pg_class c join pg_rewrite r on r.ev_class = c.oid
    where c.relnamespace = 'fax'::regnamespace and c.relkind = 'v'
    """
    return dict(connection.execute(query).fetchall())


def names(connection: psycopg.Connection) -> dict[int, str]:
    """The name of each relation and function, by oid."""
    query = """
    select oid, relname from pg_class where relnamespace = 'fax'::regnamespace
    union all select oid, proname from pg_proc where pronamespace = 'fax'::regnamespace
    """
    return dict(connection.execute(query).fetchall())


def of_sessions(connection: psycopg.Connection) -> set[int]:
    """The relations and functions that read rows of sessions, directly or through others.

    The catalog knows what a view and a function with `begin atomic` read; of others, the text shows it.
    """
    read = """
    select r.ev_class as reader, d.refobjid as read
    from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
    where r.ev_class <> d.refobjid
    union
    select d.objid, d.refobjid from pg_depend d where d.classid = 'pg_proc'::regclass
    union
    select p.oid, c.oid
    from pg_proc p
    join pg_class c on c.relnamespace = 'fax'::regnamespace and p.prosrc ~ format('(from|join) fax\\.%I\\M', c.relname)
    where p.pronamespace = 'fax'::regnamespace
    """
    pairs = connection.execute(read.encode()).fetchall()
    found = {
        oid
        for (oid,) in connection.execute(
            "select unnest(array['fax.session', 'fax.observation', 'fax.session_pack']::regclass[])::oid"
        )
    }
    while more := {reader for reader, source in pairs if source in found} - found:
        found |= more
    return found


class Subquery:
    """A query within a definition: the relations in it, and whether it refers to a query around it."""

    def __init__(self) -> None:
        self.relations: set[int] = set()
        self.refers_outside = False


def subqueries(tree: str) -> tuple[list[Subquery], set[int]]:
    """The queries within a definition, without the outermost, and the functions that it calls."""
    closed: list[Subquery] = []
    around: list[Subquery] = []
    nodes: list[str] = []
    functions: set[int] = set()
    tokens = TOKEN.findall(tree)
    for place, token in enumerate(tokens):
        if token == "{":
            nodes.append(tokens[place + 1])
            if nodes[-1] == "QUERY":
                around.append(Subquery())
        elif token == "}":
            if nodes.pop() == "QUERY":
                closed.append(around.pop())
        elif token == ":relid" and nodes[-1] in {"RANGETBLENTRY", "RTE"}:
            for query in around:
                query.relations.add(int(tokens[place + 1]))
        elif token == ":varlevelsup":
            # a Var of the query n levels up: the queries in between refer outside
            for query in around[len(around) - int(tokens[place + 1]) :]:
                query.refers_outside = True
        elif token == ":funcid":
            functions.add(int(tokens[place + 1]))
    return closed[:-1], functions


def test_no_other_subquery_reads_rows_of_sessions_for_the_query_around_it(connection: psycopg.Connection) -> None:
    sessions, name = of_sessions(connection), names(connection)
    found = {
        name[view]
        for view, tree in trees(connection).items()
        for query in subqueries(tree)[0]
        if query.refers_outside and (query.relations - {view}) & sessions
    }
    assert found == set(REFERS_OUTSIDE)


def test_no_other_view_calls_a_function_that_reads_rows_of_sessions(connection: psycopg.Connection) -> None:
    sessions, name = of_sessions(connection), names(connection)
    called = {name[view]: {name[f] for f in subqueries(tree)[1] & sessions} for view, tree in trees(connection).items()}
    assert {view: functions for view, functions in called.items() if functions} == CALLS


def test_a_unique_key_of_rows_of_sessions_contains_the_session(connection: psycopg.Connection) -> None:
    query = """
    select c.relname
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'session_id'
    join pg_index i on i.indrelid = c.oid and i.indisunique
    where c.relnamespace = 'fax'::regnamespace and not c.relispartition and a.attnum <> all (i.indkey)
    """
    assert connection.execute(query).fetchall() == [("erasure",)]  # few rows, so each node has all of them


def test_a_correlated_subquery_refers_outside_and_others_do_not(connection: psycopg.Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("""
            create view fax.a as select (
                select max(h.observed_at) from fax.session_history h where h.session_id = s.session_id
            ) from fax.session s;
            create view fax.b as select s.session_id, h.n from fax.session s
            join (select r.session_id, count(*) as n from fax.session_history r group by 1) h using (session_id);
            create view fax.c as select s.session_id from fax.session s cross join lateral (
                with own as (select h.position from fax.session_history h where h.session_id = s.session_id)
                select count(*) as n from own) x;
        """)
        name = names(connection)
        found = {
            name[view]: [q.refers_outside for q in subqueries(tree)[0]] for view, tree in trees(connection).items()
        }
        assert (found["a"], found["b"], found["c"]) == ([True], [False], [True, True])
