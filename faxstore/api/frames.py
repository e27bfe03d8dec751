"""Rows of a query as a table of pyarrow, a data frame of pandas or one of Polars.

The ADBC driver reads the rows as columns, over a connection of its own.  A value is exact or a text: the driver has no
type for numerics, ids and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import make_conninfo
from psycopg.sql import Identifier

from faxstore.errors import UnreachableError, UsageError, one_line
from faxstore.store.database import Connection, one_moment

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

DECIMAL = (38, 6)
"""Digits and places of a numeric, as many places as the views have."""

_AS_IT_IS = {
    *("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bytea", "date", "timestamp"),
    *("timestamptz", "text[]", "int4[]", "int8[]"),
}
"""The types that the driver and Arrow have."""

_CASTS = {"numeric": "numeric({}, {})".format(*DECIMAL), "uuid[]": "text[]"}
"""What other types become; those that are not here become text."""

_READ_ONLY = "set transaction isolation level repeatable read, read only"


def arrow(connection: Connection, query: str) -> pyarrow.Table:
    """Return the rows of a query as a table.  Raises UsageError without the extra `arrow`."""
    driver, _ = _require("arrow", "adbc_driver_postgresql.dbapi", "arrow"), _require("arrow", "pyarrow", "arrow")
    wrapped, kinds = _wrapped(connection, query)
    address = make_conninfo(connection.info.dsn, password=connection.info.password)
    with _one_line_errors(driver), driver.connect(address) as reading, reading.cursor() as cursor:
        cursor.execute(_READ_ONLY)
        cursor.execute(wrapped)
        return _with_decimals(cursor.fetch_arrow_table(), kinds)


def to_pandas(table: pyarrow.Table) -> pandas.DataFrame:
    """Return the table as a data frame of pandas, with the types of Arrow."""
    library = _require("pandas", "pandas", "pandas")
    return table.to_pandas(types_mapper=library.ArrowDtype)


def to_polars(table: pyarrow.Table) -> polars.DataFrame:
    """Return the table as a data frame of Polars."""
    return _require("polars", "polars", "polars").from_arrow(table)


def _require(what: str, module: str, package: str) -> Any:
    """Import a module.  Raises UsageError, which begins with `what`, if it is not installed."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        wanted = "faxstore[arrow]" if package == "arrow" else f"{package} faxstore[arrow]"
        raise UsageError(f"{what} needs {module.partition('.')[0]}: pip install {wanted}") from error


def _wrapped(connection: Connection, query: str) -> tuple[str, list[str]]:
    """Return the query with casts to types that the driver has, and the types of its columns.

    Raises psycopg errors of a query that is wrong.
    """
    with one_moment(connection), connection.cursor("faxstore_columns") as cursor:
        cursor.execute(query.encode())
        described = cursor.description or ()
    kinds = [column.type_display.partition("(")[0] for column in described]
    places = [f"c{number}" for number in range(len(kinds))]  # names of columns need not be unique
    columns = (
        f"{place}{_cast(kind)} as {Identifier(column.name).as_string(connection)}"
        for place, kind, column in zip(places, kinds, described, strict=True)
    )
    inner = query.rstrip().rstrip(";")
    return f"select {', '.join(columns)} from (\n{inner}\n) q ({', '.join(places)})", kinds


def _cast(kind: str) -> str:
    return "" if kind in _AS_IT_IS else f"::{_CASTS.get(kind, 'text')}"


def _with_decimals(table: pyarrow.Table, kinds: Sequence[str]) -> pyarrow.Table:
    """Return the table with decimals in place of the texts that the driver makes of numerics."""
    library = _require("arrow", "pyarrow", "arrow")
    exact = library.decimal128(*DECIMAL)
    fields = (
        library.field(field.name, exact if kind == "numeric" else field.type)
        for field, kind in zip(table.schema, kinds, strict=True)
    )
    try:
        return table.cast(library.schema(fields))
    except library.ArrowInvalid as error:  # NaN, or infinity
        raise UsageError(f"arrow: {one_line(error)}") from error


@contextmanager
def _one_line_errors(driver: Any) -> Iterator[None]:
    """Raises the errors of the driver as FaxstoreErrors."""
    try:
        yield
    except driver.OperationalError as error:
        raise UnreachableError(f"the database could not answer: {_message(error)}") from error
    except driver.Error as error:
        raise UsageError(f"the database refused the request: {_message(error)}") from error


def _message(error: Exception) -> str:
    """The message of the server, or else that of the driver."""
    found = re.search(r"ERROR: +(.+)", str(error))
    return one_line(found[1] if found else error)
