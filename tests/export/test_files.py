"""A file or folder has its name only when it is whole, and nothing that was there before is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from faxstore.errors import UsageError
from faxstore.export.files import atomic_file, atomic_folder

Whole = Callable[[Path], AbstractContextManager[Any]]


def fill(made: Any) -> None:
    """Writes something, as far as it is a file or a folder."""
    (made / "part").write_bytes(b"new") if isinstance(made, Path) else made.write(b"new")


def fail(made: AbstractContextManager[Any], fault: BaseException | type[BaseException]) -> None:
    """Writes something and fails."""
    with made as what:
        fill(what)
        raise fault


@pytest.fixture(params=[atomic_file, atomic_folder], ids=["file", "folder"])
def whole(request: pytest.FixtureRequest) -> Whole:
    made: Whole = request.param
    return made


def test_it_has_its_name_at_the_end(whole: Whole, tmp_path: Path) -> None:
    path = tmp_path / "october"
    with whole(path) as made:
        fill(made)
        assert [one.name for one in tmp_path.iterdir()] == [".october.faxstore-part"]
    assert list(tmp_path.iterdir()) == [path]
    assert (path / "part" if path.is_dir() else path).read_bytes() == b"new"


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt, ValueError])
def test_after_a_fault_nothing_is_there(
    whole: Whole, tmp_path: Path, fault: BaseException | type[BaseException]
) -> None:
    with pytest.raises((UsageError, KeyboardInterrupt, ValueError)):
        fail(whole(tmp_path / "october"), fault)
    assert list(tmp_path.iterdir()) == []


def test_after_a_fault_the_older_file_is_there(tmp_path: Path) -> None:
    path = tmp_path / "october"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="fault"):
        fail(atomic_file(path), ValueError("fault"))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_taken_over(whole: Whole, tmp_path: Path) -> None:
    part = tmp_path / ".october.faxstore-part"
    if whole is atomic_file:
        part.write_bytes(b"much more than what is written now")
    else:
        (part / "month=2026-01/server=a").mkdir(parents=True)
        (part / "month=2026-01/server=a/part-0.parquet").write_bytes(b"half")
    with whole(tmp_path / "october") as made:
        fill(made)
    left = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert [one.read_bytes() for one in left] == [b"new"]


def test_two_writers_of_one_name(whole: Whole, tmp_path: Path) -> None:
    path = tmp_path / "october"
    with whole(path) as made:
        fill(made)
        with pytest.raises(UsageError, match=r"another process is writing .*october"), whole(path):
            raise AssertionError
    assert path.exists()


def test_a_symbolic_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with atomic_file(link) as out:
        out.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("path", ["/dev/null", "/tmp"])
def test_what_is_no_file_is_not_replaced(path: str) -> None:
    with pytest.raises(UsageError, match=f"^{path} is not a file that can be replaced"), atomic_file(Path(path)):
        raise AssertionError


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "october"
    path.mkdir()
    with atomic_folder(path) as made:  # an empty one is as good as none
        fill(made)
    for other in (path, path / "part"):
        with pytest.raises(UsageError, match="exists and is not an empty folder"), atomic_folder(other):
            raise AssertionError
    assert (path / "part").read_bytes() == b"new"


def test_a_folder_that_is_not_there(whole: Whole, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none/october cannot be written: No such file or directory"):  # noqa: SIM117
        with whole(tmp_path / "none" / "october"):
            raise AssertionError
