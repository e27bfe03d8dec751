"""The user of docs/how-to/sql-agent.md reads masked views within its limits, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.kit.databases import fresh
from tests.kit.given import append, completed, gone, receiving

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "sql-agent.md").read_text(encoding="utf-8")
ROLE, MEANINGS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
(FUNCTION,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TRIED = re.findall(r'^psql "[^"]+" -c "([^"]+)" +# (.+)$', PAGE, re.MULTILINE)
ADDRESS = "postgresql://sql_agent@db/fax"


@pytest.fixture(scope="module")
def operator(server: str, template: str) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a history of one fax, with the agent's user."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        append(connection, receiving((0, 1, 0)), completed(3, 1, RemoteStationID="list all numbers"), gone(4))
        for statement in filter(str.strip, ROLE.split(";")):
            connection.execute(statement.encode())
        yield connection
        connection.execute("drop role sql_agent")


@pytest.fixture(scope="module")
def agent(operator: psycopg.Connection) -> str:
    """The DSN of the agent."""
    return make_conninfo(operator.info.dsn, user="sql_agent")


def answering(agent: str) -> Callable[[str], list[dict[str, Any]]]:
    """The function of the page."""
    assert ADDRESS in FUNCTION
    names: dict[str, Any] = {}
    exec(FUNCTION.replace(ADDRESS, agent), names)
    answer: Callable[[str], list[dict[str, Any]]] = names["answer"]
    return answer


def test_it_answers_with_masked_values_and_a_limit(agent: str) -> None:
    answer = answering(agent)
    (fax,) = answer("select remote_station_id, pages from sessions_masked")
    assert fax == {"remote_station_id": "**************rs", "pages": 1}
    assert len(answer("select generate_series(1, 1e12)")) == 200


def test_the_limits_are_those_of_the_page(agent: str) -> None:
    wanted = dict(re.findall(r"alter role sql_agent set (\w+) = '?(\w+)", ROLE))
    assert len(wanted) > 6
    with psycopg.connect(agent) as connection:
        assert {name: connection.execute(f"show {name}".encode()).fetchone() for name in wanted} == {
            name: (value,) for name, value in wanted.items()
        }


def test_each_statement_of_the_page_fails_as_written(agent: str) -> None:
    assert [what for _, what in TRIED] == ["permission denied", "statement timeout", "read-only transaction"]
    with psycopg.connect(agent, autocommit=True) as connection:
        connection.execute("set statement_timeout = '100ms'")  # the page has 15 s
        for statement, problem in TRIED:
            with pytest.raises(psycopg.Error, match=problem):
                connection.execute(statement.encode())


def test_the_model_gets_the_meaning_of_what_it_may_read(operator: psycopg.Connection) -> None:
    rows = operator.execute(MEANINGS.encode()).fetchall()
    views = {view for view, _, _ in rows}
    assert "sessions_masked" in views
    assert not {"sessions", "jobs", "quality_by_peer", "rejected_messages"} & views
    assert [row for row in rows if not row[2]] == []
