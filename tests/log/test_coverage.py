"""Every table and column of the schema is classified: covered by the log, or not covered for a stated reason."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from faxstore.log.coverage import BATCH, COLUMNS, RECORD, RECORDED, RUN, RUNS, not_covered

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "proofs.md").read_text(encoding="utf-8")
TABLES = """
select c.relname, a.attname
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'fax'::regnamespace and c.relkind in ('r', 'p', 'm', 'f') and not c.relispartition
order by 1, 2
"""


def test_every_column_of_every_table_is_classified(database: psycopg.Connection) -> None:
    classified = sorted((table, column) for table, columns in COLUMNS.items() for column in columns)
    assert database.execute(TABLES).fetchall() == classified


def test_recorded_columns_are_those_of_the_triggers(database: psycopg.Connection) -> None:
    for table, recorded in RECORDED.items():
        columns = COLUMNS[table]
        assert sorted(recorded.left_out) == sorted(name for name, how in columns.items() if how is not RECORD), table
    assert {table for table, columns in COLUMNS.items() if RECORD in columns.values()} == set(RECORDED)
    assert {table for table, columns in COLUMNS.items() if RUN in columns.values()} == set(RUNS)
    triggers = database.execute(
        "select tgrelid::regclass::text, tgargs, tgenabled from pg_trigger"
        " where tgname in ('record_row', 'record_update')"
    ).fetchall()
    wanted = [
        (f"fax.{table}", f"{{{','.join(one.key)}}}\0{{{','.join(one.left_out)}}}\0".encode(), "A")
        for table, one in RECORDED.items()
        for _ in range(2)
    ]
    assert sorted((name, bytes(arguments), enabled) for name, arguments, enabled in triggers) == sorted(wanted)


def test_lines_of_the_ledger_are_covered_by_the_digests_that_verify_compares(database: psycopg.Connection) -> None:
    digested = "".join(
        source
        for (source,) in database.execute(
            "select prosrc from pg_proc where proname in ('export_line_digest', 'export_personal_digest')"
        )
    )
    named = set(re.findall(r"line\.(\w+)", digested)) - {"salt"}
    assert {name for name, how in COLUMNS["export_line"].items() if how is BATCH} == {
        *named,
        "digest",
        "revision",
    } | named


def test_the_page_lists_what_is_not_covered() -> None:
    section = PAGE.split("### Not covered")[1].split("\n## ")[0]
    rows = {
        cells[0].strip(" `"): (re.findall(r"`(\w+)`", cells[1]), cells[2].strip())
        for cells in (line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `"))
    }
    assert rows.keys() == {f"fax.{table}" for table in not_covered()}
    for table, columns in not_covered().items():
        names, _ = rows[f"fax.{table}"]
        assert sorted(names) == sorted(columns) if set(columns) != set(COLUMNS[table]) else names == [], table
