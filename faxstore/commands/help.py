"""The help of a command is its docstring: shown by `--help`, and in docs/reference/commands.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rich.markup import escape


def paragraphs(run: Callable[..., Any]) -> list[str]:
    """The paragraphs of a docstring, each joined to one line, except for lists."""
    return [
        paragraph if is_list(paragraph) else " ".join(paragraph.split())
        for paragraph in inspect.cleandoc(run.__doc__ or "").split("\n\n")
    ]


def is_list(paragraph: str) -> bool:
    """Whether a paragraph is a heading such as "Examples:" with indented lines, which keep their line ends."""
    first, *rest = paragraph.split("\n")
    return first.endswith(":") and all(line.startswith("  ") for line in rest)


def screen(run: Callable[..., Any]) -> str:
    """The help for rich, which keeps line ends; brackets are escaped, because rich reads them as markup."""
    return escape("\n\n".join(paragraphs(run)))
