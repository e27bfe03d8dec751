"""The doctor's checks of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from faxstore.doctor import machine
from faxstore.doctor.findings import Verdict


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(5 * 1024**3, Verdict.OK), (500 * 1024**2, Verdict.WARN), (50 * 1024**2, Verdict.FAIL)],
)
def test_free_space_for_the_spool(free: int, verdict: Verdict) -> None:
    assert machine.free_space(Path("/var/lib/faxstore"), free).verdict is verdict


def test_a_data_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    (found,) = machine.examine(tmp_path / "not" / "there")
    assert found.check == "spool"
    assert "MiB free" in found.text


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (found,) = machine.examine(tmp_path / "file")
    assert (found.verdict, found.text) == (Verdict.FAIL, f"this user cannot write to {tmp_path}/file")
