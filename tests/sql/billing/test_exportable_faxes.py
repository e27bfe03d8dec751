"""fax.exportable_faxes: the values of a fax in the columns of the ledger."""

from __future__ import annotations

import psycopg

from tests.kit.given import append, completed, hangup, read, receiving, result, sessions

LEDGER = {
    *("consumer", "batch", "line", "revision", "supersedes", "supersedes_batch", "supersedes_line", "changed"),
    *("salt", "personal_digest", "digest", "erased_at"),
}
"""The columns of fax.export_line that are not values of a fax."""


def test_each_column_has_the_value_of_fax_sessions(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 3), (4, 2, 0)), result(8, "SUCCESS", "", "OK"), completed(9.000001, 2))
    (fax,) = sessions(database)
    (seen,) = read(database, "select * from fax.exportable_faxes")
    values = {name: value for name, value in seen.items() if name not in LEDGER and not name.startswith("previous_")}
    assert values == {name: fax[name] for name in values}
    assert {"session_id", "started_at", "ended_at", "duration_seconds", "pages", "bad_lines"} <= values.keys()
    others = {name: value for name, value in seen.items() if name not in values}
    assert others == dict.fromkeys(others) | {"changed": []}


def test_its_columns_are_those_of_a_line(database: psycopg.Connection) -> None:
    query = "select attname, atttypid from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum"
    assert read(database, query, "fax.exportable_faxes") == read(database, query, "fax.export_line")


def test_an_unknown_duration_is_null_in_the_ledger(database: psycopg.Connection) -> None:
    append(database, completed(90, 10, "SendFAX"), hangup(91))
    (line,) = read(database, "select * from fax.export_due('default') where line is not null")
    assert (line["pages"], line["duration_seconds"], line["result"]) == (10, None, "unknown")
