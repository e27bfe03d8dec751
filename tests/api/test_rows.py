"""The types of the rows are those of the views, and a field that cannot be None never is."""

from __future__ import annotations

import dataclasses
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import psycopg

import faxstore
from docs.reference import row_types


def test_the_modules_are_up_to_date(database: psycopg.Connection) -> None:
    for name, text in row_types.modules(database).items():
        assert (row_types.FOLDER / f"{name}.py").read_text() == text, "run make docs"


def test_each_value_has_the_type_of_its_field(store: faxstore.Store) -> None:
    sessions = list(store.sessions())
    details = [store.session(session.session_id) for session in sessions]
    rows: list[Any] = [*sessions, *store.jobs(), *store.usage()]
    rows += [row for one in details for row in (*one.pages, *one.timeline)]
    kinds = {type(row) for row in rows}
    assert kinds == {faxstore.Session, faxstore.Job, faxstore.Usage, faxstore.Page, faxstore.Change}
    types = {kind: get_type_hints(kind) for kind in kinds}
    wrong = {
        (type(row).__name__, field.name)
        for row in rows
        for field in dataclasses.fields(row)
        if not has_type(getattr(row, field.name), types[type(row)][field.name])
    }
    assert wrong == set()


def has_type(value: object, kind: Any) -> bool:
    allowed = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return any(isinstance(value, get_origin(one) or one) for one in allowed)
