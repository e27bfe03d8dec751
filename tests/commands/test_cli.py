"""The command line: its help, and errors in one line with an exit status."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

import faxstore
from faxstore import cli
from faxstore.commands.general import help_paragraphs, help_text

COMMANDS = [
    "demo", "migrate", "ingest", "import", "record", "sessions", "show", "watch", "follow", "compact", "retention",
    "seal", "verify", "prove", "consistency", "erase", "capacity", "doctor", "psql",
]  # fmt: skip
GROUPS = {
    "report": ["audit", "html", "usage", "quality", "concurrency", "jobs", "failures", "coverage", "peers"],
    "export": ["sessions", "jobs", "pages", "timeline", "history", "usage"],
    "billing": ["export", "list", "render", "as-of", "check"],
    "partitions": ["list", "archive", "drop", "restore"],
}
EVERY = [*COMMANDS, *GROUPS, *(f"{group} {name}" for group, names in GROUPS.items() for name in names)]


def exit_status(arguments: list[str]) -> int:
    """The exit status of the command line."""
    with pytest.raises(SystemExit) as leaving:
        cli.main(arguments)
    return int(leaving.value.code or 0)


def error_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status and the one line on standard error; standard output is empty."""
    status = exit_status(arguments)
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("faxstore: ")
    assert error.endswith("\n")
    assert error.count("\n") == 1
    return status, error.removeprefix("faxstore: ").rstrip("\n")


def test_the_list_of_commands() -> None:
    assert [info.name for info in cli.app.registered_commands] == COMMANDS
    found = {info.name: info.typer_instance for info in cli.app.registered_groups}
    assert {name: [one.name for one in app.registered_commands] for name, app in found.items() if app} == GROUPS


@pytest.mark.parametrize("command", EVERY)
def test_the_help_of_each_command_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status([*command.split(), "--help"]) == 0
    screen, error = capsys.readouterr()
    assert error == ""
    assert "Examples:" in screen
    assert f"faxstore {command}" in screen
    assert f"Usage: faxstore {command}" in screen


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["--help"]) == 0
    screen = capsys.readouterr().out
    assert [command for command in [*COMMANDS, *GROUPS] if f"│ {command} " not in screen] == []


def test_brackets_in_a_docstring_are_not_markup() -> None:
    def run() -> None:
        """Reads the table [server] of the file."""

    assert help_text(run) == "Reads the table \\[server] of the file."


def test_paragraphs_are_joined_and_lists_keep_their_lines() -> None:
    def run() -> None:
        """First line.

        A paragraph
        of two lines.

        Examples:
          faxstore a
          faxstore b
        """

    assert help_paragraphs(run) == [
        "First line.",
        "A paragraph of two lines.",
        "Examples:\n  faxstore a\n  faxstore b",
    ]


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["--version"]) == 0
    assert capsys.readouterr().out == f"faxstore {faxstore.__version__}\n"


def test_python_m_faxstore_prints_the_version_without_a_database_driver() -> None:
    program = (
        "import runpy, sys; sys.argv = ['faxstore', '--version']\n"
        "try: runpy.run_module('faxstore', run_name='__main__')\n"
        "finally: print(sorted({'psycopg', 'sqlalchemy', 'alembic', 'panoramisk'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"faxstore {faxstore.__version__}\n[]\n"


def test_completion_for_a_shell() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "faxstore"],
        env={"_FAXSTORE_COMPLETE": "complete_bash", "COMP_WORDS": "faxstore ses", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["sessions"]


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status([]) == 2
    assert "Begin with:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["quux"], "No such command 'quux'. Try: faxstore --help"),
        (["show"], "Missing argument 'SESSION'. Try: faxstore show --help"),
        (["sessions", "--foo"], "No such option: --foo"),
        (["sessions", "--format", "xml"], "'xml' is not one of 'table', 'csv', 'json', 'jsonl', 'parquet'. Try:"),
        (["show", "0", "--format", "csv"], "'csv' is not one of 'table', 'json'"),
        (["sessions", "--direction", "up"], "'up' is not one of 'sent', 'received', 'gateway', 'detector'"),
        (
            ["sessions", "--jobs", "--direction", "detector"],
            "--jobs has rows for sent and received faxes only; remove the",
        ),
        (["sessions", "--result", "fine"], "'fine' is not one of 'success', 'failed', 'unknown'"),
        (["sessions", "--from", "yesterday"], "--from: 'yesterday' is not a date or time; use 2026-11-30"),
        (["sessions", "--since", "yesterday"], "--from: 'yesterday' is not a date or time; use 2026-11-30"),
        (["sessions", "--until", "2026-02-30"], "--to: '2026-02-30' is not a date or time"),
        (["record", "--seconds", "-1"], "--seconds -1 is too small; the least is 0.1. Try: faxstore record --help"),
        (["capacity"], "capacity: give --faxes-per-day N, or --measured for the faxes of the database"),
        (["capacity", "--faxes-per-day", "0"], "--faxes-per-day 0 is too small; the least is 1. Try: faxstore"),
        (["capacity", "--faxes-per-day", "-5"], "--faxes-per-day -5 is too small; the least is 1"),
        (["capacity", "--faxes-per-day", "nan"], "--faxes-per-day nan is too large; the most is 1e+08"),
        (["capacity", "--faxes-per-day", "1e12"], "--faxes-per-day 1e12 is too large; the most is 1e+08"),
        (["capacity", "--faxes-per-day", "1", "--years", "1000"], "--years 1000 is too large; the most is 100"),
        (["capacity", "--faxes-per-day", "1", "--keep-rows", "1.5"], "--keep-rows 1.5 is not a whole number"),
        (["record", "--seconds", "x"], "--seconds x is not a number. Try: faxstore record --help"),
        (
            ["verify", "--from-position", "1.5"],
            "--from-position 1.5 is not a whole number. Try: faxstore verify --help",
        ),
        (["erase", "--session", "x"], "--session x is not a session_id, such as 5f1c7a52-"),
        (["prove", "x"], "prove: 'x' is neither a position nor a session id or the beginning of one"),
        (["show", "x"], "show: 'x' is not a session id or the beginning of one; see faxstore sessions"),
        (["erase", "--number", "12"], "--number '12': expected 4 to 20 digits"),
        (["sessions", "extra"], "unexpected argument: extra. Try: faxstore sessions --help"),
        (["sesions"], "No such command 'sesions'. Did you mean 'sessions'? Try: faxstore --help"),
        (["sessions", "--from"], "Option '--from' requires an argument. Try: faxstore sessions --help"),
        (["demo", "--speed", "0"], "--speed 0 is too small; the least is 0.1. Try: faxstore demo --help"),
        (["ingest", "--config", "/none/such.toml"], "/none/such.toml: No such file or directory"),
        (["--config", "/none/such.toml", "sessions"], "/none/such.toml: No such file or directory"),
        (["--dsn", "nonsense", "sessions"], "--dsn is not a connection string of PostgreSQL"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    status, error = error_line(arguments, capsys)
    assert status == 2
    assert line in error


@pytest.mark.parametrize("command", ["ingest", "record"])
def test_commands_that_need_a_server_report_a_missing_one(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "faxstore.toml"
    config.touch()
    status, error = error_line(["--config", str(config), command], capsys)
    assert status == 2
    assert "no [[server]] is set" in error


@pytest.mark.parametrize("command", ["migrate", "sessions"])
def test_a_database_that_cannot_be_reached(command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    dsn = f"host={tmp_path} dbname=fax user=fax"
    status, error = error_line(["--dsn", dsn, command], capsys)
    assert status == 3
    assert "the database cannot be reached" in error


def test_an_interrupt_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("faxstore.settings.loading.load", interrupted)
    assert exit_status(["sessions"]) == cli.INTERRUPTED


def test_a_declined_question_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def declined(*_: object, **__: object) -> None:
        raise typer.Abort

    monkeypatch.setattr("faxstore.settings.loading.load", declined)
    assert error_line(["sessions"], capsys) == (cli.DECLINED, "not confirmed: nothing was changed")


def test_a_closed_pipe_is_not_an_error() -> None:
    program = (
        "import sys; from faxstore import cli\n"
        "from faxstore.report import one_session\n"
        "from contextlib import nullcontext\n"
        "from faxstore.store import database\n"
        "database.open_database = lambda *_: nullcontext()\n"
        "one_session.show = lambda *a, **k: [print('x' * 1000) for _ in range(10_000)]\n"
        "cli.main(['--dsn', 'dbname=fax', 'show', '5f1c'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(10) == 0
