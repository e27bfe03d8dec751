"""docs/reference/commands.md from the command line itself: `make docs` writes it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo

from faxstore import cli
from faxstore.commands import help

HEAD = """\
# Commands

<!-- Written by `make docs` from the command line itself: change the texts in faxstore/commands, not here. -->

Data goes to standard output, messages to standard error. `--format` chooses how rows come out; no row is ever left out.
`faxstore --install-completion` teaches the shell to complete commands and options, `--help` (`-h`) explains each.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *_section("faxstore [OPTIONS] COMMAND", cli.options)]
    for name, run in commands():
        arguments = [one.spelling for one in parameters(run) if one.is_argument]
        usage = " ".join(["faxstore", name, "[OPTIONS]", *arguments])
        parts += [f"\n## {name}\n", *_section(usage, run)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def commands(app: typer.Typer = cli.app, group: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Each command with its name; those of a group stand behind it, and have its name before theirs."""
    for info in app.registered_commands:
        assert info.callback is not None
        yield f"{group}{info.name}", info.callback
    for part in app.registered_groups:
        assert part.typer_instance is not None
        assert part.typer_instance.registered_callback is not None
        assert part.typer_instance.registered_callback.callback is not None
        yield f"{part.name}", part.typer_instance.registered_callback.callback
        yield from commands(part.typer_instance, f"{part.name} ")


@dataclass(frozen=True)
class Parameter:
    """An option or an argument, as a user writes it and as its help has it."""

    spelling: str
    meaning: str
    is_argument: bool


def parameters(run: Callable[..., Any]) -> list[Parameter]:
    """Those of a command, by its signature."""
    hints = get_type_hints(run, include_extras=True)
    found = []
    for name, parameter in inspect.signature(run).parameters.items():
        if name == "context":
            continue
        annotation, info = get_args(hints[name])
        default = parameter.default
        told = f" Default: {default}." if default not in (None, False, inspect.Parameter.empty) else ""
        is_argument = isinstance(info, ArgumentInfo)
        spelling = str(info.metavar) if is_argument else _option(name, annotation, info)
        found.append(Parameter(spelling, f"{info.help}{told}", is_argument))
    return found


def _option(name: str, annotation: Any, info: Any) -> str:
    # What stands first in typer.Option() is its default, or the name where Annotated has the default elsewhere.
    spelling = info.default if isinstance(info.default, str) else f"--{name.replace('_', '-')}"
    if annotation is bool:
        return str(spelling)
    kinds = [kind for outer in (get_args(annotation) or (annotation,)) for kind in (get_args(outer) or (outer,))]
    choices = "|".join(kinds[0]) if issubclass(kinds[0], StrEnum) else None
    return f"{spelling} {info.metavar or choices or kinds[0].__name__.upper()}"


def _section(usage: str, run: Callable[..., Any]) -> Iterator[str]:
    yield f"```\n{usage}\n```\n"
    for paragraph in help.paragraphs(run):
        if help.is_list(paragraph):
            title, *lines = paragraph.split("\n")
            body = "\n".join(line[2:] for line in lines)
            yield f"{title}\n\n```\n{body}\n```\n"
        else:
            yield f"{paragraph}\n"
    rows = [f"| `{_cell(one.spelling)}` | {_cell(one.meaning)} |" for one in parameters(run)]
    if rows:
        yield "\n".join(["| option or argument | meaning |", "| --- | --- |", *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
