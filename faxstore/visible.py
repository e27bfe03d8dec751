r"""Makes text from outside safe to print.

Station ids, caller names, file names and a server's messages are chosen by the remote side.  Characters that control a
terminal, break a line or reverse the text beside them are escaped (``\x1b``); nothing is removed.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: line ends, tabs, terminal escapes
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of bidirectional text
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # lone surrogates, which UTF-8 cannot encode
    "]"
)


def visible(text: str) -> str:
    r"""The text with unsafe characters escaped (``\x1b``): it cannot control a terminal or break a line."""
    return text if text.isprintable() else _UNSAFE.sub(_escape, text)  # every unsafe character is unprintable


def visible_json(document: str) -> str:
    r"""An equal JSON document with unsafe characters escaped (``\u009b``).

    Control characters below the blank stay: inside of strings a JSON writer has escaped them, elsewhere they are
    formatting.
    """
    return _UNSAFE.sub(lambda match: match[0] if match[0] < " " else f"\\u{ord(match[0]):04x}", document)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
