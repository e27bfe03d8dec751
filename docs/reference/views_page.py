"""Generates docs/reference/views.md from the comments of a database with the schema; `make docs` runs it.

python docs/reference/views_page.py DSN > docs/reference/views.md
"""

from __future__ import annotations

import re
import sys
import textwrap

import psycopg

from faxstore import sql

HEAD = """# Tables and views of the schema `fax`

For those who write SQL queries. Generated from the comments of the database (psql shows them with `\\d+ fax.sessions`).
View names are plural, table names singular. Times are `timestamptz`. NULL means unknown or not measurable, never zero.
Query the views; the tables are for folds of your own. Files and JSON documents have
[the unit in the name of a column](../how-to/exports.md#names-and-units) if the name here lacks it.

To query one session, give `started_at` with `session_id`: it selects the partition.
"""

WIDTH = 120
"""Columns of a line of prose or SQL."""

VIEWS = (
    "sessions",
    "session_timeline",
    "session_pages",
    "session_rate_falls",
    "usage_daily",
    "quality_by_peer",
    "failures",
    "coverage_gaps",
    "reconciliation",
    "rejected_messages",
    "session_history",
    "append_batches",
    "jobs",
    "session_charges",
    "sessions_masked",
    "jobs_masked",
    "log_leaves",
    "exportable_faxes",
    "export_sums",
    "sealed_batches",
)
FUNCTIONS = (
    *("rows_between", "usage", "jobs_between", "quality", "gaps", "reconcile", "set_rate", "export_as_of"),
    *("erase_session", "erase_sessions", "erase_rejected"),
)
BASES = (
    "job_attempts",
    "peer_sessions",
    "session_facts",
    "session_fold",
    "session_uncounted",
    "folded_total",
    "page_attempts",
    "session_evidence",
    "session_snapshots",
    "session_events",
    "session_rows",
    "polled_servers",
    "later_lives",
)
TABLES = (
    "observation",
    "session_pack",
    "packed_account",
    "archive_file",
    "dropped_month",
    "dropped_session",
    "month_change",
    "session",
    "session_total",
    "session_untotalled",
    "usage_rollup",
    "epoch",
    "append_batch",
    "collector",
    "server_history",
    "coverage_day",
    "reconciliation_day",
    "compared_reading",
    "reading_series",
    "rejected_message",
    "reported_fax",
    "recording_part",
    "waiting_record",
    "spool_progress",
    "lease",
    "technology",
    "quality_class",
    "job_window",
    "rate",
    "rate_change",
    "checkpoint",
    "log_subtree",
    "log_run",
    "log_record",
    "unsealed_change",
    "session_salt",
    "erased_digest",
    "erasure",
    "erased_key",
    "pseudonym",
    "export_batch",
    "export_line",
    "export_pending",
    "export_delivery",
)

_FILES = {path.rpartition("/")[2]: path for path in sql.ORDER}
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod), col_description(a.attrelid, a.attnum)
from pg_attribute a
where a.attrelid = to_regclass('fax.' || %s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""


def columns_of(connection: psycopg.Connection, name: str) -> list[tuple[str, str, str]]:
    """Returns the columns of a table or view of the schema fax: name, type, comment."""
    found = connection.execute(_COLUMNS, [name]).fetchall()
    return [(column, _short(kind), comment or "") for column, kind, comment in found]


def comment_on(connection: psycopg.Connection, name: str) -> str:
    """Returns the comment on a table or view of the schema fax."""
    ((comment,),) = connection.execute("select obj_description(to_regclass('fax.' || %s))", [name]).fetchall()
    return comment or ""


def page(connection: psycopg.Connection) -> str:
    """Returns the page as Markdown."""
    parts = [HEAD, "## Views for reports\n", *(_object(connection, name) for name in VIEWS)]
    parts += ["## Functions for a period\n", *(_function(connection, name) for name in FUNCTIONS)]
    parts += ["## Underlying views\n", *(_object(connection, name) for name in BASES)]
    parts += ["## Tables\n", *(_object(connection, name) for name in TABLES)]
    return "\n".join(parts)


def _object(connection: psycopg.Connection, name: str) -> str:
    source = sql.text(_FILES[name])
    lines = [f"### `fax.{name}`", "", _fill(comment_on(connection, name)), ""]
    lines += [f"*Grain: {found}.*" for found in re.findall(r"^-- grain: (.+)$", source, re.MULTILINE)[:1]] + [""]
    for example in re.findall(r"^-- example: (.+)$", source, re.MULTILINE)[:1]:
        lines += ["```sql", _clauses(example), "```", ""]
    lines += ["| column | type | meaning |", "| --- | --- | --- |"]
    for column, kind, comment in columns_of(connection, name):
        lines.append(f"| `{column}` | {kind} | {_cell(comment)} |")
    return "\n".join(lines) + "\n"


def _function(connection: psycopg.Connection, name: str) -> str:
    found = connection.execute(
        "select pg_get_function_arguments(oid), pg_get_function_result(oid), obj_description(oid) from pg_proc"
        " where pronamespace = 'fax'::regnamespace and proname = %s",
        [name],
    ).fetchone()
    assert found is not None
    arguments, result, comment = found
    (example,) = re.findall(r"^-- example: (.+)$", sql.text(_FILES[name]), re.MULTILINE)[:1]
    returns = re.sub(r"^TABLE\((.*)\)$", r"\1", result)
    lines = [f"### `fax.{name}()`", "", _fill(comment), ""]
    lines += [_fill(f"Arguments: {_short_all(arguments)}."), "", _fill(f"Returns: {_short_all(returns)}."), ""]
    return "\n".join([*lines, "```sql", _clauses(example), "```", ""])


def _fill(paragraph: str) -> str:
    return textwrap.fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


def _clauses(statement: str) -> str:
    """Returns the statement, with one clause per line if it is wider than the page."""
    return re.sub(r" (?=(?:from|where|group by|order by) )", "\n", statement) if len(statement) > WIDTH else statement


def _short_all(text: str) -> str:
    zones = text.replace("timestamp with time zone", "timestamptz").replace("timestamp without time zone", "timestamp")
    return re.sub(
        r"::(?:text|numeric|integer|timestamptz)(?:\[\])?|DEFAULT ",
        lambda match: "default " if match[0][0] == "D" else "",
        zones,
    )


def _cell(comment: str) -> str:
    return comment.replace("|", "\\|")


def _short(kind: str) -> str:
    return {"timestamp with time zone": "timestamptz"}.get(kind, kind)


if __name__ == "__main__":
    with psycopg.connect(sys.argv[1]) as connection:
        sys.stdout.write(page(connection))
