"""What Citus can run, if it distributes the tables with rows of sessions by session_id (decision 0052).

The rules are those of Citus 13.0.5 on a coordinator and two workers: what breaks one is refused there, or answers
wrongly. The lists here name what still breaks one, and why; they may only shrink.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from faxstore.sql import distribution
from tests.kit.databases import fresh

TOKEN = re.compile(r"(?:\\.|[^\s{}()\\])+|[{}()]")
"""A token of a pg_node_tree: a backslash makes the next character part of a word."""

TABLES = distribution.DISTRIBUTED
"""Tables that are distributed by session_id. Each node has all rows of its sessions, and all rows of other tables."""

WHOLE_ROWS = {"jobs": "array_agg(a) of attempts: they are on the coordinator by then"}
SQL_FUNCTIONS = {
    ("coverage_gaps", "reconcile"): "in plpgsql, each call would start the plan of fax.sessions",
    ("jobs", "jobs_of"): "computes from an array of attempts",
}
NESTED = {
    ("sessions", "fax_of_detector"): "the fax of a detector may be on another node",
    ("sessions", "has_gap"): "for sessions of the last hours, whose coverage is not stored yet",
    ("sessions", "last_list_before"): "for faxes of which only the end was observed",
}
"""Functions that a node calls for a session and that read rows of other sessions; Citus allows it by a setting."""


@dataclass
class Node:
    """A node of a parse tree: its kind, its values by name, and the nodes in it with the names of their lists."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    nodes: list[tuple[str, Node]] = field(default_factory=list)

    def each(self) -> Iterator[Node]:
        yield self
        for _, node in self.nodes:
            yield from node.each()

    def listed(self, name: str) -> list[Node]:
        return [node for listed, node in self.nodes if listed == name]


@dataclass
class Query:
    """A query within a view, with those around it, the nearest one last."""

    view: str
    node: Node
    around: tuple[Node, ...]

    def own(self) -> Iterator[tuple[Node, int]]:
        """Each node in it, and how many queries within this one are around that node."""
        yield from own(self.node, 0)

    def relations(self) -> set[int]:
        tables = (node.values.get("relid", "0") for node in self.node.each() if node.kind in {"RANGETBLENTRY", "RTE"})
        return {int(relation) for relation in tables}

    def refers_outside(self) -> bool:
        return any(int(n.values["varlevelsup"]) > depth for n, depth in self.own() if "varlevelsup" in n.values)


def own(query: Node, depth: int) -> Iterator[tuple[Node, int]]:
    for _, node in query.nodes:
        inner = depth + (node.kind == "QUERY")
        yield node, inner
        yield from own(node, inner)


def parsed(tree: str) -> Node:
    top = Node("")
    around, names = [top], [""]
    tokens = iter(TOKEN.findall(tree))
    for token in tokens:
        if token == "{":
            node = Node(next(tokens))
            around[-1].nodes.append((names[-1], node))
            around.append(node)
            names.append("")
        elif token == "}":
            around.pop()
            names.pop()
        elif token.startswith(":"):
            names[-1] = token[1:]
        elif token not in "()":
            around[-1].values.setdefault(names[-1], token)
    return top


def within(view: str, node: Node, around: tuple[Node, ...] = ()) -> Iterator[Query]:
    if node.kind == "QUERY":
        yield Query(view, node, around)
        around = (*around, node)
    for _, inner in node.nodes:
        yield from within(view, inner, around)


@dataclass
class Schema:
    """The queries of the views, the names by oid, and what reads rows of sessions, directly or through others."""

    queries: list[Query]
    names: dict[int, str]
    of_sessions: set[int]
    sql_readers: set[int]
    uuid_equality: str


@pytest.fixture(scope="module")
def connection(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A connection to a database with the schema."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def schema(connection: psycopg.Connection) -> Schema:
    return described(connection)


def described(connection: psycopg.Connection) -> Schema:
    trees = connection.execute("""
        select c.relname, r.ev_action::text from pg_class c join pg_rewrite r on r.ev_class = c.oid
        where c.relnamespace = 'fax'::regnamespace and c.relkind = 'v'
    """).fetchall()
    names = connection.execute("""
        select oid, relname from pg_class where relnamespace = 'fax'::regnamespace
        union all select oid, proname from pg_proc where pronamespace = 'fax'::regnamespace
    """).fetchall()
    # the catalog knows what a view and a function with `begin atomic` read; of others, the text shows it
    pairs = connection.execute(rb"""
        select r.ev_class, d.refobjid
        from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
        where r.ev_class <> d.refobjid
        union select d.objid, d.refobjid from pg_depend d where d.classid = 'pg_proc'::regclass
        union select p.oid, c.oid
        from pg_proc p
        join pg_class c on c.relnamespace = p.pronamespace and p.prosrc ~ format('(from|join) fax\.%I\M', c.relname)
        where p.pronamespace = 'fax'::regnamespace
    """).fetchall()
    readers = connection.execute("""
        select distinct p.oid from pg_proc p join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid
        where d.refclassid = 'pg_class'::regclass and p.prosqlbody is not null
    """).fetchall()
    equality = connection.execute("select '=(uuid, uuid)'::regoperator::oid").fetchone()
    assert equality is not None
    found = {oid for oid, name in names if name in TABLES}
    while more := {reader for reader, source in pairs if source in found} - found:
        found |= more
    return Schema(
        [query for name, tree in trees for query in within(name, parsed(tree))],
        dict(names),
        found,
        {oid for (oid,) in readers},
        str(equality[0]),
    )


def other_correlation(schema: Schema) -> set[str]:
    """Views with a subquery of rows of sessions that refers to a query around it by something else than session_id."""

    def by_session(query: Query) -> bool:
        for node, _ in query.own():
            if node.kind == "OPEXPR" and node.values["opno"] == schema.uuid_equality:
                levels = [int(n.values["varlevelsup"]) for _, n in node.nodes if n.kind == "VAR"]
                if len(levels) == 2 and min(levels) == 0 < max(levels):
                    return True
        return False

    return {
        query.view
        for query in schema.queries
        if query.around and query.refers_outside() and query.relations() & schema.of_sessions
        if not by_session(query)
    }


def calls(schema: Schema) -> set[tuple[str, str]]:
    """Each view with the functions in it that read rows of sessions."""
    return {
        (query.view, schema.names[int(node.values["funcid"])])
        for query in schema.queries
        for node, _ in query.own()
        if int(node.values.get("funcid", "0")) in schema.of_sessions
    }


def tables_of(query: Query) -> list[Node]:
    return query.node.listed("rtable")


def test_a_subquery_of_rows_of_sessions_refers_outside_by_session_id(schema: Schema) -> None:
    assert other_correlation(schema) == set()


def test_a_function_in_from_that_reads_tables_is_plpgsql(schema: Schema) -> None:
    """Else: "parameterized queries for SQL functions referencing distributed tables are not supported"."""
    found = {
        (query.view, schema.names[int(node.values["funcid"])])
        for query in schema.queries
        for table in tables_of(query)
        if table.values.get("rtekind") == "3"
        for node in table.each()
        if int(node.values.get("funcid", "0")) in schema.sql_readers
    }
    assert found == set(SQL_FUNCTIONS)


def test_no_other_view_calls_a_function_for_a_session(schema: Schema) -> None:
    """Else: "cannot execute a distributed query from a query on a shard"."""
    pushed = {"sessions", "session_facts", "session_fold", "session_pages", "session_timeline", "session_charges"}
    assert {call for call in calls(schema) if call[0] in pushed} == set(NESTED)


def test_no_other_view_uses_the_row_type_of_a_table(schema: Schema) -> None:
    """Else: "UNION could not convert type fax.observation[] to fax.observation_102017[]", which a node has."""
    found = set()
    for query in schema.queries:
        for node, depth in query.own():
            if node.kind == "VAR" and node.values["varattno"] == "0" and int(node.values["varlevelsup"]) == depth:
                table = tables_of(query)[int(node.values["varno"]) - 1]
                if table.values["rtekind"] == "0" and int(table.values["relid"]) in schema.of_sessions:
                    found.add(query.view)
    assert found == set(WHOLE_ROWS)


def test_a_table_function_for_a_row_outside_says_lateral(schema: Schema) -> None:
    """Else: "invalid attnum 17 for relation "u"", or the coordinator dies: Citus wraps the function wrongly."""
    assert silent_functions(schema) == set()


def silent_functions(schema: Schema) -> set[str]:
    """Views with a table function that refers to a query around its own, beside another table, without LATERAL."""
    return {
        query.view
        for query in schema.queries
        if len(tables_of(query)) > 1
        for table in tables_of(query)
        if table.values["rtekind"] == "3"
        and table.values["lateral"] == "false"
        and any(int(node.values.get("varlevelsup", "0")) > 0 for node in table.each())
    }


def test_a_unique_key_of_rows_of_sessions_contains_the_session(connection: psycopg.Connection) -> None:
    query = """
    select c.relname
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'session_id'
    join pg_index i on i.indrelid = c.oid and i.indisunique
    where c.relnamespace = 'fax'::regnamespace and not c.relispartition and a.attnum <> all (i.indkey)
    """
    assert connection.execute(query).fetchall() == [("erasure",)]  # few rows, so each node has all of them


def test_each_rule_finds_what_breaks_it(connection: psycopg.Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("""
            create view fax.by_session as select s.session_id, h.last_at from fax.session s cross join lateral (
                select max(h.observed_at) as last_at from fax.session_history h where h.session_id = s.session_id) h;
            create view fax.by_time as select s.session_id, h.others from fax.session s cross join lateral (
                select count(*) as others from fax.session h where h.started_at > s.started_at) h;
            create view fax.silent as select s.session_id, p.page from fax.session_total s cross join lateral (
                select n.page from unnest(s.page_numbers) n (page) cross join fax.job_window w) p;
            create view fax.loud as select s.session_id, p.page from fax.session_total s cross join lateral (
                select n.page from lateral unnest(s.page_numbers) n (page) cross join fax.job_window w) p;
        """)
        schema = described(connection)
        assert other_correlation(schema) == {"by_time"}
        assert silent_functions(schema) == {"silent"}
