"""Which life of the server's fax registry a connection is looking at.

Evidence, best first: FullyBooted's Uptime (manager.c, action_login and manager_default_msg_cb; since
Asterisk 14), CoreStatus' start-up text, Load of res_fax.so (loader.c), FAXStats counters that fall, and a
session number that was gone and is listed again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from faxstore.capture.message import Message
from faxstore.capture.numbers import number
from faxstore.observations import MICROSECONDS, Life

SAME_START = 2 * MICROSECONDS
"""Uptime is whole seconds: two readings of one start differ by up to a second, and the network's delay."""

LONGEST_ZONE_SHIFT = 14 * 3600
"""Seconds.  A start-up text that moved by more is another start."""

ZONE_STEP = 900
"""Seconds.  Zones differ by whole quarters of an hour; two starts do so by chance only."""

COUNTERS = ("TransmitAttempts", "ReceiveAttempts", "CompletedFAXes", "FailedFAXes")
"""Of FAXStats; they live as long as the registry (res_fax.c, faxregistry)."""


class LifeWatch:
    """The life that one observer of one server sees now.  Told of evidence, it says whether life went on."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._former: Life | None = None
        self._counters: tuple[int, ...] = ()
        self.current: Life | None = None

    def at(self, now: int, continued: bool = False) -> Life:
        """The life at hand; without any evidence, one that begins to be seen now."""
        if self.current is None:
            self.current = Life(self._server, now, continued)
        return self.current

    def booted(self, message: Message, now: int) -> bool:
        """FullyBooted: True where this is another start than the one known."""
        uptime = message.get("Uptime").strip()
        if not (uptime.isascii() and uptime.isdigit()) or len(uptime) > 10:
            return False
        started = now - int(uptime) * MICROSECONDS
        known = self.current.started_at if self.current else None
        if known is not None and abs(known - started) <= SAME_START:
            return False
        if self.current is not None and known is None and started <= self.current.first_seen + SAME_START:
            self.current = replace(self.current, started_at=started)
            return False
        return self._begin(Life(self._server, now, started_at=started))

    def core_status(self, message: Message, now: int) -> bool:
        """CoreStatus: its start-up text settles what a clock that was set left in doubt."""
        text = f"{message.get('CoreStartupDate')} {message.get('CoreStartupTime')}".strip()
        life = self.at(now)
        if not text or life.startup_text == text:
            return False
        if life.startup_text is None:
            return self._named(life, text)
        if life.started_at is not None and _by_a_zone(life.startup_text, text):
            return False
        return self._begin(Life(self._server, now, startup_text=text))

    def reloaded(self, now: int) -> bool:
        """res_fax.so was loaded anew, or its numbers began again and nothing told why."""
        self._counters = ()
        return self._begin(replace(self.at(now), first_seen=now, continued=False, reloaded_at=now))

    def counted(self, message: Message, now: int) -> bool:
        """FAXStats: counters live as long as the registry, so one that falls means another life."""
        said = [number(message.get(name)) for name in COUNTERS]
        counters = tuple(count for count in said if count is not None)
        if len(counters) < len(said):
            return False
        fell = any(new < old for new, old in zip(counters, self._counters, strict=False))
        self._counters = counters
        if not fell:
            return False
        known = self.current
        unknown_start = known is None or (known.started_at is None and known.startup_text is None)
        return self._begin(Life(self._server, now)) if unknown_start else self.reloaded(now)

    def _begin(self, life: Life) -> bool:
        self._former, self.current = self.current, life
        self._counters = ()
        return self._former is not None

    def _named(self, life: Life, text: str) -> bool:
        former = self._former
        if former is not None and former.startup_text == text and life.reloaded_at is None:
            self.current, self._former = former, None
            return True
        self.current, self._former = replace(life, startup_text=text), None
        return False


def _by_a_zone(known: str, told: str) -> bool:
    """Whether two start-up texts may be one start in two zones: /etc/localtime changed, or summer time began.

    A server that boots answers CoreStatus, and an empty list, seconds before it tells its Uptime (FullyBooted).
    """
    try:
        shift = (datetime.fromisoformat(told) - datetime.fromisoformat(known)).total_seconds()
    except ValueError:
        return True  # not a text of Asterisk's: no evidence of another start
    return shift % ZONE_STEP == 0 and abs(shift) <= LONGEST_ZONE_SHIFT
