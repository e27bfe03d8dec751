"""The catalog of the schema as this version of faxstore ships it, from shipped_catalog.json.

`make freeze` writes the file from a new database of PostgreSQL 18; a test compares it with a new database of the server
under test.  So verification needs no second database, and believes nothing that the database states about its origin.

The partitions of days and months are not in the file: each has the name of its period, and otherwise the objects of the
default partition of its table.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from faxstore.verify.live_catalog import Catalog

FILE = "shipped_catalog.json"

_PERIOD = re.compile(r"fax\.(?:(observation)_(\d{4}_\d\d_\d\d)|(session_pack)_(\d{4}_\d\d))")


@cache
def shipped() -> Catalog:
    """Return the shipped catalog without the partitions of days and months."""
    catalog: Catalog = json.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return catalog


def as_text(live: Catalog) -> str:
    """Return the text of the file for the catalog of a new database: one object per line, sorted."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(properties, sort_keys=True)}"
        for name, properties in sorted(live.items())
        if not is_period(properties.get("relation", ""))
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def is_period(relation: str) -> bool:
    """Return whether a relation has the name of the partition of a day or month."""
    return _period(relation) is not None


def parent_of(relation: str) -> str:
    """Return the table of which a relation is a partition; another relation itself."""
    period = _period(relation)
    return f"fax.{period[0]}" if period else re.sub("_(past|default)$", "", relation)


def with_periods(live: Catalog) -> Catalog:
    """Return the shipped catalog with a partition for each day and month that has one in the live catalog."""
    catalog = dict(shipped())
    for relation in {of.get("relation", "") for of in live.values()}:
        if period := _period(relation):
            name, began, ends = period
            catalog |= json.loads(_default_partition(name).replace(f"{name}_default", relation.removeprefix("fax.")))
            bound = f"FOR VALUES FROM ('{began} 00:00:00+00') TO ('{ends} 00:00:00+00')"
            catalog[f"table {relation}"] = {**catalog[f"table {relation}"], "bound": bound}
    return catalog


@cache
def _default_partition(table: str) -> str:
    """Return the objects of the default partition of a table, as JSON."""
    return json.dumps({name: of for name, of in shipped().items() if of.get("relation") == f"fax.{table}_default"})


def _period(relation: str) -> tuple[str, date, date] | None:
    """Return the table, the first day and the day after the last one for the name of a partition; else None."""
    named = _PERIOD.fullmatch(relation)
    if named is None:
        return None
    try:
        began = date.fromisoformat((named[2] or f"{named[4]}_01").replace("_", "-"))
        ends = began + timedelta(days=1) if named[2] else (began + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):  # no such day
        return None
    return named[1] or named[3], began, ends
