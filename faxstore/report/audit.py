"""`faxstore report audit`: what the history proves about a period, section by section, for an auditor.

Each section is the answer of one query (audit_sections); all queries see the database as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TextIO

from psycopg.rows import dict_row
from rich.console import Console

from faxstore import sql
from faxstore.export.rows import fetch_statement
from faxstore.report.audit_sections import SECTIONS, Section
from faxstore.report.columns import cell_text
from faxstore.report.formats import Row, write_json
from faxstore.report.screen import Screen
from faxstore.settings.period import Period
from faxstore.store.database import Connection, one_moment
from faxstore.store.known_values import known_servers, require_servers
from faxstore.store.period import resolve

TITLE = "Audit of the fax history"
NOTHING = "Nothing is on record: no server was observed, and no recording was imported."


@dataclass(frozen=True)
class Scope:
    """What the report is about."""

    period: Period
    """With absolute bounds."""
    local_bounds: tuple[str, str]
    """The bounds as text, in the time zone of the period."""
    made_at: datetime
    servers: Sequence[str]


@dataclass(frozen=True)
class Audit:
    """The whole report."""

    scope: Scope
    rows: Mapping[str, Sequence[Row]]
    """The rows of each section of SECTIONS, by its name."""


def print_audit(connection: Connection, period: Period, servers: Sequence[str], screen: Screen) -> None:
    """Print the report about a bounded period and these servers, or all servers if none is named.

    It is printed section by section, while the rows arrive.  Raises UsageError for an unknown server or time zone.
    """
    with one_moment(connection):
        scope = scope_of(connection, period, servers)
        screen.line(TITLE)
        for line in head_of(scope):
            screen.line(line)
        for section in SECTIONS:
            _print_section(screen, section, scope, rows_of(connection, section, scope))


def gather(connection: Connection, period: Period, servers: Sequence[str]) -> Audit:
    """Query all sections in one read-only transaction, so that rows appended meanwhile are in none of them."""
    with one_moment(connection):
        scope = scope_of(connection, period, servers)
        rows = {}
        with Console(stderr=True).status("") as status:  # a progress line on a terminal, nothing in a pipe
            for section in SECTIONS:
                status.update(f"{section.title.lower()} ...")
                rows[section.name] = list(rows_of(connection, section, scope))
        return Audit(scope, rows)


def scope_of(connection: Connection, period: Period, servers: Sequence[str]) -> Scope:
    """What a report about this period is about.  Raises UsageError for an unknown server or time zone."""
    absolute = resolve(connection, period)
    require_servers(connection, servers)
    selected = [name for name in known_servers(connection) if not servers or name in servers]
    (made_at,) = connection.execute("select now()").fetchall()[0]
    return Scope(absolute, _local_bounds(connection, absolute), made_at, selected)


def rows_of(connection: Connection, section: Section, scope: Scope) -> Iterator[Row]:
    """All rows of a section, as they arrive."""
    parameters = {"since": scope.period.since, "until": scope.period.until, "servers": scope.servers}
    return fetch_statement(connection, sql.text(f"queries/audit/{section.name}"), parameters, dict_row)


def _local_bounds(connection: Connection, period: Period) -> tuple[str, str]:
    connection.execute("select set_config('TimeZone', %s, true)", [period.time_zone])
    local = "to_char(%s::timestamptz, 'YYYY-MM-DD HH24:MI:SSTZHTZM')"
    since, until = connection.execute(f"select {local}, {local}", [period.since, period.until]).fetchall()[0]
    return since, until


def _print_section(screen: Screen, section: Section, scope: Scope, rows: Iterator[Row]) -> None:
    screen.line()
    screen.line(section.title)
    screen.line(section.meaning)
    shown = Shown(section, scope, rows)
    first = next(shown, None)
    if first is not None:
        screen.table(chain([first], shown), section.columns)
    for line in shown.rest():
        screen.line(line)


class Shown(Iterator[Row]):
    """The rows of a section that have something to report, for its table."""

    def __init__(self, section: Section, scope: Scope, rows: Iterable[Row]) -> None:
        self._section, self._scope = section, scope
        self._rows = (row for row in rows if section.is_reported(row, scope.period))
        self._servers: set[str] = set()  # those with a row; not empty after the first row

    def __next__(self) -> Row:
        row = next(self._rows)
        self._servers.add(row.get("server", ""))
        return row

    def rest(self) -> Iterator[str]:
        """After the last row, a line that counts what the table does not have: the servers without a row in it."""
        if self._section.is_by_server and self._scope.servers:
            others = len(set(self._scope.servers) - self._servers)
            if others:
                yield f"{others:,} {'server' if others == 1 else 'servers'}: nothing"
        elif not self._servers:
            yield "none"


def head_of(scope: Scope) -> Iterator[str]:
    """The lines below the title."""
    period, (local_since, local_until) = scope.period, scope.local_bounds
    in_zone = "" if period.time_zone == "UTC" else f"  ({{}} {period.time_zone})"
    yield f"from     {cell_text(period.since)} UTC{in_zone.format(local_since)}"
    yield f"to       {cell_text(period.until)} UTC{in_zone.format(local_until)}, not included"
    yield f"made     {cell_text(scope.made_at)} UTC; all times are UTC; an empty cell is unknown or not measurable"
    yield f"servers  {cell_text(scope.servers)}" if scope.servers else NOTHING


def write_audit_json(connection: Connection, period: Period, servers: Sequence[str], out: TextIO) -> None:
    """Write the report as one JSON document, with every row of every section.  Raises UsageError as `print_audit`."""
    report = gather(connection, period, servers)
    document = {
        "report": "audit",
        "from": report.scope.period.since,
        "to": report.scope.period.until,
        "time_zone": report.scope.period.time_zone,
        "made_at": report.scope.made_at,
        "servers": report.scope.servers,
        "sections": {
            section.name: {"meaning": section.meaning, "rows": report.rows[section.name]} for section in SECTIONS
        },
    }
    write_json(document, out)
