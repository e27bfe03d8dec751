"""A file or folder gets its name when it is complete, and an existing one is never damaged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from faxstore.errors import UsageError
from faxstore.system.files import PUBLIC, atomic_file, atomic_folder
from tests.kit.file_modes import mode_of, open_to_others, open_umask

Atomic = Callable[[Path], AbstractContextManager[Any]]


def fill(made: Any) -> None:
    """Writes something into the file or folder."""
    (made / "part").write_bytes(b"new") if isinstance(made, Path) else made.write(b"new")


def fill_and_fail(made: AbstractContextManager[Any], fault: BaseException | type[BaseException]) -> None:
    """Writes something, then raises the fault."""
    with made as target:
        fill(target)
        raise fault


@pytest.fixture(params=[atomic_file, atomic_folder], ids=["file", "folder"])
def atomic(request: pytest.FixtureRequest) -> Atomic:
    made: Atomic = request.param
    return made


def test_the_name_appears_at_the_end(atomic: Atomic, tmp_path: Path) -> None:
    path = tmp_path / "october"
    with atomic(path) as made:
        fill(made)
        assert [one.name for one in tmp_path.iterdir()] == [".october.faxstore-part"]
    assert list(tmp_path.iterdir()) == [path]
    assert (path / "part" if path.is_dir() else path).read_bytes() == b"new"


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt, ValueError])
def test_after_a_fault_nothing_is_left(
    atomic: Atomic, tmp_path: Path, fault: BaseException | type[BaseException]
) -> None:
    with pytest.raises((UsageError, KeyboardInterrupt, ValueError)):
        fill_and_fail(atomic(tmp_path / "october"), fault)
    assert list(tmp_path.iterdir()) == []


def test_after_a_fault_the_older_file_is_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "october"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="fault"):
        fill_and_fail(atomic_file(path), ValueError("fault"))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_of_a_killed_writer_is_reused(atomic: Atomic, tmp_path: Path) -> None:
    part = tmp_path / ".october.faxstore-part"
    if atomic is atomic_file:
        part.write_bytes(b"longer than the new content")
    else:
        (part / "month=2026-01/server=a").mkdir(parents=True)
        (part / "month=2026-01/server=a/part-0.parquet").write_bytes(b"half")
    with atomic(tmp_path / "october") as made:
        fill(made)
    left = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert [one.read_bytes() for one in left] == [b"new"]


def test_a_second_writer_of_the_same_name_is_refused(atomic: Atomic, tmp_path: Path) -> None:
    path = tmp_path / "october"
    with atomic(path) as made:
        fill(made)
        with pytest.raises(UsageError, match=r"another process is writing .*october"), atomic(path):
            raise AssertionError
    assert path.exists()


def test_the_target_of_a_symbolic_link_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with atomic_file(link) as out:
        out.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("path", ["/dev/null", "/tmp"])
def test_a_device_or_folder_is_not_replaced(path: str) -> None:
    with pytest.raises(UsageError, match=f"^{path} is not a file that can be replaced"), atomic_file(Path(path)):
        raise AssertionError


def test_a_folder_with_content_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "october"
    path.mkdir()
    with atomic_folder(path) as made:  # an empty folder may be replaced
        fill(made)
    for other in (path, path / "part"):
        with pytest.raises(UsageError, match="exists and is not an empty folder"), atomic_folder(other):
            raise AssertionError
    assert (path / "part").read_bytes() == b"new"


def test_a_missing_parent_folder_is_one_line(atomic: Atomic, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none/october cannot be written: No such file or directory"):  # noqa: SIM117
        with atomic(tmp_path / "none" / "october"):
            raise AssertionError


def test_what_is_new_is_readable_only_by_its_owner(atomic: Atomic, tmp_path: Path) -> None:
    with open_umask(), atomic(tmp_path / "october") as made:
        fill(made)
        (part,) = tmp_path.iterdir()
        assert mode_of(part) & 0o077 == 0
    assert mode_of(tmp_path / "october") & 0o077 == 0


def test_what_is_replaced_keeps_its_mode(atomic: Atomic, tmp_path: Path) -> None:
    path = tmp_path / "october"
    path.touch() if atomic is atomic_file else path.mkdir()
    path.chmod(0o750)
    with atomic(path) as made:
        fill(made)
    assert mode_of(path) == 0o750


def test_the_open_file_of_a_killed_writer_is_closed_to_others(atomic: Atomic, tmp_path: Path) -> None:
    part = tmp_path / ".october.faxstore-part"
    part.touch() if atomic is atomic_file else part.mkdir()
    part.chmod(0o755)
    with atomic(tmp_path / "october") as made:
        assert open_to_others(part) == []
        fill(made)


def test_a_file_for_others_has_the_mode_that_the_umask_allows(tmp_path: Path) -> None:
    with open_umask(), atomic_file(tmp_path / "checkpoint", PUBLIC) as out:
        fill(out)
    assert mode_of(tmp_path / "checkpoint") == 0o666
