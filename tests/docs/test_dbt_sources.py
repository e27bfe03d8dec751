"""deploy/dbt/sources.yml has the views, columns, types and comments of the database."""

from __future__ import annotations

import re

import psycopg
import yaml

from docs.reference import dbt_sources
from tests.kit.given import read

COLUMNS = """
select a.attname as name, format_type(a.atttypid, a.atttypmod) as data_type,
    col_description(c.oid, a.attnum) as description
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where c.oid = to_regclass('fax.' || %s) order by a.attnum
"""


def test_the_file_is_up_to_date(database: psycopg.Connection) -> None:
    assert dbt_sources.FILE.read_text() == dbt_sources.sources(database), "run make docs"


def test_a_yaml_parser_finds_every_column_with_its_comment(database: psycopg.Connection) -> None:
    text = dbt_sources.FILE.read_text()
    document = yaml.safe_load(text)
    assert document["version"] == 2
    (source,) = document["sources"]
    assert (source["name"], source["schema"]) == ("fax", "fax")
    assert {table["name"] for table in source["tables"]} >= {"sessions", "session_pages", "jobs", "usage_daily"}
    for table in source["tables"]:
        expected = read(database, COLUMNS, table["name"])
        for row in expected:
            row["data_type"] = row["data_type"].replace("timestamp with time zone", "timestamptz")
        assert table["columns"] == expected
        assert table["description"]


def test_no_description_is_a_template_of_dbt() -> None:
    """dbt renders descriptions with Jinja."""
    _, _, tables = dbt_sources.FILE.read_text().partition("tables:")
    assert re.findall(r"\{[{%#]", tables) == []
