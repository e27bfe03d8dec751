"""HTML documents: templates with autoescape, and a Content-Security-Policy that allows their own style and script only.

A document makes no request.  The policy lets a browser refuse everything else, so that text from the wire could do
nothing even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from faxstore.errors import UsageError

BUFFERED = 200
"""Pieces of a template that are written at once."""


def require(what: str, output: Path | None) -> None:
    """Raises UsageError, which begins with `what`, without the extra, and if the page would go to a terminal."""
    try:
        import jinja2  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise UsageError(f"{what} needs jinja2 and vl-convert-python: pip install faxstore[html]") from error
    if output is None and sys.stdout.isatty():
        raise UsageError(f"{what} is a page for a browser: name a file, for example --output report.html")


def rendered(template: str, **content: Any) -> Iterator[str]:
    """The text of a document, in pieces; iterators in the content are read while it is written."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    style, script = _part("style.css"), _part("sort.js")
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    policy = f"default-src 'none'; style-src {_hashed(style)}; script-src {_hashed(script)}"
    stream = environment.get_template(template).stream(style=style, script=script, policy=policy, **content)
    stream.enable_buffering(BUFFERED)
    return stream


@cache
def _part(name: str) -> Any:
    """A file beside this module as text that is not escaped."""
    from markupsafe import Markup

    return Markup(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _hashed(text: str) -> str:
    """The source expression that allows an inline style or script with this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
