"""Numbers in AMI headers, as Asterisk prints them: SessionNumber with %u, all others with %d."""

from __future__ import annotations

import re

from faxstore.capture.message import Message

_INTEGER = re.compile(r"\s*([+-]?\d{1,10})\s*")

MAX_SESSION_NUMBER = 2**32 - 1
SESSION_NUMBER = "sessionnumber"


def session_number(message: Message) -> int | None:
    """Return SessionNumber, an unsigned 32-bit number; None if the header is missing or anything else."""
    text = message.get(SESSION_NUMBER).strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > MAX_SESSION_NUMBER:
        return None
    return int(text)


def number(text: str) -> int | None:
    """Return the signed 32-bit number in the text; None if the text is anything else."""
    match = _INTEGER.fullmatch(text) if text.isascii() else None
    return int(match[1]) if match and -(2**31) <= int(match[1]) < 2**31 else None
