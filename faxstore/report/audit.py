"""`faxstore report audit`: what an auditor asks of a period, each answer by one query, all of the same moment."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row
from rich.text import Text

from faxstore import sql
from faxstore.errors import UsageError
from faxstore.report.audit_sections import SECTIONS, Section
from faxstore.report.formats import Row, write_json
from faxstore.report.tables import console, shown, table
from faxstore.store.database import Connection, one_moment

NOTHING = "Nothing is on record: no server was watched, and no recording imported."
NONE = "none"


@dataclass(frozen=True)
class Period:
    """From a moment on, and before another; as it was asked for in a time zone."""

    since: datetime
    until: datetime
    zone: ZoneInfo


@dataclass(frozen=True)
class Answer:
    """A section with its rows."""

    section: Section
    rows: Sequence[Row]


@dataclass(frozen=True)
class Audit:
    """The whole report."""

    period: Period
    made_at: datetime
    servers: Sequence[str]
    answers: Sequence[Answer]


def audit(connection: Connection, period: Period, servers: Sequence[str], *, as_json: bool = False) -> None:
    """Prints the report of these servers, or of all where none is named.  Raises UsageError for one not on record."""
    found = gathered(connection, period, servers)
    _as_json(found, sys.stdout) if as_json else _as_text(found, sys.stdout)


def gathered(connection: Connection, period: Period, servers: Sequence[str]) -> Audit:
    """Asks all of it in one transaction that only reads: rows that come meanwhile are in no section, not in some."""
    with one_moment(connection):
        known = [row["server"] for row in _ask(connection, "known_servers", {})]
        chosen = _chosen(servers, known)
        (made_at,) = connection.execute("select now()").fetchall()[0]
        answers = list(_answers(connection, {"since": period.since, "until": period.until, "servers": chosen}))
    return Audit(period, made_at, chosen, answers)


def _chosen(servers: Sequence[str], known: list[str]) -> list[str]:
    for name in servers:
        if name not in known:
            raise UsageError(f"--server {name}: nothing is on record of it; there is {', '.join(known) or 'no server'}")
    return [name for name in known if not servers or name in servers]


def _answers(connection: Connection, asked: dict[str, Any]) -> Iterator[Answer]:
    screen = console(sys.stderr)
    with screen.status("") as status:  # moves on a terminal, says nothing in a pipe
        for section in SECTIONS:
            status.update(f"{section.title.lower()} ...")
            yield Answer(section, _ask(connection, section.name, asked))


def _ask(connection: Connection, name: str, asked: dict[str, Any]) -> list[Row]:
    cursor = connection.cursor(row_factory=dict_row)
    return list(cursor.execute(sql.text(f"queries/audit/{name}"), asked))


def _as_text(found: Audit, out: TextIO) -> None:
    screen = console(out)
    for line in _head(found):
        screen.print(Text(line))
    for answer in found.answers:
        screen.print()
        screen.print(Text(answer.section.title, style="bold"))
        screen.print(Text(answer.section.meaning))
        if answer.rows:
            screen.print(table(answer.rows, answer.section.columns))
        else:
            screen.print(Text(NONE))


def _head(found: Audit) -> Iterator[str]:
    period = found.period
    yield "Audit of the history of faxes"
    yield f"from  {shown(period.since)} UTC  ({_local(period.since, period.zone)})"
    yield f"to    {shown(period.until)} UTC  ({_local(period.until, period.zone)}), not included"
    yield f"made  {shown(found.made_at)} UTC; all times below are UTC; empty: not known, or not measurable"
    if found.servers:
        yield f"of    {shown(found.servers)}"
    else:
        yield NOTHING


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S%z} {zone.key}"


def _as_json(found: Audit, out: TextIO) -> None:
    document = {
        "report": "audit",
        "from": found.period.since,
        "to": found.period.until,
        "time_zone": found.period.zone.key,
        "made_at": found.made_at,
        "servers": list(found.servers),
        "sections": {
            answer.section.name: {"meaning": answer.section.meaning, "rows": list(map(dict, answer.rows))}
            for answer in found.answers
        },
    }
    write_json(document, out)
