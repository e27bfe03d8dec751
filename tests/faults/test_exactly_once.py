"""Wherever the ingestor ends, whatever it learns of a commit: every record is appended once, in the same sessions."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from faxstore.ingest.drain import Drain
from faxstore.observations import MICROSECONDS, Hangup, Life, Listing, Observation, encode
from faxstore.spool.queue import Spool
from faxstore.store.append import Appender
from faxstore.store.spool_progress import stored_progress
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import LIFE, NOON, carrying, snapshot
from tests.kit.database_proxy import Link, Proxy
from tests.kit.databases import fresh
from tests.kit.generated_servers import Server, servers

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "25"))
"""More by hand: FAXSTORE_TEST_EXAMPLES=500."""


def event(name: str, seconds: float, **details: str) -> bytes:
    at = NOON + round(seconds * MICROSECONDS)
    return encode(Observation(LIFE, at, name, channel="PJSIP/a-7", uniqueid="1.2", details=dict(details)))


def sets(seconds: float, **variable: str) -> bytes:
    ((name, value),) = variable.items()
    return event("VarSet", seconds, Variable=name, Value=value)


FAX = [
    sets(0.1, FAXSTATUS="FAILED"),
    sets(0.2, FAXERROR="INIT_ERROR"),
    sets(0.3, FAXSTATUSSTRING="error starting fax session"),
    event("FAXStatus", 0.4, Status="Allocating Resources"),
    snapshot(1),
    snapshot(2),
    sets(2.1, FAXSTATUS="SUCCESS"),
    sets(2.2, FAXSTATUSSTRING="OK"),
    event("SendFAX", 2.3),
    sets(2.4, FAXSTATUS="FAILED"),
    sets(2.5, FAXERROR="INIT_ERROR"),
    sets(2.6, FAXSTATUSSTRING="error starting fax session"),
]
"""One fax, and the first variables of the next one on its channel, which wait."""


def counted(database: psycopg.Connection) -> int:
    """Return how many records of all spools were appended, by the count that each append adds to."""
    row = database.execute("select coalesce(sum(appended), 0)::int from fax.spool_progress").fetchone()
    assert row is not None
    return int(row[0])


def is_counted(database: psycopg.Connection, expected: int) -> bool:
    return counted(database) == expected


def is_empty(spool: Spool) -> bool:
    return len(spool) == 0


def sessions(database: psycopg.Connection) -> list[tuple[object, ...]]:
    query = (
        "select s.session_number, count(*), count(distinct h.observed_at)::int from fax.session_history h"
        " join fax.session s using (session_id) group by s.session_id, s.session_number order by 1"
    )
    return database.execute(query).fetchall()


# -- one fax -----------------------------------------------------------------------------------------------

KILLED_BEFORE_A_DISCARD = """
import os, signal, sys
from pathlib import Path
from faxstore.ingest import carrier, drain
from faxstore.spool.queue import Spool

drain.BATCH = int(sys.argv[3])
discards = int(sys.argv[4])
discard = Spool.discard

def dies(spool, keys, progress):
    global discards
    if keys:
        discards -= 1
        if discards < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    discard(spool, keys, progress)

Spool.discard = dies
carrier = carrier.Carrier(sys.argv[2], Spool(Path(sys.argv[1])), "host1")
carrier.start()
carrier.stop(within=60)
"""


@pytest.mark.parametrize(("size", "discards"), [(12, 0), (5, 0), (5, 1), (3, 1), (1, 0), (1, 4)])
def test_killed_between_the_commit_and_the_discard(
    dsn: str, database: psycopg.Connection, tmp_path: Path, size: int, discards: int
) -> None:
    path = tmp_path / "spool.sqlite"
    with closing(Spool(path)) as spool:
        spool.put(FAX)
    command = [sys.executable, "-c", KILLED_BEFORE_A_DISCARD, str(path), dsn, str(size), str(discards)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    appended = counted(database)
    assert appended > 0
    with closing(Spool(path)) as spool:
        assert len(spool) > len(FAX) - appended, "nothing was left to discard"
        with carrying(dsn, spool):
            wait_until(lambda: len(spool) == 3)
    assert counted(database) == len(FAX) - 3
    assert sessions(database) == [(7, 9, 9)]


@pytest.mark.parametrize("lost", [1, 2, 4])
def test_the_outcome_of_a_commit_is_unknown(
    proxy: Proxy, database: psycopg.Connection, spool: Spool, lost: int
) -> None:
    """The connection ends before the answer to this commit arrives."""
    commits = 0

    def loses_an_answer(link: Link, data: bytes) -> None:
        nonlocal commits
        if b"COMMIT" in data:
            commits += 1
            link.answers_lost = commits == lost

    proxy.on_sent = loses_an_answer
    with carrying(proxy.dsn, spool):
        for record, expected in zip(FAX, [0, 0, 0, 0, 5, 6, 7, 8, 9, 9, 9, 9], strict=True):
            spool.put([record])
            wait_until(partial(is_counted, database, expected))
        wait_until(lambda: len(spool) == 3)
    assert sum(link.lost for link in proxy.links) == 1
    assert sessions(database) == [(7, 9, 9)]


def test_a_lost_spool_file_begins_anew(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    for record in (snapshot(1), snapshot(2)):
        with closing(Spool(path)) as spool:
            spool.put([record])
            with carrying(dsn, spool):
                wait_until(partial(is_empty, spool))
        for each in tmp_path.glob("spool.sqlite*"):
            each.unlink()
    assert database.execute("select appended, last_keys from fax.spool_progress").fetchall() == [(1, [1, 1])] * 2
    assert sessions(database) == [(7, 2, 2)]


# -- generated calls ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


class Ingestor:
    """A spool and the database it goes to, with kills: a new process begins with what the spool and database have."""

    def __init__(self, dsn: str, path: Path) -> None:
        self._dsn, self._path = dsn, path
        self._begin()

    def _begin(self) -> None:
        self.spool = Spool(self._path, synchronous="off")
        self._connection = psycopg.connect(self._dsn, autocommit=True)
        self.spool.settle(stored_progress(self._connection, self.spool.ids()))
        self._drain = Drain(self.spool, lambda: Appender(self._connection, "host1"))

    def step(self, limit: int, kill: str) -> None:
        """Append a batch; the process is killed before it, between its commit and the discard, or not at all."""
        discard = self.spool.discard
        with suppress(Killed):
            if kill == "before":
                raise Killed
            if kill == "between":
                self.spool.discard = _is_killed  # type: ignore[method-assign, assignment]
            try:
                self._drain.step(limit)
            finally:  # a step without entries discards none, so nothing is killed
                self.spool.discard = discard  # type: ignore[method-assign]
            return
        self.close()
        self._begin()

    def append_all(self) -> None:
        """Append what is left."""
        while self._drain.step() is not None:
            pass

    def close(self) -> None:
        """End the process."""
        self.spool.close()
        self._connection.close()


def _is_killed(*_: object) -> None:
    raise Killed


def records_of(server: Server, life: Life) -> list[Observation | Hangup | Listing]:
    """Return the records of a server under another name; a list long after its last event ends what waits."""
    records = [replace(event.record, life=life) for event in server.events]
    last = server.events[-1].at if server.events else 0
    return [*records, Listing(life, last + 1_000 * MICROSECONDS, ())]


def faxes(database: psycopg.Connection, life: Life) -> tuple[dict[UUID, set[Any]], int]:
    """Return the rows of each session of a server, by time and event, and their number."""
    query = (
        "select h.session_id, h.observed_at, h.event, s.is_fax from fax.session_history h"
        " join fax.session s using (session_id) where s.server = %s"
    )
    found: dict[UUID, set[Any]] = defaultdict(set)
    rows = database.execute(query, [life.server]).fetchall()
    for session, *row in rows:
        found[session].add(tuple(row))
    return found, len(rows)


def partition(found: Iterable[set[Any]]) -> set[frozenset[Any]]:
    return {frozenset(rows) for rows in found}


@pytest.fixture(scope="module")
def shared_dsn(server: str, template: str) -> Iterator[str]:
    with fresh(server, template) as dsn:
        yield dsn


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(servers(), st.randoms(use_true_random=False))
def test_the_sessions_are_those_of_an_undisturbed_run(shared_dsn: str, server: Server, rng: random.Random) -> None:
    example = uuid4().hex
    calm, disturbed = Life(f"calm {example}", 0), Life(f"disturbed {example}", 0)
    forgets = server.forgets_at_a_restart or server.replaces_channels
    kills = ["no"] if forgets else ["no", "no", "before", "between", "between"]
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(shared_dsn, autocommit=True) as database:
        with closing(Ingestor(shared_dsn, Path(folder) / "calm.sqlite")) as ingestor:
            ingestor.spool.put(map(encode, records_of(server, calm)))
            ingestor.append_all()
        left = list(map(encode, records_of(server, disturbed)))
        total = len(left)
        with closing(Ingestor(shared_dsn, Path(folder) / "disturbed.sqlite")) as ingestor:
            while left:
                count = rng.choice([1, 3, 10, 40])
                ingestor.spool.put(left[:count])
                del left[:count]
                for _ in range(rng.choice([0, 1, 2])):
                    ingestor.step(rng.choice([1, 2, 7, 50]), rng.choice(kills))
            ingestor.append_all()
            progress = ingestor.spool.progress()
            assert progress.appended + len(ingestor.spool) == total
        stored = stored_progress(database, [progress.spool_id])
        assert stored[progress.spool_id].appended == progress.appended
        expected, rows = faxes(database, calm)
        found, found_rows = faxes(database, disturbed)
        assert partition(found.values()) == partition(expected.values())
        assert found_rows == rows
