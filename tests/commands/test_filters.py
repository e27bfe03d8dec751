"""--server, --account and --no-account, in every command that has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.main import get_command

from faxstore import cli
from tests.kit.databases import fresh
from tests.kit.given_attempts import DAY, Attempt, append_attempts

Captured = pytest.CaptureFixture[str]

OTHERWISE = {"follow", "import", "record", "watch"}
"""Commands whose --server names what they write or watch, and one without a period (tests/follow/test_command.py)."""

PERIOD = ("--from", "2026-11-01", "--to", "2027-01-01")


def leaves(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Each command with the names of its parameters."""
    if (inner := getattr(command, "commands", None)) is None:
        yield path, {parameter.name for parameter in command.params}
    for name, each in (inner or {}).items():
        yield from leaves(each, *path, name)


FILTERS = [
    (path, option)
    for path, parameters in leaves(get_command(cli.app))
    for option in ("server", "account")
    if option in parameters and path[0] not in OTHERWISE
]
BY_ACCOUNT = [path for path, option in FILTERS if option == "account"]


@pytest.fixture(scope="module")
def four(server: str, template: str) -> Iterator[str]:
    """Faxes of the accounts law and none, one without an account, and one of another server without an account."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as database:
            append_attempts(
                database,
                Attempt(0, account="law", server="pbx1", called="1"),
                Attempt(DAY, account="none", server="pbx1", called="2"),
                Attempt(2 * DAY, server="pbx1", called="3"),
                Attempt(3 * DAY, server="pbx2", called="4"),
            )
        yield dsn


def run(capsys: Captured, dsn: str, *arguments: str) -> tuple[int, str, str]:
    """The exit status, standard output and standard error, as the role that may only read."""
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", f"{dsn} options='-c role=fax_reader'", *arguments])
    return int(leaving.value.code or 0), *capsys.readouterr()


def test_these_commands_have_filters() -> None:
    data_sets = ("history", "jobs", "pages", "sessions", "timeline", "usage")
    assert sorted(BY_ACCOUNT) == sorted([("sessions",), *(("export", name) for name in data_sets)])
    assert sorted({path for path, _ in FILTERS} - set(BY_ACCOUNT)) == sorted(
        ("report", name)
        for name in ("audit", "concurrency", "coverage", "failures", "html", "jobs", "quality", "usage")
    )


@pytest.mark.parametrize(("path", "option"), FILTERS, ids=lambda value: "-".join(value) if value else "")
def test_a_typo_is_one_line_with_the_known_values(
    four: str, path: tuple[str, ...], option: str, capsys: Captured
) -> None:
    known = {"server": "pbx1, pbx2\n", "account": "law, none; --no-account selects sessions without an account\n"}
    real = {"server": "pbx1", "account": "law"}[option]
    status, out, error = run(capsys, four, *path, *PERIOD, f"--{option}", real, f"--{option}", "typo")
    assert (status, out) == (2, "")
    assert error == f"faxstore: --{option} typo: the history has no such {option}; known: {known[option]}"


@pytest.mark.parametrize(("path", "option"), FILTERS, ids=lambda value: "-".join(value) if value else "")
def test_a_known_value_without_faxes_in_the_period_is_no_error(
    four: str, path: tuple[str, ...], option: str, capsys: Captured
) -> None:
    value = {"server": "pbx2", "account": "law"}[option]
    status, _, error = run(capsys, four, *path, "--from", "2020-01-01", "--to", "2020-02-01", f"--{option}", value)
    assert (status, error) == (0, "")


@pytest.mark.parametrize("path", BY_ACCOUNT, ids="-".join)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--no-account"], ["pbx1", "pbx2"]),
        (["--no-account", "--server", "pbx2"], ["pbx2"]),
        (["--account", "none"], ["pbx1"]),
        (["--account", "none", "--server", "pbx2"], []),
        (["--account", "none", "--no-account", "--server", "pbx2"], ["pbx2"]),
    ],
    ids=" ".join,
)
def test_no_account_is_not_the_account_called_none(
    four: str, path: tuple[str, ...], arguments: list[str], expected: list[str], capsys: Captured
) -> None:
    """The servers of the rows show which faxes were selected."""
    status, out, error = run(capsys, four, *path, "--format", "jsonl", *arguments)
    rows = [json.loads(line) for line in out.splitlines()]
    assert (status, error) == (0, "")
    assert sorted({row["server"] for row in rows}) == expected
    if "account_code" in (rows or [{}])[0]:
        accounts = {row["account_code"] for row in rows}
        assert accounts == {None} if "--no-account" in arguments else accounts == {"none"}


def test_a_typo_leaves_no_file(four: str, tmp_path: Path, capsys: Captured) -> None:
    for number, command in enumerate((["sessions"], ["export", "sessions"], ["report", "audit", *PERIOD])):
        output = tmp_path / str(number)
        assert run(capsys, four, *command, "--server", "typo", "--output", str(output))[0] == 2
    assert list(tmp_path.iterdir()) == []
