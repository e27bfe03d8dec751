"""Which channels are asked for their Status, and when: once for each session that is new, and never at any price.

Status locks the channel that it tells of (manager.c, action_status); lists and details of fax sessions do not.  A
channel that hangs in Asterisk would hang a connection with every question, so one that gave no answer is not
asked about again, over no connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from faxstore.ami.poll_rules import Listed

LONGEST_NAME = 250
"""Bytes.  A channel's name has less than 80 (channel.h, AST_CHANNEL_NAME); a line to Asterisk up to 1024."""

REST = 60.0
"""Seconds without any question of this kind after one without an answer."""


class ChannelQuestions:
    """Of one server; outlives its connections."""

    def __init__(self) -> None:
        self._asked: set[int] = set()
        self._silent: set[tuple[int, str]] = set()
        self._rest_until = 0.0

    def connected(self) -> None:
        """Another connection: what happened to the sessions meanwhile is not known, so all are new."""
        self._asked.clear()

    def due(self, entries: Sequence[Listed], now: float) -> list[str]:
        """The channels to ask about, of a complete list; they count as asked.  now is in seconds."""
        self._asked &= {entry.number for entry in entries}
        self._silent &= {(entry.number, entry.channel) for entry in entries}
        if now < self._rest_until:
            return []
        new = [entry for entry in entries if entry.number not in self._asked]
        self._asked |= {entry.number for entry in new}
        names = (entry.channel for entry in new if (entry.number, entry.channel) not in self._silent)
        return [name for name in dict.fromkeys(names) if may_ask(name)]

    def silent(self, channel: str, entries: Sequence[Listed], now: float) -> None:
        """A channel, of this list, was asked about, and no answer came in time."""
        self._silent |= {(entry.number, channel) for entry in entries if entry.channel == channel}
        self._rest_until = now + REST


def may_ask(channel: str) -> bool:
    """Whether a name can be a header; without a name Asterisk would tell of all channels that there are."""
    size = len(channel.encode("utf-8", "replace"))
    return bool(channel.strip()) and size <= LONGEST_NAME and all(char >= " " and char != "\x7f" for char in channel)
