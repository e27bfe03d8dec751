"""Wrong use of the command line in one line: what is wrong, with which value, and the command that shows the help."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import typer

_PROBLEMS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_parsing": lambda limits: "is not a whole number",
    "int_from_float": lambda limits: "is not a whole number",
    "int_parsing_size": lambda limits: "is too large a number",
    "float_parsing": lambda limits: "is not a number",
    "finite_number": lambda limits: "is not a number",
    "uuid_parsing": lambda limits: "is not a session_id, such as 5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11",
    "greater_than_equal": lambda limits: f"is too small; the least is {limits['ge']:g}",
    "less_than_equal": lambda limits: f"is too large; the most is {limits['le']:g}",
}
"""What is wrong with a value, by the type of pydantic's error, from the context of that error."""

_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)")


def describe(error: typer.TyperException) -> str:
    """Return the line for an error of typer; empty if typer has shown the help itself."""
    text = _value(error) or " ".join(error.format_message().split()).replace("Value error, ", "")
    if extra := _EXTRA.fullmatch(text):
        text = f"unexpected argument: {extra[1]}"
    if not text:
        return ""
    context = getattr(error, "ctx", None)
    end = "" if text.endswith("?") else "."
    return f"{text.rstrip('.')}{end} Try: {context.command_path if context else 'faxstore'} --help"


def _value(error: typer.TyperException) -> str | None:
    """The line for a value that cannot be converted; None for another error."""
    found: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    param = getattr(error, "param", None)
    if not found or param is None or found[0]["type"] not in _PROBLEMS:
        return None
    name = param.opts[0] if param.param_type_name == "option" else param.metavar
    return f"{name} {found[0]['input']} {_PROBLEMS[found[0]['type']](found[0].get('ctx', {}))}"
