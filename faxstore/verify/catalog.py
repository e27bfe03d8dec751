"""Checks the catalog: tables, views, functions, triggers, owners, grants and roles are those of this version.

They are the guard of the history: without a trigger its rows can be changed, and another view counts other pages.
Every difference is a finding, except what an administrator may add: rights to read for roles of their own, and indexes
that neither refuse rows nor run code.  docs/how-to/proofs.md lists both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

import psycopg

from faxstore.store.database import Connection, one_moment, server_message
from faxstore.store.distribution import is_distributed
from faxstore.store.rights import Role
from faxstore.verify import live_catalog, rendered_views
from faxstore.verify.findings import Finding, Scope
from faxstore.verify.live_catalog import Catalog, Properties
from faxstore.verify.shipped_catalog import is_period, parent_of, with_periods

_LONGEST_VALUE = 60
_ROLES: tuple[str, ...] = get_args(Role)


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each object that is missing, was added, or differs from the shipped one."""
    scope.is_distributed = is_distributed(connection)
    if scope.is_distributed:
        return
    with one_moment(connection):
        live = live_catalog.read(connection)
    yield from differences(connection, live)


def differences(connection: Connection, live: Catalog) -> Iterator[Finding]:
    """Yield the differences of a catalog from the shipped one.

    A table of a period that is not attached is left to the check of the partitions.
    """
    loose = {
        of["relation"]
        for name, of in live.items()
        if name.startswith("table ") and is_period(of["relation"]) and not {"bound", "kind"} & of.keys()
    }
    live = {name: of for name, of in live.items() if of.get("relation") not in loose}
    shipped = with_periods(live)
    try:
        shipped |= _as_this_server_writes(connection, live, shipped)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        advice = "verify on the primary, as a user with the right TEMPORARY on the database"
        what = f"cannot be compared with those of this version ({server_message(error)}): {advice}"
        yield Finding("catalog", "the definitions of views", what)
    for name in sorted(shipped.keys() | live.keys()):
        if name not in live:
            yield Finding("catalog", name, "is missing")
        elif name not in shipped:
            if not _is_of_the_administrator(name, live[name], shipped):
                yield Finding("catalog", name, "was replaced" if "replaced" in live[name] else "was added")
        elif changes := list(_changes(shipped[name], live[name])):
            yield Finding("catalog", name, f"differs from this version of faxstore: {'; '.join(changes)}")


def _as_this_server_writes(connection: Connection, live: Catalog, shipped: Catalog) -> Catalog:
    """Return the shipped views whose definitions differ as texts, with the definitions that this server writes."""
    texts = {
        name: of["definition"]
        for name, of in shipped.items()
        if name.startswith("view ") and live.get(name, {}).get("definition") not in (None, of["definition"])
    }
    if not texts:
        return {}
    rendered = rendered_views.render(connection, texts)
    return {name: {**shipped[name], "definition": text} for name, text in rendered.items()}


def _is_of_the_administrator(name: str, added: Properties, shipped: Catalog) -> bool:
    """Return whether an object was added that an administrator may add."""
    if name.startswith("index "):
        return not any(of in added for of in ("unique", "exclusion", "calls"))
    if name.startswith("grant "):
        if added["to"] in ("public", *_ROLES) or "grant_option" in added:
            return False
        relation = added.get("relation", "")
        on = parent_of(relation) or added["on"]
        return f"grant of {added['right']} on {on} to fax_reader" in shipped
    return False


def _changes(shipped: Properties, live: Properties) -> Iterator[str]:
    """Yield what differs between two versions of an object, in words."""
    for name in sorted(shipped.keys() | live.keys()):
        was, now, words = shipped.get(name), live.get(name), name.replace("_", " ")
        if was == now or (name == "column_order" and sorted(was or []) != sorted(now or [])):
            continue  # columns that are missing or were added are objects of their own
        if now is None:
            yield f"without {words}"
        elif was is None:
            yield f"with {words}" if now is True else f"with {words} {_as_text(now)}"
        elif max(len(_as_text(was)), len(_as_text(now))) > _LONGEST_VALUE:
            yield f"another {words}"
        else:
            yield f"{words} {_as_text(now)}, not {_as_text(was)}"


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
