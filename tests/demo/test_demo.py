"""The demo as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from faxstore.demo import tour
from faxstore.errors import FaxstoreError


def faxstore(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, with a database set that the demo must not touch."""
    environment = os.environ | {"FAXSTORE_DSN": "host=127.0.0.1 port=1 connect_timeout=1"}
    command = [sys.executable, "-m", "faxstore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=150)


def test_the_demo_shows_what_it_promises_also_after_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"
    monkeypatch.setattr(tour, "SERVERS", {"pbx1": "is played alone"})
    with pytest.raises(FaxstoreError, match="no fax with bad lines"):
        tour.run(folder, 20)

    demo = faxstore("--data-dir", str(folder), "demo")
    assert demo.returncode == 0, demo.stderr
    told = demo.stdout
    assert len(re.findall(r"^ [0-9a-f]{8} +pbx\d ", told, re.MULTILINE)) == 29  # those of the run before are gone
    assert len(re.findall(r"pbx1 .* server_restart +unknown", told)) == 4
    assert len(re.findall(r"pbx3 .* failed: ", told)) == 11
    assert re.search(r"pbx2 +\d+ +received +\S+ \S+ +\S+ +3 +69 +completion +success", told)
    assert re.search(r"^session [0-9a-f-]{36}\s*$", told, re.MULTILINE)  # the one over a noisy line, whole
    assert f"--config {folder}/faxstore.toml psql\n" in told
    assert f"rm -r {folder}\n" in told


def test_an_ingestor_that_fails_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def unknown_key(folder: Path, *_: object) -> Path:
        file = folder / "faxstore.toml"
        file.write_text("no_such_key = 1\n")
        return file

    monkeypatch.setattr(tour, "write_settings", unknown_key)
    with pytest.raises(FaxstoreError, match="left before the recordings were through with status 2"):
        tour.run(tmp_path, 20)
    assert "no_such_key is unknown" in capfd.readouterr().err
