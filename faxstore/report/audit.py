"""`faxstore report audit`: what the history proves about a period, section by section, for an auditor.

Each section is the answer of one query (audit_sections); all queries see the database as of one moment.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from psycopg.rows import dict_row
from rich.console import Console

from faxstore import sql
from faxstore.report.audit_sections import SECTIONS, Section
from faxstore.report.columns import cell_text
from faxstore.report.formats import Row, write_json
from faxstore.report.screen import Screen
from faxstore.settings.period import Period
from faxstore.store.database import Connection, one_moment
from faxstore.store.known_values import known_servers, require_servers
from faxstore.store.period import resolve

NOTHING = "Nothing is on record: no server was observed, and no recording was imported."


@dataclass(frozen=True)
class Audit:
    """The whole report."""

    period: Period
    """With absolute bounds."""
    local_bounds: tuple[str, str]
    """The bounds as text, in the time zone of the period."""
    made_at: datetime
    servers: Sequence[str]
    rows: Mapping[str, Sequence[Row]]
    """The rows of each section of SECTIONS, by its name."""


def audit(
    connection: Connection, period: Period, servers: Sequence[str], screen: Screen, *, as_json: bool = False
) -> None:
    """Print the report about a bounded period and these servers, or all servers if none is named.

    Raises UsageError for an unknown server or time zone.
    """
    report = gather(connection, period, servers)
    if as_json:
        _as_json(report, sys.stdout)
    else:
        _as_text(report, screen)


def gather(connection: Connection, period: Period, servers: Sequence[str]) -> Audit:
    """Query all sections in one read-only transaction, so that rows appended meanwhile are in none of them."""
    with one_moment(connection):
        absolute = resolve(connection, period)
        require_servers(connection, servers)
        selected = [name for name in known_servers(connection) if not servers or name in servers]
        (made_at,) = connection.execute("select now()").fetchall()[0]
        parameters = {"since": absolute.since, "until": absolute.until, "servers": selected}
        rows = {}
        with Console(stderr=True).status("") as status:  # a progress line on a terminal, nothing in a pipe
            for section in SECTIONS:
                status.update(f"{section.title.lower()} ...")
                rows[section.name] = _query(connection, section.name, parameters)
        return Audit(absolute, _local_bounds(connection, absolute), made_at, selected, rows)


def _query(connection: Connection, name: str, parameters: dict[str, Any]) -> list[Row]:
    cursor = connection.cursor(row_factory=dict_row)
    return list(cursor.execute(sql.text(f"queries/audit/{name}"), parameters))


def _local_bounds(connection: Connection, period: Period) -> tuple[str, str]:
    connection.execute("select set_config('TimeZone', %s, true)", [period.time_zone])
    local = "to_char(%s::timestamptz, 'YYYY-MM-DD HH24:MI:SSTZHTZM')"
    since, until = connection.execute(f"select {local}, {local}", [period.since, period.until]).fetchall()[0]
    return since, until


def _as_text(report: Audit, screen: Screen) -> None:
    for line in _head(report):
        screen.line(line)
    for section in SECTIONS:
        screen.line()
        screen.line(section.title)
        screen.line(section.meaning)
        rows = [row for row in report.rows[section.name] if section.is_reported(row, report.period)]
        if rows:
            screen.table(rows, section.columns)
        for line in _rest(section, rows, report.servers):
            screen.line(line)


def _rest(section: Section, rows: Sequence[Row], servers: Sequence[str]) -> Iterator[str]:
    """A line that counts what the table does not have: the servers without a row in it."""
    if section.is_by_server and servers:
        others = len(set(servers) - {row["server"] for row in rows})
        if others:
            yield f"{others:,} {'server' if others == 1 else 'servers'}: nothing"
    elif not rows:
        yield "none"


def _head(report: Audit) -> Iterator[str]:
    period, (local_since, local_until) = report.period, report.local_bounds
    yield "Audit of the fax history"
    in_zone = "" if period.time_zone == "UTC" else f"  ({{}} {period.time_zone})"
    yield f"from     {cell_text(period.since)} UTC{in_zone.format(local_since)}"
    yield f"to       {cell_text(period.until)} UTC{in_zone.format(local_until)}, not included"
    yield f"made     {cell_text(report.made_at)} UTC; all times are UTC; an empty cell is unknown or not measurable"
    yield f"servers  {cell_text(report.servers)}" if report.servers else NOTHING


def _as_json(report: Audit, out: TextIO) -> None:
    document = {
        "report": "audit",
        "from": report.period.since,
        "to": report.period.until,
        "time_zone": report.period.time_zone,
        "made_at": report.made_at,
        "servers": report.servers,
        "sections": {
            section.name: {"meaning": section.meaning, "rows": report.rows[section.name]} for section in SECTIONS
        },
    }
    write_json(document, out)
