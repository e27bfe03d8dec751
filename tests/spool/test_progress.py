"""A spool continues exactly where a database stops: given what a database has of it, expect what is left to append."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copy
from uuid import UUID

import pytest

from faxstore.spool import progress
from faxstore.spool.progress import Progress, Step, StoredProgress, count, runs_of
from faxstore.spool.queue import Spool
from tests.kit.spool_disk import bodies

Database = dict[UUID, StoredProgress]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.sqlite"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool(path)) as spool:
        yield spool


def store(spool: Spool, database: Database, *keys: int) -> None:
    """Store an append of entries as fax.append() does, without discarding them."""
    spool_id, before = spool.progress()
    stored = database.get(spool_id, StoredProgress(0, [])).appended
    assert stored == before, "the database would refuse this append"
    database[spool_id] = StoredProgress(before + len(keys), runs_of(keys))


def append(spool: Spool, database: Database, *keys: int) -> None:
    """Append entries and discard them."""
    store(spool, database, *keys)
    spool.discard(keys)


def test_a_new_spool_begins_in_any_database(spool: Spool) -> None:
    spool.put([b"1", b"2"])
    assert spool.settle({}) == Step()
    assert spool.progress().appended == 0


def test_a_spool_counts_what_it_discards(spool: Spool, path: Path) -> None:
    spool.put([b"1", b"2", b"3"])
    spool.discard([1, 3])
    before = spool.progress()
    assert before.appended == 2
    spool.close()
    with closing(Spool(path)) as again:
        assert again.progress() == before


def test_what_was_appended_but_not_discarded_is_discarded(spool: Spool, path: Path) -> None:
    database: Database = {}
    spool.put(b"%d" % number for number in range(1, 8))
    append(spool, database, 1, 2)
    store(spool, database, 3, 5, 6)
    spool.close()  # the process ends here
    with closing(Spool(path)) as again:
        assert again.settle(database) == Step(appended=((3, 3), (5, 6)))
        assert bodies(again) == [b"4", b"7"]
        assert again.progress().appended == 5
        assert again.settle(database) == Step()
        append(again, database, 4, 7)


def test_a_standby_gets_exactly_what_it_lacks(spool: Spool) -> None:
    primary: Database = {}
    spool.put(b"%d" % number for number in range(1, 8))
    append(spool, primary, 1, 3)
    standby = dict(primary)
    append(spool, primary, 2, 4)
    append(spool, primary, 5)
    assert spool.settle(standby).queued == 3
    assert bodies(spool) == [b"2", b"4", b"5", b"6", b"7"]
    append(spool, standby, 2, 4, 5)
    assert spool.settle(standby) == Step()


def test_a_standby_of_the_standby_gets_exactly_what_it_lacks(spool: Spool) -> None:
    first: Database = {}
    spool.put(b"%d" % number for number in range(1, 8))
    append(spool, first, 1)
    third = dict(first)
    append(spool, first, 2)
    second = dict(first)
    append(spool, first, 3)
    spool.settle(second)
    append(spool, second, 3, 4)
    assert spool.settle(third).queued == 3
    assert bodies(spool) == [b"2", b"3", b"4", b"5", b"6", b"7"]
    append(spool, third, 2)
    assert spool.settle(third) == Step()


def test_back_on_a_former_primary_a_spool_continues_where_it_left_it(spool: Spool) -> None:
    """After that place both have rows that the other one lacks, in an order of their own."""
    former: Database = {}
    spool.put(b"%d" % number for number in range(1, 8))
    append(spool, former, 1, 2)
    promoted = dict(former)
    append(spool, former, 3, 4, 5)
    spool.settle(promoted)
    append(spool, promoted, 4)
    append(spool, promoted, 3)
    assert spool.settle(former).queued == 2
    assert bodies(spool) == [b"3", b"4", b"5", b"6", b"7"]
    append(spool, former, 3, 4, 5, 6)
    assert spool.settle(former) == Step()


def test_a_former_primary_is_followed_only_up_to_the_earliest_failover_since(spool: Spool) -> None:
    first: Database = {}
    spool.put(b"%d" % number for number in range(1, 8))
    append(spool, first, 1)
    third = dict(first)
    append(spool, first, 2)
    second = dict(first)
    append(spool, first, 3, 4)
    spool.settle(second)
    append(spool, second, 4, 3)
    spool.settle(third)
    append(spool, third, 3)
    append(spool, third, 2)
    assert spool.settle(first).queued == 2
    assert bodies(spool) == [b"2", b"3", b"4", b"5", b"6", b"7"]


def test_many_entries_are_queued_again_in_steps(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "CHUNK", 7)
    database: Database = {}
    spool.put(b"%d" % number for number in range(1, 101))
    append(spool, database, *range(1, 21))
    standby = dict(database)
    append(spool, database, *range(21, 101))
    assert spool.settle(standby) == Step(queued=80)
    assert bodies(spool) == [b"%d" % number for number in range(21, 101)]
    append(spool, standby, *range(21, 101))
    assert spool.settle(standby) == Step()


def test_an_interrupted_step_back_is_continued(spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "CHUNK", 3)
    database: Database = {}
    spool.put(b"%d" % number for number in range(1, 11))
    append(spool, database, 1, 2)
    standby = dict(database)
    append(spool, database, *range(3, 11))
    progress.settle(spool._database, standby)  # the process ends after the first step
    spool.close()
    with closing(Spool(path)) as again:
        assert again.settle(standby).queued == 5
        assert bodies(again) == [b"%d" % number for number in range(3, 11)]


def test_an_old_copy_of_the_file_gets_another_id(spool: Spool, path: Path, tmp_path: Path) -> None:
    """Its keys are used again, so they say nothing about what the database has."""
    database: Database = {}
    spool.put([b"1", b"2", b"3"])
    append(spool, database, 1)
    spool.close()
    old = copy(path, tmp_path / "old.sqlite")
    with closing(Spool(path)) as newer:
        append(newer, database, 2)
        append(newer, database, 3)
    with closing(Spool(Path(old))) as restored:
        former = restored.progress().spool_id
        assert restored.settle(database) == Step()
        assert restored.progress().spool_id != former
        assert bodies(restored) == [b"2", b"3"]
        append(restored, database, 2, 3)


def test_a_new_file_has_another_id(spool: Spool, path: Path) -> None:
    spool.put([b"1"])
    former = spool.progress().spool_id
    spool.close()
    path.unlink()
    with closing(Spool(path)) as new:
        assert new.progress().spool_id != former
        assert new.progress().appended == 0


def test_what_was_appended_from_a_file_before_it_was_replaced_does_not_count_for_the_new_one(spool: Spool) -> None:
    spool.put([b"1", b"2", b"3"])
    spool.discard([1, 2], Progress(UUID(int=7), 0))
    assert spool.progress().appended == 0
    assert bodies(spool) == [b"3"]
    assert spool.settle({}) == Step()


def test_a_file_of_version_1_is_upgraded(path: Path) -> None:
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "create table entry (key integer primary key autoincrement, body blob not null);"
            "create table kept (ordinal integer primary key autoincrement, key integer not null, body blob not null);"
            "create table place (name text not null);"
            "insert into entry values (9, 'i'), (10, 'j');"
            "insert into kept values (7, 7, 'g'), (8, 8, 'h');"
            "insert into place values ('a/1');"
            "pragma user_version = 1;"
        )
    with closing(Spool(path)) as spool:
        assert spool.progress().appended == 0
        assert spool.settle({}) == Step()
        database: Database = {}
        append(spool, database, 9)
        assert spool.settle({}) == Step(queued=3, lost=6)
    with closing(sqlite3.connect(path)) as upgraded:
        assert upgraded.execute("pragma user_version").fetchone() == (2,)
        assert upgraded.execute("select count(*) from sqlite_master where name = 'place'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("keys", "runs"),
    [([], []), ([4], [(4, 4)]), ([3, 1, 2, 2], [(1, 3)]), ([9, 1, 2, 5], [(1, 2), (5, 5), (9, 9)])],
)
def test_keys_become_runs(keys: list[int], runs: list[tuple[int, int]]) -> None:
    assert runs_of(keys) == runs
    assert count(runs) == len(set(keys))
