"""Which spool each server has, and when new spools begin."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from faxstore.errors import UsageError
from faxstore.ingest.spool_folder import KEYS_PER_SPOOL, SpoolFolder

FIVE = ["a", "b", "c", "d", "e"]


@pytest.fixture
def folder(tmp_path: Path) -> SpoolFolder:
    return SpoolFolder(tmp_path)


def test_the_servers_are_dealt_in_turn(folder: SpoolFolder) -> None:
    assert folder.distribute(FIVE, 2) == {1: ("a", "c", "e"), 2: ("b", "d")}


def test_an_unchanged_distribution_continues_with_its_spools(folder: SpoolFolder) -> None:
    first = folder.distribute(FIVE, 2)
    assert folder.distribute(FIVE, 2) == first
    assert folder.distributions() == [first]


def test_a_server_that_is_added_at_the_end_moves_no_other(folder: SpoolFolder) -> None:
    folder.distribute(FIVE[:4], 2)
    assert folder.distribute(FIVE, 2) == {1: ("a", "c", "e"), 2: ("b", "d")}


@pytest.mark.parametrize(
    ("servers", "workers", "expected"),
    [
        (FIVE, 3, {3: ("a", "d"), 4: ("b", "e"), 5: ("c",)}),
        (FIVE, 1, {3: ("a", "b", "c", "d", "e")}),
        (FIVE[1:], 2, {3: ("b", "d"), 4: ("c", "e")}),
    ],
    ids=["more workers", "fewer workers", "without the first server"],
)
def test_servers_that_move_get_new_spools(
    folder: SpoolFolder, servers: list[str], workers: int, expected: dict[int, tuple[str, ...]]
) -> None:
    before = folder.distribute(FIVE, 2)
    assert folder.distribute(servers, workers) == expected
    assert folder.distributions() == [before, expected]


def test_a_removed_server_is_remembered_while_its_spool_is_used(folder: SpoolFolder) -> None:
    folder.distribute(["a", "b", "c"], 2)  # c has spool 1
    folder.distribute(["a", "b"], 2)
    assert folder.distribute(["a", "b", "d", "c"], 2) == {3: ("a", "d"), 4: ("b", "c")}


def test_the_spool_of_an_ingestor_without_workers_is_the_first(folder: SpoolFolder) -> None:
    folder.path(1).touch()
    assert folder.distribute(FIVE, 1) == {1: tuple(FIVE)}
    assert folder.distribute(FIVE, 2) == {2: ("a", "c", "e"), 3: ("b", "d")}
    assert list(folder.distributions()[0]) == [1]


def test_without_its_list_every_spool_is_of_the_past(folder: SpoolFolder, caplog: pytest.LogCaptureFixture) -> None:
    folder.distribute(FIVE, 2)
    for number in (1, 2):
        folder.path(number).touch()
    (folder.folder / "distribution.json").write_text("not JSON")
    assert folder.distribute(FIVE, 2) == {3: ("a", "c", "e"), 4: ("b", "d")}
    assert folder.distributions()[:2] == [{1: ()}, {2: ()}]
    assert "distribution.json cannot be read" in caplog.text


def test_a_forgotten_spool_leaves_no_file(folder: SpoolFolder) -> None:
    folder.distribute(FIVE, 1)
    folder.open(1).close()
    current = folder.distribute(FIVE, 2)
    folder.forget(1)
    assert folder.distributions() == [current]
    assert [path.name for path in folder.folder.iterdir()] == ["distribution.json"]


def test_no_key_is_in_two_spools(folder: SpoolFolder) -> None:
    keys: list[int] = []
    for number in (1, 2, 3):
        for _ in range(2):  # as well after a restart
            with closing(folder.open(number)) as spool:
                spool.put([b"record"])
                keys.append(spool.peek(0, 10)[-1][0])
    assert keys == [1, 2, KEYS_PER_SPOOL + 1, KEYS_PER_SPOOL + 2, 2 * KEYS_PER_SPOOL + 1, 2 * KEYS_PER_SPOOL + 2]


def test_a_second_ingestor_is_refused_in_one_line(folder: SpoolFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from faxstore.ingest.spool_folder import SpoolFolder\n"
        "with SpoolFolder(Path(sys.argv[1])).locked(): print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with (
            pytest.raises(UsageError, match=r"^the spool \S+ is in use by another faxstore; one process at a time$"),
            folder.locked(),
        ):
            pass
        other.communicate()
    with folder.locked():
        pass
