"""docs/how-to/queries.md has 26 questions, each with one statement that a reader may run, and its answer."""

from __future__ import annotations

import re

import psycopg
import pytest

from docs.reference import queries_page
from tests.cookbook.statements import QUESTIONS

NUMBERS = range(1, 27)

PUBLIC = re.compile(r"fax\.[a-z_]+")


def test_the_page_has_each_question_once() -> None:
    page = queries_page.PAGE.read_text("utf-8")
    assert sorted(question.number for question in queries_page.questions(page)) == list(NUMBERS)
    assert page.count("```sql\n") == page.count("\n### ") == len(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_question_is_one_statement(number: int) -> None:
    assert ";" not in without_quoted(QUESTIONS[number].sql)


@pytest.mark.parametrize("number", NUMBERS)
def test_it_reads_public_objects_alone(recordings: psycopg.Connection, number: int) -> None:
    """As a view, the statement depends only on public objects of fax, or on the call records (15)."""
    with recordings.transaction(force_rollback=True):
        recordings.execute(f"create view public.question as {QUESTIONS[number].sql}".encode())
        found = recordings.execute("""
            select distinct d.refobjid::regclass::text, has_table_privilege('fax_reader', d.refobjid, 'select')
            from pg_rewrite r
            join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
            where r.ev_class = 'public.question'::regclass and d.refclassid = 'pg_class'::regclass
              and d.refobjid <> r.ev_class
            """).fetchall()
    tables = {name for name, _ in found}
    assert all(may_read for _, may_read in found), found
    assert {name for name in tables if not PUBLIC.fullmatch(name)} == ({"cdr"} if number == 15 else set())
    assert all(name in without_quoted(QUESTIONS[number].sql) for name in tables)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_reader_may_ask_it(recordings: psycopg.Connection, number: int) -> None:
    with recordings.transaction(force_rollback=True):
        recordings.execute("set local role fax_reader")
        recordings.execute(QUESTIONS[number].sql.encode())


@pytest.mark.parametrize("number", NUMBERS)
def test_the_answer_on_the_page_is_the_one_that_it_gives(recordings: psycopg.Connection, number: int) -> None:
    question = QUESTIONS[number]
    assert question.answer == queries_page.answer(recordings, question.sql), "run make docs"


def without_quoted(statement: str) -> str:
    """Return the statement with its quoted text removed."""
    return re.sub(r"'[^']*'", "''", statement)
