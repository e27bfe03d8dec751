"""Restores a dropped month: its rows become packs again, in one transaction, after they were compared with the log."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import psycopg
from pyarrow import csv

from faxstore import sql
from faxstore.archive import entries, layout, months, reading
from faxstore.archive.comparison import LogComparison
from faxstore.errors import FaxstoreError
from faxstore.log import stored
from faxstore.store import packs
from faxstore.store.database import Connection

RULE = "faxstore partitions restore"

_PACKS = sql.text("queries/archive/restore_packs")
_FORGET = sql.text("queries/archive/forget_dropped")
_TABLE = "create temporary table restored (like fax.session_history) on commit drop"
_COPY = "copy pg_temp.restored from stdin (format csv)"
_COVERAGE = """
delete from fax.coverage_day d where d.day >= %(month)s and d.day <= (%(month)s::date + interval '1 month')::date
"""
_RECONCILIATION = """
select fax.forget_reconciliation(array_agg(s.server), array_agg(s.started_at), interval '1 day')
from fax.session s where s.session_id = any(%s)
"""
_CHECK_AGAIN = """
insert into fax.export_pending (session_id, consumer, started_at)
select s.session_id, b.consumer, s.started_at
from fax.session s cross join (select distinct consumer from fax.export_batch) b
where s.session_id = any(%s)
on conflict do nothing
"""
"""The next batch of each consumer checks sessions whose late rows it has passed over."""

_WRITE = csv.WriteOptions(include_header=False, quoting_style="needed")


def restore(
    connection: Connection, month: date, folder: Path | None, progress: Callable[[int], None], rule: str = RULE
) -> int:
    """Put the rows of a month back into the database, and return their number; `rule` is for the journal.

    Raises FaxstoreError if it is not dropped, or if a file is not as it was archived.
    """
    name = layout.month_name(month)
    with months.alone(connection):
        if not months.is_dropped(connection, month):
            raise FaxstoreError(f"{name} is not dropped: its rows are in the database")
        if months.is_deleted(connection, month):
            raise FaxstoreError(f"{name} was deleted, with its files, when its retention ended")
        files = months.require_files(connection, month)
        paths = [file.check(folder) for file in files]
        _make_partition(connection, month)
        with connection.transaction():
            connection.execute(_TABLE)
            compared = _load(connection, paths, progress)
            for first, last in compared.different:
                where = stored.position_range(first, last)
                raise FaxstoreError(f"{name} is not restored: {where} in its files not as sealed")
            if not months.has_positions(connection, month, compared.multirange()):
                raise FaxstoreError(f"{name} is not restored: its files do not have the rows that were dropped")
            _put_back(connection, month)
            months.note_files(connection, month, "restored", rule, files)
    return compared.rows


def _put_back(connection: Connection, month: date) -> None:
    """Make packs of the rows, and end what the database retained of them."""
    began, ends = layout.bounds(month)
    connection.execute("select fax.lock_log()")
    connection.execute("select fax.lock_packing()")
    connection.execute(_PACKS)
    connection.execute("delete from fax.dropped_leaf where month = %s", [month])
    connection.execute(_COVERAGE, {"month": month})
    connection.execute("delete from fax.dropped_month where month = %s", [month])
    connection.execute("select fax.lock_append()")
    ((stale,),) = connection.execute(_FORGET, {"began": began, "ends": ends}).fetchall()
    connection.execute("select fax.forget_totals(%s)", [stale])
    connection.execute(_RECONCILIATION, [stale])
    connection.execute(_CHECK_AGAIN, [stale])


def _load(connection: Connection, paths: Sequence[Path], progress: Callable[[int], None]) -> LogComparison:
    """Copy the rows into the temporary table, and compare them with the log."""
    comparison = LogComparison(connection, stored.newest_size(connection))
    for batch in reading.batches(paths):
        comparison.add(entries.positions(batch), entries.leaf_hashes(connection, batch))
        text = io.BytesIO()
        csv.write_csv(batch, text, _WRITE)  # NULL is empty, a text is quoted
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.write(text.getbuffer())
        progress(comparison.rows)
    comparison.finish()
    return comparison


def _make_partition(connection: Connection, month: date) -> None:
    """Create the partition of the packs.  Raises FaxstoreError if readers leave no moment for that for a minute."""
    began, _ = layout.bounds(month)
    if connection.execute("select to_regclass(%s)", [f"fax.session_pack_{month:%Y_%m}"]).fetchone() != (None,):
        return
    for _ in range(packs.ATTEMPTS):
        try:
            with connection.transaction():
                connection.execute("set local role fax_owner")
                connection.execute("set local lock_timeout = '100ms'")
                connection.execute("lock table fax.session_pack in access exclusive mode")
                connection.execute("select fax.make_partition(%s, 'session_pack')", [began])
            return
        except psycopg.errors.LockNotAvailable:
            time.sleep(packs.PAUSE)
    raise FaxstoreError("a query has been reading the history for a minute: restore again when it has ended")
