"""The docstring of a command as its help: on the screen by `--help`, and in docs/reference/commands.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rich.markup import escape


def paragraphs(run: Callable[..., Any]) -> list[str]:
    """The paragraphs of a docstring, each in one line; one that begins with a line that ends in a colon is a list."""
    return [
        paragraph if is_list(paragraph) else " ".join(paragraph.split())
        for paragraph in inspect.cleandoc(run.__doc__ or "").split("\n\n")
    ]


def is_list(paragraph: str) -> bool:
    """Whether its lines are to stay as they are: a heading such as "Examples:", and indented lines."""
    first, *rest = paragraph.split("\n")
    return first.endswith(":") and all(line.startswith("  ") for line in rest)


def screen(run: Callable[..., Any]) -> str:
    """The help for rich, which keeps line ends and takes brackets for markup."""
    return escape("\n\n".join(paragraphs(run)))
