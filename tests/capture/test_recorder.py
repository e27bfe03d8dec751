"""Recorder writes each line at once, never overwrites a file, and reports every failure."""

from __future__ import annotations

import threading
import time
import zlib
from pathlib import Path

import pytest

from faxstore.capture import recorder
from faxstore.capture import recording as capture
from faxstore.capture.recorder import Recorder
from faxstore.capture.recording import Line
from faxstore.errors import FaxstoreError, UsageError
from tests.kit.file_modes import open_to_others, open_umask

LINES = [
    Line(1000.25, "mark", "connected"),
    Line(1000.5, "in", "Asterisk Call Manager/11.0.0\r\n"),
    Line(1001.0, "out", "Action: Ping\r\n\r\n"),
]


@pytest.mark.parametrize("name", ["plain.jsonl", "packed.jsonl.gz"])
def test_a_recording_can_be_read_again(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    with Recorder(str(file)) as recording:
        for line in LINES:
            recording.write(line)
    assert list(capture.read(str(file))) == LINES
    assert recording.messages == 2
    assert (file.read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


def test_a_line_is_in_the_file_before_the_recording_ends(tmp_path: Path) -> None:
    """Lines survive a kill, in a gzip file too."""
    file = tmp_path / "packed.jsonl.gz"
    with Recorder(str(file)) as recording:
        recording.write(LINES[0])
        deadline = time.monotonic() + 10
        while not (text := zlib.decompressobj(wbits=31).decompress(file.read_bytes())):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert text.decode() == capture.encode(LINES[0]) + "\n"


@pytest.mark.parametrize("name", ["plain.jsonl", "packed.jsonl.gz"])
def test_a_recording_is_readable_only_by_its_owner(name: str, tmp_path: Path) -> None:
    with open_umask(), Recorder(str(tmp_path / name)):
        assert open_to_others(tmp_path / name) == []


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "old.jsonl"
    file.write_text("precious")
    with pytest.raises(UsageError, match=r"old\.jsonl: the file exists"), Recorder(str(file)):
        pass
    assert file.read_text() == "precious"


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="none/x: No such file or directory"), Recorder(str(tmp_path / "none" / "x")):
        pass


def test_a_full_disk_ends_the_recording_with_its_reason() -> None:
    failed = threading.Event()

    def record() -> None:
        with Recorder("/dev/full") as recording:
            recording.on_failure = failed.set
            recording.write(LINES[0])
            assert failed.wait(10)

    with pytest.raises(FaxstoreError, match="/dev/full: No space left on device"):
        record()


def test_a_full_queue_ends_the_recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(recorder, "MAX_QUEUED_LINES", 2)
    release, failed = threading.Event(), threading.Event()
    monkeypatch.setattr(recorder, "encode", lambda line: str(release.wait(10)))

    def record() -> None:
        with Recorder(str(tmp_path / "slow")) as recording:
            recording.on_failure = failed.set
            for _ in range(4):
                recording.write(LINES[0])
            assert failed.is_set()
            release.set()

    with pytest.raises(FaxstoreError, match="slow: 2 messages wait to be written"):
        record()
