"""Options that mean the same for every command: general options, empty values, periods."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from faxstore import cli
from faxstore.commands.general import NAMES, GeneralOptions
from faxstore.logs import LogFormat

Captured = pytest.CaptureFixture[str]
NOWHERE = "host=/none/such dbname=fax"
GENERAL = {"config": "/none/such.toml", "dsn": NOWHERE, "data_dir": "/none/such", "log_format": "json"}


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command of the program that runs something, with the words that name it."""
    found = getattr(command, "commands", None)
    if found is None:
        yield path, command
    for name, inner in (found or {}).items():
        yield from commands(inner, *path, name)


ROOT: Any = get_command(cli.app)
EVERY = dict(commands(ROOT))
ARGUMENTS = {
    "SESSION": "5f1c",
    "FILE": "x",
    "N": "1",
    "WHEN": "1",
    "SESSION-OR-POSITION": "1",
    "ROWS": "1",
    "MONTH": "2020-01",
}


@pytest.fixture(autouse=True)
def built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer builds all commands again for each run of the program, which takes most of its time."""
    monkeypatch.setattr(cli, "app", ROOT)


def required(command: Any) -> list[str]:
    """Values for the arguments and options without which the command does not run."""
    words = []
    for param in command.params:
        if param.required:
            words += [ARGUMENTS[param.metavar]] if param.param_type_name == "argument" else [param.opts[0], "24h"]
    return words


def text_options() -> Iterator[tuple[tuple[str, ...], str]]:
    """Each option of each command that has a value."""
    for path, command in EVERY.items():
        for param in command.params:
            if param.param_type_name == "option" and not param.is_flag:
                yield path, param.opts[0]
        for name in NAMES:
            yield path, "--" + name.replace("_", "-")


def run(capsys: Captured, *arguments: str) -> tuple[int, str]:
    """The exit status and standard error."""
    with pytest.raises(SystemExit) as exited:
        cli.main([*arguments])
    return int(exited.value.code or 0), capsys.readouterr().err


def test_commands_of_groups_are_tested_too() -> None:
    assert ("billing", "as-of") in EVERY
    assert ("sessions",) in EVERY


@pytest.mark.parametrize(("path", "option"), list(text_options()))
def test_an_empty_value_is_an_error(path: tuple[str, ...], option: str, capsys: Captured) -> None:
    rest = required(EVERY[path])
    for spelling in ([option, ""], [f"{option}="], [option, " "]):
        status, error = run(capsys, *path, *rest, *spelling)
        assert (status, error) == (2, f"faxstore: {option} is empty: give a value, or omit it\n")
    if option.removeprefix("--").replace("-", "_") in NAMES:
        status, error = run(capsys, option, "", *path, *rest)
        assert (status, error) == (2, f"faxstore: {option} is empty: give a value, or omit it\n")


@pytest.mark.parametrize("path", [path for path in EVERY if path != ("psql",)])
def test_an_empty_argument_is_an_error(path: tuple[str, ...], capsys: Captured) -> None:
    if not any(param.param_type_name == "argument" for param in EVERY[path].params):
        return
    status, error = run(capsys, *path, "")
    assert status == 2
    assert re.fullmatch(r"faxstore: \S+ is empty: give a value, or omit it\n", error)


def general_options(arguments: list[str]) -> Any:
    """The general options that a command gets; the command itself does not run."""
    seen: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        for command in EVERY.values():
            patch.setattr(command, "invoke", lambda context: seen.append(context.obj))
        ROOT(arguments, prog_name="faxstore", standalone_mode=False)
    (found,) = seen
    return found


@pytest.mark.parametrize("path", EVERY)
def test_general_options_work_before_and_after_the_command(path: tuple[str, ...]) -> None:
    general = [word for name in NAMES for word in ("--" + name.replace("_", "-"), GENERAL[name])]
    rest = required(EVERY[path])
    expected = GeneralOptions(Path(GENERAL["config"]), NOWHERE, Path(GENERAL["data_dir"]), LogFormat.JSON)
    for arguments in (
        [*general, *path, *rest],
        [*path, *general, *rest],
        [*path, *rest, *general],
        [path[0], *general, *path[1:], *rest],
        [*general[:4], *path, *rest, *general],
    ):
        assert general_options(arguments) == expected
    assert general_options([*path, *rest]) == GeneralOptions()


@pytest.mark.parametrize("name", NAMES)
def test_a_general_option_with_two_values_is_an_error(name: str, capsys: Captured) -> None:
    option = "--" + name.replace("_", "-")
    one, other = (GENERAL[name], "text") if name == "log_format" else ("/one", "/other")
    line = f"{option} is given more than once, with different values: give it once"
    for arguments in (
        [option, one, "sessions", option, other],
        ["sessions", option, one, option, other],
        [option, one, option, other, "sessions"],
        ["export", option, one, "sessions", option, other],
    ):
        status, error = run(capsys, *arguments)
        assert status == 2
        assert line in error
        assert error.count("\n") == 1


def test_the_option_overrides_the_variable_of_the_log_format(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXSTORE_LOG_FORMAT", "json")
    _, error = run(capsys, "sessions", "--dsn", NOWHERE, "--from", "never")
    assert json.loads(error)["message"].startswith("--from: 'never' is not")
    _, error = run(capsys, "sessions", "--dsn", NOWHERE, "--from", "never", "--log-format", "text")
    assert error.startswith("faxstore: --from: 'never' is not")


PERIOD_COMMANDS = [path for path, command in EVERY.items() if "--from" in [o for p in command.params for o in p.opts]]


def test_every_command_with_a_period_has_the_three_options() -> None:
    assert len(PERIOD_COMMANDS) == 17
    for path in PERIOD_COMMANDS:
        assert {"--from", "--to", "--time-zone"} <= {option for param in EVERY[path].params for option in param.opts}


@pytest.mark.parametrize("path", PERIOD_COMMANDS)
def test_a_period_that_ends_before_it_starts_is_an_error(path: tuple[str, ...], capsys: Captured) -> None:
    arguments = [] if path[0] == "report" else required(EVERY[path])
    for since, until in (("--from", "--to"), ("--since", "--until")):
        status, error = run(capsys, "--dsn", NOWHERE, *path, *arguments, since, "2026-11-02", until, "2026-11-01")
        assert (status, error.count("\n")) == (2, 1)
        assert "--from 2026-11-02T00:00:00 is not before --to 2026-11-01T00:00:00" in error


def test_the_old_spellings_are_not_in_the_help(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        cli.main(["sessions", "--help"])
    screen = capsys.readouterr().out
    assert "--from" in screen
    assert "--since" not in screen


@pytest.mark.parametrize("path", EVERY)
def test_the_help_shows_no_types_of_python(path: tuple[str, ...], capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        cli.main([*path, "--help"])
    screen = capsys.readouterr().out
    assert not re.findall(r"<(?:bool|int|str|float|list|path)[^>]*>|<[a-z0-9]+(?:\|[a-z0-9]+)+>", screen)
    assert "--dsn" in screen


def test_a_dash_as_output_is_standard_output(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = "faxstore: --format parquet is a folder of files: name it with --folder DIR, without --output\n"
    assert run(capsys, "export", "pages", "--format", "parquet", "--output", "-") == (2, line)
    assert run(capsys, "export", "pages", "--output", "-", "--dsn", NOWHERE)[0] == 3
    assert list(tmp_path.iterdir()) == []
