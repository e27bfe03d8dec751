"""How every command parses its command line, with the general options --config, --dsn, --data-dir and --log-format.

Typer binds an option to the place where it is declared: before or after the name of a command.  The classes of this
module accept the general options in both places, reject empty values, and accept old spellings.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from typer.core import TyperCommand, TyperGroup

from faxstore import logs
from faxstore.errors import UsageError

ALIASES = {"--from": "--since", "--to": "--until"}
"""Options with a second spelling that the help does not show."""

if TYPE_CHECKING:
    _Base = TyperCommand
else:
    _Base = object


@dataclass(frozen=True)
class GeneralOptions:
    """The values from the command line; None if an option was not given."""

    config: Path | None = None
    dsn: str | None = field(default=None, repr=False)  # may contain a password
    data_dir: Path | None = None
    log_format: logs.LogFormat | None = None

    def merge(self, given: dict[str, Sequence[Any]]) -> GeneralOptions:
        """Return the options with these values added.  Raises UsageError if an option has two different values."""
        changes = {}
        for name, values in given.items():
            distinct = {getattr(self, name), *values} - {None}
            if len(distinct) > 1:
                option = "--" + name.replace("_", "-")
                raise UsageError(f"{option} is given more than once, with different values: give it once")
            changes[name] = distinct.pop() if distinct else None
        return replace(self, **changes)


NAMES = tuple(GeneralOptions.__dataclass_fields__)


def on_command_line(context: Any, values: dict[str, Any]) -> dict[str, Sequence[Any]]:
    """The general options that the user typed at this place; the others come from the environment or are defaults."""
    return {
        name: values[name] or ()
        for name in NAMES
        if name in values and getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }


class _Parsing(_Base):
    """Overrides how a command or a group of commands parses its part of the command line."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own parameters, and the general options, which typer declares only at the root."""
        params: list[Any] = super().get_params(ctx)
        root = ctx.find_root().command
        if self is not root:
            params = [*params, *(param for param in root.params if param.name in NAMES)]
        for param in params:
            _show_no_python_type(param, ctx)
        return params

    def make_parser(self, ctx: Any) -> Any:
        """The parser, with the aliases."""
        parser = super().make_parser(ctx)
        own: list[Any] = self.params
        for param in own:
            for option in ALIASES.keys() & set(param.opts):
                parser.add_option(param, [ALIASES[option]], dest=param.name)
        return parser

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments into ctx.params, and the general options into ctx.obj."""
        try:
            if not ctx.resilient_parsing:  # as for the completion of a shell
                self._reject_empty(ctx, args)
            rest: list[str] = super().parse_args(ctx, args)
        except typer.TyperException as error:
            error.ctx = getattr(error, "ctx", None) or ctx  # type: ignore[attr-defined]
            raise
        if ctx.parent is not None:
            given = on_command_line(ctx, {name: ctx.params.pop(name, None) for name in NAMES})
            ctx.obj = (ctx.obj or GeneralOptions()).merge(given)
            if "log_format" in given:
                logs.configure(ctx.obj.log_format)
        return rest

    def _reject_empty(self, ctx: Any, args: list[str]) -> None:
        values, _, _ = self.make_parser(ctx).parse_args(list(args))
        for param in self.get_params(ctx):
            if param.param_type_name == "argument" and ctx.ignore_unknown_options:
                continue  # arguments of another program
            value = values.get(param.name)
            given = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(one, str) and not one.strip() for one in given):
                name = param.opts[0] if param.param_type_name == "option" else param.metavar
                raise UsageError(f"{name} is empty: give a value, or omit it")


def _show_no_python_type(param: Any, ctx: Any) -> None:
    """Keeps <bool>, <list[str]> and the angle brackets around choices out of the help."""
    if param.param_type_name == "argument":
        param.display_type_rich = lambda ctx: None
    elif getattr(param, "is_flag", False):
        param.metavar = ""
    elif param.metavar is None:
        param.metavar = (param.display_type(ctx) or "").strip("<>")


class Command(_Parsing, TyperCommand):
    """A command."""


class Group(_Parsing, TyperGroup):
    """A group of commands."""


def new_group(about: Callable[..., None]) -> typer.Typer:
    """A group of commands; `about` has its help as docstring and its options as parameters."""
    app = typer.Typer(
        cls=Group,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=help_text(about))(about)
    return app


def add_command(app: typer.Typer, name: str, run: Callable[..., None], **context_settings: bool) -> None:
    """Add a command, whose docstring is its help."""
    app.command(name, cls=Command, help=help_text(run), context_settings=context_settings)(run)


def help_paragraphs(run: Callable[..., Any]) -> list[str]:
    """The paragraphs of a docstring, each joined to one line, except for lists."""
    return [
        paragraph if is_list(paragraph) else " ".join(paragraph.split())
        for paragraph in inspect.cleandoc(run.__doc__ or "").split("\n\n")
    ]


def is_list(paragraph: str) -> bool:
    """Whether a paragraph is a heading such as "Examples:" with indented lines, which keep their line ends."""
    first, *rest = paragraph.split("\n")
    return first.endswith(":") and all(line.startswith("  ") for line in rest)


def help_text(run: Callable[..., Any]) -> str:
    """The help for rich, which keeps line ends; brackets are escaped, because rich reads them as markup."""
    return escape("\n\n".join(help_paragraphs(run)))
