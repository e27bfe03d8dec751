"""`faxstore report audit --format html`: the audit report as a page, whose rows are written while they arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from faxstore.report.audit import TITLE, Scope, Shown, head_of, rows_of, scope_of
from faxstore.report.audit_sections import SECTIONS
from faxstore.report.html.document import rendered
from faxstore.report.html.tables import Table, table
from faxstore.settings.period import Period
from faxstore.store.database import Connection, one_moment


class _Section(NamedTuple):
    """What the template shows of a section."""

    title: str
    meaning: str
    table: Table
    rows: Shown


def write_audit(connection: Connection, period: Period, servers: Sequence[str], out: TextIO) -> None:
    """Write the page.  Raises UsageError for an unknown server or time zone."""
    with one_moment(connection):
        scope = scope_of(connection, period, servers)
        content = {"title": TITLE, "head": head_of(scope), "sections": _sections(connection, scope)}
        for piece in rendered("audit.html", **content):
            out.write(piece)


def _sections(connection: Connection, scope: Scope) -> Iterator[_Section]:
    """Each section when the one before has been written, because one query runs at a time."""
    for section in SECTIONS:
        rows = Shown(section, scope, rows_of(connection, section, scope))
        yield _Section(section.title, section.meaning, table(rows, section.columns), rows)
