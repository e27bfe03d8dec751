"""The catalog of the schema as this version of faxstore ships it, from shipped_catalog.json.

`make freeze` writes the file from a new database of PostgreSQL 18; a test compares it with a new database of the server
under test.  So verification needs no second database, and believes nothing that the database states about its origin.

The partitions of months are not in the file: each has the name of its month, and otherwise the objects of the default
partition of its table.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from faxstore.verify.live_catalog import Catalog

FILE = "shipped_catalog.json"

_MONTH = re.compile(r"fax\.(observation|session_pack)_(\d{4})_(0[1-9]|1[0-2])")


@cache
def shipped() -> Catalog:
    """Return the shipped catalog without the partitions of months."""
    catalog: Catalog = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return catalog


def as_text(live: Catalog) -> str:
    """Return the text of the file for the catalog of a new database: one object per line, sorted."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(properties, sort_keys=True)}"
        for name, properties in sorted(live.items())
        if not is_month(properties.get("relation", ""))
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def is_month(relation: str) -> bool:
    """Return whether a relation has the name of the partition of a month."""
    return _MONTH.fullmatch(relation) is not None


def parent_of(relation: str) -> str:
    """Return the table of which a relation is the partition of a month; another relation itself."""
    month = _MONTH.fullmatch(relation)
    return f"fax.{month[1]}" if month else relation


def with_months(live: Catalog) -> Catalog:
    """Return the shipped catalog with a partition for each month that has one in the live catalog."""
    catalog = dict(shipped())
    for relation in {of.get("relation", "") for of in live.values()}:
        if month := _MONTH.fullmatch(relation):
            catalog |= json.loads(
                _default_partition(month[1]).replace(f"{month[1]}_default", relation.removeprefix("fax."))
            )
            table = f"table {relation}"
            catalog[table] = {**catalog[table], "bound": _bound(int(month[2]), int(month[3]))}
    return catalog


@cache
def _default_partition(table: str) -> str:
    """Return the objects of the default partition of a table, as JSON."""
    return json.dumps({name: of for name, of in shipped().items() if of.get("relation") == f"fax.{table}_default"})


def _bound(year: int, month: int) -> str:
    after = f"{year + month // 12:04}-{month % 12 + 1:02}"
    return f"FOR VALUES FROM ('{year:04}-{month:02}-01 00:00:00+00') TO ('{after}-01 00:00:00+00')"
