"""Rows of a query as a table of Arrow: its types, and its errors.  tests/peers has pandas and Polars."""

from __future__ import annotations

import sys
from decimal import Decimal

import pytest

import faxstore


def test_values_are_exact_and_types_do_not_depend_on_them(store: faxstore.Store) -> None:
    columns = "session_id, pages, bad_lines, duration_seconds, file_names, started_at, bad_lines_measurable"
    query = f"select {columns}, avg(pages) over () as mean, avg(1) over () as mean from fax.sessions"
    table = store.arrow(f"{query} order by started_at; ")
    types = ["string", "int32", "int64", "decimal128(38, 6)", "list<item: string>", "timestamp[us, tz=UTC]", "bool"]
    types += ["decimal128(38, 6)"] * 2
    assert [str(field.type) for field in table.schema] == types
    assert [str(field.type) for field in store.arrow(f"{query} where false").schema] == types
    faxes = list(store.sessions())
    for name in ("pages", "bad_lines", "duration_seconds", "file_names", "started_at", "bad_lines_measurable"):
        assert table[name].to_pylist() == [getattr(fax, name) for fax in faxes], name
    assert table["session_id"].to_pylist() == [str(fax.session_id) for fax in faxes]
    assert table.columns[7][0].as_py() == Decimal("2.800000")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("select 1 / 0", "the database refused the request: division by zero"),
        ("select nothing", 'the database refused the request: column "nothing" does not exist'),
        ("delete from fax.session", "query: syntax error at or near .*; allowed is one SELECT"),
        ("select fax.erase_session(gen_random_uuid(), 'x')", "cannot execute UPDATE in a read-only transaction"),
        ("select 'NaN'::numeric", "arrow: The string 'nan' is not a valid decimal128 number"),
    ],
)
def test_a_wrong_query_is_one_line(store: faxstore.Store, query: str, problem: str) -> None:
    with pytest.raises(faxstore.UsageError, match=problem) as raised:
        store.arrow(query)
    assert "\n" not in str(raised.value)


def test_a_missing_package_is_named(store: faxstore.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pandas", "polars"):
        monkeypatch.setitem(sys.modules, module, None)
    for library in ("pandas", "polars"):
        with pytest.raises(
            faxstore.UsageError, match=rf"{library} needs {library}: pip install {library} faxstore\[arrow"
        ):
            getattr(store, library)("select 1 as one")
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)
    with pytest.raises(faxstore.UsageError, match=r"arrow needs adbc_driver_postgresql: pip install faxstore\[arrow\]"):
        store.arrow("select 1 as one")
