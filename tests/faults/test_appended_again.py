"""What a promoted standby lacks is appended again, with all that was kept: given recordings, expect one history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.capture import recording as capture
from faxstore.ingest.drain import Drain
from faxstore.observations import encode
from faxstore.reader.line_reader import Tracker
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
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
    """The records of a recording, as the ingestor would put them."""
    tracker = Tracker("pbx")
    return [encode(record) for line in capture.read(str(truth.path(name))) for record in tracker.feed(line)]


def carry(spool: Spool, dsn: str) -> tuple[int, int]:
    """Takes everything there; rows that were new, and repeats."""
    rows = repeats = 0
    with psycopg.connect(dsn, autocommit=True) as connection:
        drain = Drain(spool, lambda: Appender(connection, "host1"))
        while (appended := drain.step(100)) is not None:
            rows, repeats = rows + appended.rows, repeats + appended.repeats
    return rows, repeats


def stored(dsn: str) -> dict[str, list[Any]]:
    """All that is in the store, but for positions: those of the lost rows were given out again."""
    with psycopg.connect(dsn, autocommit=True) as database:
        row = "to_jsonb(t) - 'position'"
        return {name: database.execute(query.format(all=row)).fetchall() for name, query in EVERYTHING.items()}


@pytest.mark.parametrize("part", [0.2, 0.8])
@pytest.mark.parametrize("name", ["bad-page-16", "failures-22", "restart-22", "gateway-22"])
def test_the_history_is_the_same_wherever_the_standby_stopped(
    server: str, dsn: str, tmp_path: Path, name: str, part: float
) -> None:
    records = bodies(name)
    half = int(len(records) * part)
    spool = Spool(tmp_path / "spool.sqlite", synchronous="off")
    spool.takes_to("a/1")
    spool.put(records[:half])
    carry(spool, dsn)
    with fresh(server, name_of(dsn)) as standby:  # so far it had come
        spool.put(records[half:])
        carry(spool, dsn)
        expected = stored(dsn)
        assert spool.takes_to("a/2") > 0
        rows, repeats = carry(spool, standby)
        assert rows > 0
        assert repeats > 0 or half < 20
        assert stored(standby) == expected
        with psycopg.connect(standby) as database:
            gapless = database.execute(
                "select count(*), max(position), count(distinct position) from fax.session_history"
            )
            assert len(set(gapless.fetchall()[0])) == 1
    spool.takes_to("a/1")
    assert carry(spool, dsn)[0] == 0  # and back: all of it is known
    assert stored(dsn) == expected
    spool.close()
