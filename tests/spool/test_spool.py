"""The durable queue: after put() returns, an entry survives everything until it is discarded."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.errors import UsageError
from faxstore.spool.queue import Spool
from tests.kit.file_modes import mode_of, open_to_others, open_umask
from tests.kit.spool_disk import bodies, fill_disk, make_room


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "ingest.sqlite"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    spool = Spool(path)
    yield spool
    spool.close()


def pragma(spool: Spool, name: str) -> object:
    return spool._database.execute(f"pragma {name}").fetchone()[0]


def test_entries_are_in_order_and_stay_until_they_are_discarded(spool: Spool) -> None:
    spool.put([b"one", b"two"])
    spool.put([b"three", b"", bytes(range(256))])
    assert bodies(spool) == [b"one", b"two", b"three", b"", bytes(range(256))]
    assert bodies(spool) == [b"one", b"two", b"three", b"", bytes(range(256))]
    assert len(spool) == 5


def test_a_new_spool_is_readable_only_by_its_owner(path: Path) -> None:
    with open_umask(), closing(Spool(path)) as spool:
        spool.put([b"one"])
        assert len(list(path.parent.iterdir())) == 4  # with its log, the index of that, and the lock
        assert open_to_others(path.parent) == []


def test_an_existing_spool_keeps_its_mode(path: Path) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o750)
    path.touch()
    path.chmod(0o640)
    with closing(Spool(path)) as spool:
        spool.put([b"one"])
    assert (mode_of(path.parent), mode_of(path)) == (0o750, 0o640)


def test_peek_continues_after_a_key(spool: Spool) -> None:
    spool.put([b"one", b"two", b"three"])
    first, second = spool.peek(0, 2)
    assert (first[1], second[1]) == (b"one", b"two")
    assert first[0] < second[0]
    assert [body for _, body in spool.peek(second[0], 2)] == [b"three"]
    assert spool.peek(spool.peek(0, 3)[-1][0], 2) == []


def test_entries_in_between_can_be_discarded(spool: Spool) -> None:
    spool.put([b"waits", b"done", b"waits too", b"done too"])
    keys = {body: key for key, body in spool.peek(0, 4)}
    spool.discard([keys[b"done"], keys[b"done too"]])
    assert bodies(spool) == [b"waits", b"waits too"]
    spool.discard([keys[b"done"], 4711])  # discarded before, or never assigned: ignored
    assert bodies(spool) == [b"waits", b"waits too"]


def test_a_key_is_never_assigned_twice(spool: Spool, path: Path) -> None:
    """Otherwise an entry that is put while the last one is being discarded could be discarded with it."""
    spool.put([b"one", b"two"])
    last = spool.peek(0, 2)[-1][0]
    spool.discard(key for key, _ in spool.peek(0, 2))
    spool.put([b"three"])
    assert spool.peek(0, 1)[0][0] > last
    spool.discard([spool.peek(0, 1)[0][0]])
    spool.close()
    with closing(Spool(path)) as again:
        again.put([b"four"])
        assert again.peek(0, 1)[0][0] > last + 1


def test_entries_survive_closing(spool: Spool, path: Path) -> None:
    spool.put([b"one", b"two"])
    spool.discard([spool.peek(0, 1)[0][0]])
    spool.close()
    with closing(Spool(path)) as again:
        assert bodies(again) == [b"two"]


def test_it_is_synchronous_and_has_a_write_ahead_log(spool: Spool, path: Path) -> None:
    assert pragma(spool, "journal_mode") == "wal"
    assert pragma(spool, "synchronous") == 2  # FULL: each commit is on disk before it returns
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("pragma journal_mode").fetchone() == ("wal",)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=20), max_size=4), max_size=6), st.data())
def test_any_sequence_of_put_and_discard(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[bytes]], data: st.DataObject
) -> None:
    left: list[bytes] = []
    with closing(Spool(tmp_path_factory.mktemp("spool") / "spool.sqlite", synchronous="off")) as spool:
        for batch in batches:
            spool.put(batch)
            left += batch
            gone = data.draw(st.sets(st.integers(0, len(left) - 1))) if left else set()
            keys = [key for key, _ in spool.peek(0, len(left))]
            spool.discard(keys[index] for index in gone)
            left = [body for index, body in enumerate(left) if index not in gone]
            assert bodies(spool) == left
            assert len(spool) == len(left)


def test_several_threads_may_put(spool: Spool) -> None:
    def put(name: int) -> None:
        for number in range(50):
            spool.put([b"%d %d" % (name, number)])

    threads = [threading.Thread(target=put, args=[name]) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = [body.split() for body in bodies(spool)]
    assert len(entries) == 200
    for name in range(4):  # the order of each thread is preserved
        assert [int(number) for thread, number in entries if int(thread) == name] == list(range(50))


# -- crashes -----------------------------------------------------------------------------------------

WRITES = """
import sys
from pathlib import Path
from faxstore.spool.queue import Spool
spool = Spool(Path(sys.argv[1]))
number = 0
while True:
    spool.put([b"%d" % number, b"%d" % (number + 1)])
    number += 2
    print(number, flush=True)
"""


@pytest.mark.parametrize("entries", [2, 40, 200])
def test_entries_survive_kill_9_after_put_returned(path: Path, entries: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        written = 0
        while written < entries:
            written = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        written = max([written, *(int(line) for line in process.stdout)])
    with closing(Spool(path)) as spool:  # the lock ended with the process
        found = [int(body) for body in bodies(spool)]
        # The last batch is there completely or not at all.
        assert found in (list(range(written)), list(range(written + 2)))
        spool.put([b"goes on"])
        assert bodies(spool)[-1] == b"goes on"


def test_a_second_process_is_refused_in_one_line(spool: Spool, path: Path) -> None:
    code = "import sys; from pathlib import Path; from faxstore.spool.queue import Spool; Spool(Path(sys.argv[1]))"
    refused = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith(
        f"faxstore.errors.UsageError: the spool {path} is in use by another faxstore; one process at a time"
    )


def test_a_second_spool_in_the_same_process_is_refused_too(spool: Spool, path: Path) -> None:
    spool.put([b"one"])
    with pytest.raises(UsageError, match=r"^the spool \S+ is in use by another faxstore; one process at a time$"):
        Spool(path)
    assert bodies(spool) == [b"one"]
    spool.close()
    Spool(path).close()


# -- disks -------------------------------------------------------------------------------------------


def test_an_impossible_path_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"^the spool \S+ cannot be used: [^\n]+$"):
        Spool(tmp_path / "file" / "spool.sqlite")
    (tmp_path / "spool.sqlite").mkdir()
    with pytest.raises(UsageError, match=r"^the spool \S+ cannot be used: [^\n]+$"):
        Spool(tmp_path / "spool.sqlite")


def test_on_a_full_disk_put_stores_all_of_a_batch_or_nothing(spool: Spool) -> None:
    spool.put([b"one"])
    fill_disk(spool)
    with pytest.raises(sqlite3.Error, match="full"):
        spool.put([b"two", b"x" * 100_000])
    assert bodies(spool) == [b"one"]
    make_room(spool)
    spool.put([b"two", b"x" * 100_000])
    assert bodies(spool) == [b"one", b"two", b"x" * 100_000]


def test_a_failed_discard_changes_nothing(spool: Spool) -> None:
    spool.put([b"one", b"two"])
    keys = [key for key, _ in spool.peek(0, 2)]
    spool._database.execute("create trigger bad_disk before delete on entry begin select raise(abort, 'bad disk'); end")
    with pytest.raises(sqlite3.Error, match="bad disk"):
        spool.discard(keys)
    spool._database.execute("drop trigger bad_disk")
    assert bodies(spool) == [b"one", b"two"]
    spool.put([b"three"])
    spool.discard(keys)
    assert bodies(spool) == [b"three"]


def test_the_backlog_is_counted_up_to_a_limit_and_then_by_keys(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert spool.backlog() == (0, None)
    spool.put([b"%d" % number for number in range(40)])
    spool.discard([1, 3])
    assert spool.backlog() == (38, b"1")
    monkeypatch.setattr("faxstore.spool.queue.COUNTED", 10)
    assert spool.backlog() == (38, b"1")
    spool.discard(range(2, 41))
    assert spool.backlog() == (0, None)
