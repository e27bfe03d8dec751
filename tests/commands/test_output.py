"""--output FILE writes what a command otherwise prints; the file gets its name when it is complete."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from faxstore import cli
from tests.kit.billing_batches import export
from tests.kit.given import append, gone, receiving

Captured = pytest.CaptureFixture[str]
YEAR = ["--from", "2026-01-01", "--to", "2027-01-01"]
COMMANDS = [
    ["sessions"],
    ["sessions", "--format", "csv"],
    ["sessions", "--format", "jsonl"],
    ["sessions", "--jobs", "--format", "json"],
    ["export", "sessions"],
    ["billing", "list"],
    ["billing", "list", "--format", "json"],
    ["billing", "as-of", "1", *YEAR],
]


def run(capsys: Captured, dsn: str, *arguments: str) -> tuple[int, str, str]:
    """The exit status, standard output and standard error."""
    with pytest.raises(SystemExit) as leaving:
        cli.main([*arguments, "--dsn", dsn])
    out, error = capsys.readouterr()
    return int(leaving.value.code or 0), out, error


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_file_has_what_the_command_prints(
    command: list[str], dsn: str, database: psycopg.Connection, capsys: Captured, tmp_path: Path
) -> None:
    append(database, receiving((0, 1, 0)), gone(10))
    export(dsn, tmp_path)
    status, printed, _ = run(capsys, dsn, *command)
    assert status == 0
    assert printed
    file = tmp_path / "written"
    assert run(capsys, dsn, *command, "--output", str(file))[:2] == (0, "")
    assert file.read_bytes().decode() == printed
    assert run(capsys, dsn, *command, "--output", "-")[:2] == (0, printed)

    file.write_text("precious")
    status, out, error = run(capsys, dsn, *command, "--output", str(file))
    assert (status, out, error) == (2, "", f"faxstore: {file} exists already; --force replaces it\n")
    assert file.read_text() == "precious"
    assert run(capsys, dsn, *command, "--output", str(file), "--force")[0] == 0
    assert file.read_bytes().decode() == printed


def test_a_report_in_a_file(dsn: str, database: psycopg.Connection, capsys: Captured, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0)), gone(10))
    for form, beginning in (("table", "Audit of"), ("json", '{\n "report": "audit"')):
        file = tmp_path / form
        assert run(capsys, dsn, "report", "audit", *YEAR, "--format", form, "--output", str(file)) == (0, "", "")
        assert file.read_text().startswith(beginning)


def test_an_error_leaves_no_file(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "written"
    for command in COMMANDS:
        assert run(capsys, "host=/none/such dbname=fax", *command, "--output", str(file))[0] == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_force_without_a_file_is_an_error(command: list[str], capsys: Captured) -> None:
    status, _, error = run(capsys, "host=/none/such dbname=fax", *command, "--force")
    assert (status, error) == (2, "faxstore: --force is for --output FILE\n")
