"""Each format that the help of a command lists is accepted by that command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.reference import commands_page
from tests.kit.command_line import run_command

REQUIRED: dict[str, list[str]] = {
    "billing as-of": ["1"],
    "billing export": ["--folder", "FOLDER"],
    "capacity": ["--measured"],
    "import": ["FOLDER/none"],
    "report audit": ["--from", "2026-01-01", "--to", "2027-01-01"],
    "show": ["0"],
}
"""The arguments without which a command does not run."""

UNREACHABLE = 3


def listed_formats() -> Iterator[tuple[str, str]]:
    """Each command with each format that its help lists."""
    for name, run in commands_page.commands():
        for option in commands_page.parameters(run):
            if option.spelling.startswith("--format "):
                yield from ((name, form) for form in option.spelling.removeprefix("--format ").split("|"))


@pytest.mark.parametrize(("command", "form"), list(listed_formats()))
def test_a_listed_format_is_accepted(command: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    required = [one.replace("FOLDER", str(tmp_path)) for one in REQUIRED.get(command, [])]
    if form == "parquet" and command.startswith("export"):
        required += ["--folder", str(tmp_path / "new")]
    if command == "import" and form != "recording":
        required += ["--server", "pbx", "--time-zone", "UTC"]
    ran = run_command(f"host={tmp_path} dbname=fax user=fax", *command.split(), *required, "--format", form)
    assert ran.returncode == UNREACHABLE, ran.stderr
    assert "the database cannot be reached" in ran.stdout + ran.stderr


def test_the_commands_with_formats() -> None:
    assert {command for command, _ in listed_formats()} >= {"billing list", "doctor", "sessions", "show", "verify"}
