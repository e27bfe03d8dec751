"""The id of an ingestor: the same after a restart, different for another spool."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from faxstore.ingest.collector_id import collector_id
from tests.kit.file_modes import open_to_others, open_umask


def test_it_is_stored_beside_the_spool(tmp_path: Path) -> None:
    first = collector_id(tmp_path)
    assert re.fullmatch(re.escape(socket.gethostname()) + "/[0-9a-f]{8}", first)
    assert collector_id(tmp_path) == first


def test_it_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    with open_umask():
        collector_id(tmp_path)
    assert open_to_others(tmp_path / "id") == []


def test_another_spool_has_another_id(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert collector_id(tmp_path) != collector_id(tmp_path / "other")


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"12345", b"0123456\nmine"])
def test_a_damaged_id_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "id").write_bytes(content)
    assert collector_id(tmp_path) == collector_id(tmp_path)


def test_an_id_that_cannot_be_stored_is_valid_for_one_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "id").mkdir()
    assert collector_id(tmp_path) != collector_id(tmp_path)
    assert caplog.messages[0] == f"spool: the id {tmp_path / 'id'} cannot be stored: Is a directory"
