"""docs/reference/views.md has the comments of the database."""

from __future__ import annotations

import runpy
from pathlib import Path

import psycopg

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_the_page_is_up_to_date(database: psycopg.Connection) -> None:
    page = runpy.run_path(str(REFERENCE / "views_page.py"))["page"]
    assert (REFERENCE / "views.md").read_text() == page(database), "run make docs"


def test_no_table_or_view_is_left_out(database: psycopg.Connection) -> None:
    """Everything that a reader may select from is on the page."""
    page = (REFERENCE / "views.md").read_text()
    readable = database.execute(
        "select c.relname from pg_class c where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'v', 'p')"
        " and not c.relispartition and has_table_privilege('fax_reader', c.oid, 'select')"
        " and c.relname <> 'alembic_version'"
    ).fetchall()
    assert len(readable) > 10
    assert [name for (name,) in readable if f"### `fax.{name}`" not in page] == []
