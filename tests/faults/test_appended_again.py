"""Rows that a promoted standby lacks are appended again: given recordings, expect the same history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.capture import recording as capture
from faxstore.ingest.drain import Drain
from faxstore.observations import encode
from faxstore.reader.line_reader import LineReader
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
from faxstore.store.spool_progress import stored_progress
from tests.kit import truth
from tests.kit.databases import fresh, name_of

EVERYTHING = {
    "session_history": "select {all} from fax.session_history t order by session_id, observed_at",
    "session": "select {all} from fax.session t order by session_id",
    "epoch": "select {all} from fax.epoch t order by epoch_id",
    "server_history": "select {all} from fax.server_history t order by server, observed_at, event",
    "rejected_message": "select {all} from fax.rejected_message t order by server, observed_at, digest",
}


def bodies(name: str) -> list[bytes]:
    """Encode the records of a recording, as the ingestor does."""
    line_reader = LineReader("pbx")
    return [encode(record) for line in capture.read(str(truth.path(name))) for record in line_reader.feed(line)]


def append_all(spool: Spool, dsn: str) -> tuple[int, int]:
    """Append everything in the spool; return the numbers of new rows and repeats."""
    rows = repeats = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        spool.settle(stored_progress(connection, spool.ids()))
        drain = Drain(spool, lambda: Appender(connection, "host1"))
        while (appended := drain.step(100)) is not None:
            rows, repeats = rows + appended.rows, repeats + appended.repeats
    return rows, repeats


def stored(dsn: str) -> dict[str, list[Any]]:
    """Return all stored rows without their positions and ordinals: those of lost rows are assigned again."""
    with psycopg.connect(dsn, autocommit=True) as database:
        row = "to_jsonb(t) - 'position' - 'ordinal'"
        return {name: database.execute(query.format(all=row)).fetchall() for name, query in EVERYTHING.items()}


@pytest.mark.parametrize("part", [0.2, 0.8])
@pytest.mark.parametrize("name", ["bad-page-16", "failures-22", "restart-22", "gateway-22"])
def test_the_history_is_the_same_wherever_the_standby_stopped(
    server: str, dsn: str, tmp_path: Path, name: str, part: float
) -> None:
    records = bodies(name)
    half = int(len(records) * part)
    spool = Spool(tmp_path / "spool.sqlite", synchronous="off")
    spool.put(records[:half])
    append_all(spool, dsn)
    with fresh(server, name_of(dsn)) as standby:  # the standby has these rows
        spool.put(records[half:])
        append_all(spool, dsn)
        expected = stored(dsn)
        rows, repeats = append_all(spool, standby)
        assert rows > 0
        assert repeats == 0
        assert stored(standby) == expected
        with psycopg.connect(standby) as database:
            gapless = database.execute(
                "select count(*), max(position), count(distinct position) from fax.session_history"
            )
            assert len(set(gapless.fetchall()[0])) == 1
    assert append_all(spool, dsn) == (0, rows)  # back on the primary, everything since the failover is a repeat
    assert stored(dsn) == expected
    spool.close()
