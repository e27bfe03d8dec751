"""`faxstore demo` as a user runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faxstore.demo import run as demo
from faxstore.errors import FaxstoreError
from tests.kit.places import server_place


def faxstore(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with a database in the environment that the demo must not use."""
    environment = os.environ | {"FAXSTORE_DSN": "host=127.0.0.1 port=1 connect_timeout=1"}
    command = [sys.executable, "-m", "faxstore", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=150)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder outside pytest's own, which every start of pytest closes to the user of the embedded server."""
    with tempfile.TemporaryDirectory(prefix="faxstore-demo-", dir=server_place()) as name:
        yield Path(name)


def test_the_demo_shows_all_sessions_even_after_another_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SERVERS", {"pbx1": "is the only server"})
    with pytest.raises(FaxstoreError, match="no fax with bad lines"):
        demo.run_demo(folder, 1000)

    finished = faxstore("demo", "--data-dir", str(folder))
    assert finished.returncode == 0, finished.stderr
    output = finished.stdout
    assert len(re.findall(r"^[0-9a-f]{8} +pbx\d ", output, re.MULTILINE)) == 29  # without those of the previous run
    assert len(re.findall(r"pbx1 .* server_restart +unknown", output)) == 4
    assert len(re.findall(r"pbx3 .* failed  ", output)) == 11
    assert re.search(r"pbx2 +\d+ +received +from .+ +\S+ \S+ +\S+ +3 +69 +completion +success", output)
    assert re.search(r"^session [0-9a-f-]{36}\s*$", output, re.MULTILINE)  # the fax over a noisy line
    assert f"--config {folder}/faxstore.toml psql\n" in output
    assert f"rm -r {folder}\n" in output


def test_a_failing_ingestor_is_reported_with_its_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def unknown_key(folder: Path, *_: object) -> Path:
        file = folder / "faxstore.toml"
        file.write_text("no_such_key = 1\n")
        return file

    monkeypatch.setattr(demo, "write_settings", unknown_key)
    with pytest.raises(FaxstoreError, match="exited before the recordings ended with status 2"):
        demo.run_demo(folder, 20)
    assert "no_such_key is unknown" in capfd.readouterr().err
