"""The demo replaces its database, so it uses only its own folders."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from faxstore.demo.folder import claimed, write_settings
from faxstore.errors import UsageError
from faxstore.settings import loading as settings


def test_a_new_folder_is_created_and_may_be_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    for _ in range(2):
        with claimed(folder):
            (folder / "spool").mkdir()
            (folder / "spool" / "ingest.sqlite").touch()
    with claimed(folder):
        assert not (folder / "spool").exists()


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    with claimed(tmp_path):
        assert list(tmp_path.iterdir()) != []


def test_a_folder_with_other_files_is_refused_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(UsageError, match="contains files that no demo created"), claimed(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["postgres"]


def test_two_demos_cannot_share_a_folder(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(UsageError, match="another demo is running there"), claimed(tmp_path):
        pass


def test_a_folder_that_cannot_be_created_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match=r"file.*Not a directory; choose another --data-dir"),
        claimed(tmp_path / "file" / "demo"),
    ):
        pass


def test_its_settings_are_valid_for_any_folder_name_and_private(tmp_path: Path) -> None:
    folder = tmp_path / 'a "demo" \\ of mine'
    folder.mkdir()
    file = write_settings(folder, {"pbx1": 5038, "pbx2": 5039}, "user", "secret")
    loaded = settings.load(file, {})
    assert loaded.data_dir == folder
    assert loaded.warnings == ()
    assert [(server.name, server.port) for server in loaded.servers] == [("pbx1", 5038), ("pbx2", 5039)]
    assert loaded.servers[0].secret.reveal() == "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
