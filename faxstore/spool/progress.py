"""How many entries of a spool were appended, so that it continues exactly where a database stops.

A spool has an id and counts the entries that it has discarded since it has this id.  The database stores the same count
in the transaction that appends them.  After a connect, settle() compares both:

- Equal: nothing to do.
- The database has the entries of one more append: the process ended between the commit and the discard, or the outcome
  of the commit was unknown.  They are discarded; nothing is appended twice.
- The database has fewer: it is a promoted standby, a restored backup or another database.  The entries that it lacks
  are queued again, if they are still retained.

From then on the two databases differ, so the spool continues under a new id.  It remembers its former ids with the
place at which each begins: a database that knows only a former one has the same entries up to the place at which the
next one begins.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID, uuid4

from faxstore.counted import counted

log = logging.getLogger(__name__)

SCHEMA = """
create table if not exists kept (ordinal integer primary key, key integer not null, body blob not null);
create table if not exists progress (
    place integer primary key, spool_id text not null, began integer not null, appended integer not null
);
"""
"""`kept` has the discarded entries that are retained, each with the number of entries discarded up to it.  `progress`
has the ids of the spool, the current one last: how many entries were discarded when it began, and since then."""

MOST_IDS = 1_000
"""Ids that are remembered, the newest: each failover that lost rows adds one per CHUNK of them."""

CHUNK = 2_000
"""Most entries that are queued again in one transaction, during which a writer waits."""

Runs = list[tuple[int, int]]
"""Keys in ascending order, as the first and last key of each run of consecutive ones."""


class Progress(NamedTuple):
    """A spool by its id, and how many of its entries were appended under it."""

    spool_id: UUID
    appended: int


class StoredProgress(NamedTuple):
    """What a database has of a spool: the number of its entries, and the keys of those of the last append."""

    appended: int
    last_keys: Runs


class Step(NamedTuple):
    """One step towards a database; empty if the spool continues where the database stops."""

    appended: tuple[tuple[int, int], ...] = ()
    """Keys of entries that the database has and that must be discarded."""
    queued: int = 0
    """Number of entries that were queued again because the database lacks them."""
    lost: int = 0
    """Number of entries that the database lacks and that are no longer retained."""


class _Id(NamedTuple):
    place: int
    spool_id: UUID
    began: int
    appended: int

    @property
    def end(self) -> int:
        """Return how many entries were discarded in all by the end of it."""
        return self.began + self.appended


def prepare(database: sqlite3.Connection) -> None:
    """Create the tables, and the first id of a file that has none yet."""
    database.executescript(SCHEMA)
    database.execute(  # one statement, because another worker may open the file at this moment to add entries
        "insert into progress (spool_id, began, appended)"
        " select ?, (select coalesce(max(ordinal), 0) from kept), 0 where not exists (select 1 from progress)",
        [str(uuid4())],
    )


def ids(database: sqlite3.Connection) -> list[UUID]:
    """Return the ids of the spool, the current one first."""
    return [each.spool_id for each in _ids(database)]


def current(database: sqlite3.Connection) -> Progress:
    """Return the current id and its count."""
    (newest,) = _ids(database, 1)
    return Progress(newest.spool_id, newest.appended)


def discard(database: sqlite3.Connection, runs: Runs, spool_id: UUID | None, *, retain: bool) -> int:
    """Remove entries from the queue, within a transaction; return how many were discarded in all.

    They were appended under this id, None for the current one.  Under a former id they do not count: the file was
    replaced since.
    """
    (newest,) = _ids(database, 1)
    end = newest.end
    for first, last in runs:
        if retain:
            database.execute(
                "insert into kept (ordinal, key, body) select ? + row_number() over (order by key), key, body"
                " from entry where key between ? and ?",
                (end, first, last),
            )
        database.execute("delete from entry where key between ? and ?", (first, last))
        end += last - first + 1
    counts = "appended" if spool_id in (None, newest.spool_id) else "began"
    database.execute(f"update progress set {counts} = {counts} + ? where place = ?", (count(runs), newest.place))
    return end


def settle(database: sqlite3.Connection, stored: Mapping[UUID, StoredProgress]) -> Step:
    """Take one step to where a database stops, which has stored this of the ids of the spool."""
    (newest,) = _ids(database, 1)
    known = stored.get(newest.spool_id)
    if known is not None and known.appended > newest.appended:
        return _last_append(database, newest, known)
    return _step_back(database, newest, shared(database, stored))


def shared(database: sqlite3.Connection, stored: Mapping[UUID, StoredProgress]) -> int:
    """Return how many of the first discarded entries a database has for certain."""
    ids = _ids(database)
    place = next((place for place, each in enumerate(ids) if each.spool_id in stored), None)
    if place is None:
        appended_before = any(each.appended for each in ids)
        return 0 if appended_before else ids[0].end
    in_database = ids[place].began + stored[ids[place].spool_id].appended
    return min(in_database, *(each.began for each in ids[:place]), ids[0].end)


def _last_append(database: sqlite3.Connection, newest: _Id, stored: StoredProgress) -> Step:
    """Return the keys of the last append, which were not discarded."""
    ahead, runs = stored.appended - newest.appended, stored.last_keys
    between = "select count(*) from entry where key between ? and ?"
    if sum(database.execute(between, run).fetchone()[0] for run in runs) == count(runs) == ahead:
        return Step(appended=tuple(runs))
    lacks = counted(ahead, "appended records")
    log.error("spool: this is an old copy of the file, which lacks %s; using a new id", lacks)
    with transaction(database):
        _begin_id(database, newest.end)
    return Step()


def _step_back(database: sqlite3.Connection, newest: _Id, end: int) -> Step:
    """Queue entries again that were discarded after the first `end` ones; the last ones first."""
    if newest.end <= end:
        return Step()
    at = max(end, newest.end - CHUNK)
    with transaction(database):
        rows = database.execute("select key, body from kept where ordinal > ?", (at,)).fetchall()
        database.execute("delete from kept where ordinal > ?", (at,))
        database.executemany("insert or ignore into entry (key, body) values (?, ?)", rows)
        _begin_id(database, at)
    return Step(queued=len(rows), lost=newest.end - at - len(rows))


def _begin_id(database: sqlite3.Connection, began: int) -> None:
    database.execute("insert into progress (spool_id, began, appended) values (?, ?, 0)", (str(uuid4()), began))
    database.execute("delete from progress where place <= (select max(place) from progress) - ?", (MOST_IDS,))


def _ids(database: sqlite3.Connection, limit: int = -1) -> list[_Id]:
    """Return the ids, the current one first."""
    query = "select place, spool_id, began, appended from progress order by place desc limit ?"
    return [_Id(place, UUID(name), *counts) for place, name, *counts in database.execute(query, (limit,))]


def runs_of(keys: Iterable[int]) -> Runs:
    """Return the runs of consecutive keys."""
    runs: Runs = []
    for key in sorted(set(keys)):
        if runs and key == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], key)
        else:
            runs.append((key, key))
    return runs


def count(runs: Runs) -> int:
    """Return the number of keys in runs."""
    return sum(last - first + 1 for first, last in runs)


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Commit what the block writes, or roll it back."""
    database.execute("begin immediate")
    try:
        yield
        database.execute("commit")
    except BaseException:
        if database.in_transaction:  # a full disk has already ended it
            database.execute("rollback")
        raise
