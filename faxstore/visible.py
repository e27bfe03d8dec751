r"""Text of the other side, made harmless to look at.

Station ids, caller names, file names and a server's reasons are the remote side's choice.  What could steer a
terminal, break a line or turn what stands beside it around is written out (``\x1b``); nothing is left out.
"""

from __future__ import annotations

import re

_STEERING = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: line ends, tabs and the beginnings of terminal escapes
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the marks of bidirectional text
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # no characters at all: UTF-8 cannot write them
    "]"
)


def visible(text: str) -> str:
    r"""Text with its control characters written out (``\x1b``): it cannot steer a terminal or break a line."""
    return _STEERING.sub(_written_out, text)


def visible_json(document: str) -> str:
    r"""JSON that says the same with those characters as ``\u009b``; control characters below a blank stay.

    A JSON writer has escaped those in texts already; elsewhere they are line ends.
    """
    return _STEERING.sub(lambda match: match[0] if match[0] < " " else f"\\u{ord(match[0]):04x}", document)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
