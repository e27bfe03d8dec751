"""Headers of requests: which values can be sent, and how the ActionIDs of faxstore begin."""

from __future__ import annotations

import re

MAX_ACTION_ID = 100
"""res_fax.c copies ``ActionID: ...`` through char[256], manager.c CoreStatus through char[150]."""

OUR_ACTION_ID = "faxstore-"
"""How the ActionIDs of faxstore's requests begin; a message without it answers none of them."""

_LINE_ENDS = re.compile("[\r\n\0]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def check_header(name: str, value: object) -> None:
    """Raise ValueError if the value is not text, or if the header would not stay one header."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {type(value).__name__}")
    if _LINE_ENDS.search(name) or _LINE_ENDS.search(value):
        raise ValueError(f"{name} must not contain a line end or NUL")
    if _SURROGATES.search(value):
        raise ValueError(f"{name} must be text that UTF-8 can encode")
