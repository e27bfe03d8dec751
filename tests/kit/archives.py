"""A month that is archived, dropped and restored, as the command does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import psycopg
from msgspec.structs import replace

from faxstore.archive import archiving, dropping, restoring
from faxstore.archive.proofs import ArchivedRows
from faxstore.log import prove
from faxstore.observations import Observation
from faxstore.store.append import Appended
from faxstore.store.compaction import merge_all_rollups, write_all_days, write_all_totals
from faxstore.store.database import connect
from tests.kit.given import append, life
from tests.kit.log_faxes import fax
from tests.kit.packing import pack

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
"""Months of the faxes of `history`."""

_DAY = 86_400


def history(
    connection: psycopg.Connection,
    faxes: int = 40,
    servers: Sequence[str] = ("pbx",),
    *,
    snapshots: int = 10,
    late: bool = False,
) -> Appended:
    """Appends faxes of two months: one block of the log has rows of the first month only, another those of both.

    `late` appends those of the first fax again, with one snapshot more.
    """
    numbers = range(1 if late else faxes)
    for number in sorted(numbers, key=lambda number: number % 2):
        of = life(servers[number // 2 % len(servers)], -70 * _DAY)
        begin = number * 60 - 62 * _DAY + number % 2 * 31 * _DAY
        rows = [record for record in fax(number, begin, snapshots) if isinstance(record, Observation)]
        if late:
            rows.append(replace(rows[3], observed_at=rows[3].observed_at + 1, page_number=9, pages_received=8))
        appended = append(connection, [replace(row, life=of) for row in rows])
    return appended


def compacted(connection: psycopg.Connection) -> None:
    """Writes totals and packs of all sessions."""
    write_all_totals(connection, 0, lambda _: None)
    merge_all_rollups(connection)
    write_all_days(connection)
    pack(connection)


def archived(dsn: str, folder: Path, month: date = SEPTEMBER) -> list[Path]:
    """Archives a month; returns its files."""
    with connect(dsn) as connection:
        return [file.path() for file in archiving.archive(connection, month, folder, lambda _: None)]


def dropped(dsn: str, month: date = SEPTEMBER) -> int:
    """Drops a month; returns its rows."""
    with connect(dsn) as connection:
        return dropping.drop(connection, month, None, None, "a test")


def restored(dsn: str, month: date = SEPTEMBER) -> int:
    """Restores a month; returns its rows."""
    with connect(dsn) as connection:
        return restoring.restore(connection, month, None, lambda _: None)


def proof(dsn: str, position: int) -> dict[str, object]:
    """Proves a row, wherever it is."""
    with connect(dsn) as connection:
        sealed, text = prove.checkpoint(connection, None)
        return prove.inclusion(connection, position, sealed, text, ArchivedRows(connection, None).entries)
