"""A file or a pipe is read as text; a pipe that nobody writes to is an error, and does not block a command."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from faxstore.system import files


def test_a_pipe_with_a_writer(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=("one\ntwo\n" * 100_000,))
    writer.start()
    assert files.read_text(pipe) == "one\ntwo\n" * 100_000
    writer.join()


def test_a_pipe_without_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PIPE_TIMEOUT", 0.1)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match=r"nothing was written to this pipe within 0\.1 s"):
        files.read_text(pipe)


def test_a_folder_and_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        files.read_text(tmp_path)
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(UnicodeDecodeError):
        files.read_text(tmp_path / "latin")
