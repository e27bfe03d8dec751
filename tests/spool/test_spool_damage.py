"""A spool that cannot be used is set aside, never deleted, and a new one is created; collecting never stops."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faxstore.errors import UsageError
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.spool.queue import Spool
from tests.kit.spool_disk import bodies

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "ingest.sqlite"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool(path)) as spool:
        yield spool


def aside(path: Path, number: int = 1) -> Path:
    return path.with_name(f"{path.name}.aside-{number}")


def make(path: Path, *entries: bytes) -> None:
    """Create a spool with these entries and close it."""
    with closing(Spool(path)) as spool:
        spool.put(entries)


def error_line(caplog: pytest.LogCaptureFixture) -> str:
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "\n" not in line
    return line


# -- at the start ------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_set_aside_unchanged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Refusing to start would lose every fax until an operator reacts."""
    notes = b"these are somebody's notes, not a database" * 100
    path.parent.mkdir()
    path.write_bytes(notes)
    with closing(Spool(path)) as spool:
        spool.put([b"one"])
        assert bodies(spool) == [b"one"]
    assert aside(path).read_bytes() == notes
    assert error_line(caplog) == (
        f"spool: set {path} aside as {aside(path)} (file is not a database);"
        " created a new one with 0 records that were still readable"
    )


def test_another_sqlite_database_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table entry (name text)")
    with closing(Spool(path)) as spool:
        spool.put([b"one"])
    assert "no such column" in error_line(caplog)
    with closing(sqlite3.connect(aside(path))) as other:
        assert other.execute("select count(*) from entry").fetchone() == (0,)


def test_a_spool_of_a_newer_version_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(path, b"one", b"two")
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("pragma user_version = 7")
    with closing(Spool(path)) as spool:
        assert bodies(spool) == []  # this version cannot know what they mean
    assert "a newer faxstore wrote it: its format is 7, this version reads 2" in error_line(caplog)
    with closing(sqlite3.connect(aside(path))) as newer:
        assert newer.execute("select body from entry order by key").fetchall() == [(b"one",), (b"two",)]


def test_a_spool_from_before_versioning_is_upgraded(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as older:
        older.execute("create table entry (key integer primary key autoincrement, body blob not null)")
        older.execute("insert into entry (body) values (x'6f6e65')")
        older.commit()
    with closing(Spool(path)) as spool:
        assert bodies(spool) == [b"one"]
        spool.discard([1])
    assert caplog.records == []


def test_every_file_that_is_set_aside_has_a_name_of_its_own(path: Path) -> None:
    path.parent.mkdir()
    for number in (1, 2, 3):
        path.write_bytes(b"not a database %d" % number * 100)
        Spool(path).close()
    assert [aside(path, number).read_bytes()[:16] for number in (1, 2, 3)] == [
        b"not a database 1",
        b"not a database 2",
        b"not a database 3",
    ]


@pytest.mark.parametrize("broken", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["gone", "empty"])
def test_a_write_ahead_log_without_its_file_is_preserved(path: Path, broken: Callable[[Path], object]) -> None:
    """SQLite would delete it, and with it the newest entries."""
    with closing(Spool(path)) as spool:
        spool.put([b"only in the log"])
        log = path.with_name(f"{path.name}-wal").read_bytes()
    broken(path)
    path.with_name(f"{path.name}-wal").write_bytes(log)
    with closing(Spool(path)) as spool:
        spool.put([b"one"])
    assert aside(path).with_name(f"{aside(path).name}-wal").read_bytes() == log


# -- single pages --------------------------------------------------------------------------------------


def damage(path: Path, page: int) -> None:
    """Overwrite one page of the file."""
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xff" * PAGE)


ENTRIES = [b"%04d" % number + b"x" * 400 for number in range(1000)]


def test_the_readable_rest_of_a_damaged_file_is_copied(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make(path, *ENTRIES)
    damage(path, 60)
    with closing(Spool(path)) as spool:
        left = bodies(spool)
        spool.put([b"goes on"])
        assert bodies(spool) == [*left, b"goes on"]
    assert len(left) > 980  # a page holds nine of them
    assert left == [entry for entry in ENTRIES if entry in set(left)]
    assert f"created a new one with {len(left)} records that were still readable" in error_line(caplog)


def test_damage_to_any_page(tmp_path: Path) -> None:
    """Whichever page is damaged, open, put, peek and discard work."""
    make(tmp_path / "whole" / "spool.sqlite", *ENTRIES[:200])
    whole = (tmp_path / "whole" / "spool.sqlite").read_bytes()
    for page in range(len(whole) // PAGE):
        path = tmp_path / str(page) / "spool.sqlite"
        path.parent.mkdir()
        path.write_bytes(whole)
        damage(path, page)
        with closing(Spool(path)) as spool:
            spool.put([b"new"])
            entries = spool.peek(0, 1000)
            assert entries[-1][1] == b"new"
            spool.discard(key for key, _ in entries)
            assert len(spool) == 0
        if len(entries) < 201:
            assert aside(path).stat().st_size == len(whole)


def test_damage_while_the_spool_is_in_use(spool: Spool, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A reader in the middle of the queue continues after the same key."""
    spool.put(ENTRIES)
    keys = [key for key, _ in spool.peek(0, 300)]
    spool._database.execute("pragma wal_checkpoint(truncate)")
    damage(path, 60)
    spool._database.execute("pragma cache_size = 0")
    spool._database.execute("pragma shrink_memory")
    rest = spool.peek(keys[-1], 1000)
    assert "aside as" in error_line(caplog)
    assert [body for _, body in rest] == [entry for entry in ENTRIES[300:] if entry in {body for _, body in rest}]
    assert len(rest) > 680
    spool.put([b"goes on"])
    assert spool.peek(rest[-1][0], 10) == [(1001, b"goes on")]
    spool.discard(keys)
    assert len(spool) == len(rest) + 1
    assert aside(path).exists()


def test_overwritten_while_the_writer_runs(spool: Spool, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    writer = SpoolWriter(spool)
    writer.put(b"one")
    writer.flush()
    spool._database.execute("pragma wal_checkpoint(truncate)")
    path.write_bytes(b"oops" * PAGE)
    spool._database.execute("pragma shrink_memory")
    for number in range(100):
        writer.put(b"%d" % number)
    writer.flush()
    assert [body for body in bodies(spool) if body != b"one"] == [b"%d" % number for number in range(100)]
    assert "aside as" in error_line(caplog)
    writer.put(b"more")
    writer.stop()
    with closing(sqlite3.connect(path)) as now:
        assert now.execute("select count(*) from entry").fetchone() == (101,)


# -- what is not damage -----------------------------------------------------------------------------------


def test_a_lock_is_not_damage(spool: Spool, path: Path) -> None:
    spool.put([b"one"])
    spool._database.execute("pragma busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            spool.put([b"two"])
        other.execute("rollback")
    spool.put([b"three"])
    assert bodies(spool) == [b"one", b"three"]
    assert not aside(path).exists()


def test_a_full_disk_is_not_damage(spool: Spool, path: Path) -> None:
    spool.put([b"one"])
    spool._database.execute(f"pragma max_page_count = {path.stat().st_size // PAGE}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        spool.put([b"x" * 100_000])
    assert bodies(spool) == [b"one"]
    assert not aside(path).exists()


def test_a_damaged_file_that_cannot_be_renamed_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(UsageError, match=r"^the spool \S+ cannot be used: .*Permission denied"):
        Spool(path)
    assert path.read_bytes() == b"not a database" * 100


def test_while_a_damaged_file_cannot_be_renamed_records_wait_in_memory(
    spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SpoolWriter(spool)
    spool.put([b"one"])
    spool._database.execute("pragma wal_checkpoint(truncate)")
    path.write_bytes(b"oops" * PAGE)
    spool._database.execute("pragma shrink_memory")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        for _ in range(3):
            writer.put(b"two")
            writer.flush()
    assert path.read_bytes().startswith(b"oops")
    writer.stop()
    assert bodies(spool)[-3:] == [b"two"] * 3
    assert aside(path).read_bytes().startswith(b"oops")


def test_one_of_many_threads_replaces_a_damaged_file(spool: Spool, path: Path) -> None:
    spool.put(ENTRIES)
    spool._database.execute("pragma wal_checkpoint(truncate)")
    path.write_bytes(b"oops" * PAGE * 30)
    spool._database.execute("pragma shrink_memory")
    threads = [threading.Thread(target=spool.put, args=[[b"%d" % number]]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {body for body in bodies(spool) if len(body) == 1} == {b"%d" % number for number in range(8)}
    assert not aside(path, 2).exists()
