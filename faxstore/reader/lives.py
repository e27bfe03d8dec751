"""Which life of a server's fax registry the current connection shows.

A life is one observer's view of one run of the registry: from the load of res_fax.so until the module or the server
stops.  Session numbers restart with each.  The evidence for a new life, best first: FullyBooted's Uptime (manager.c,
action_login and manager_default_msg_cb; since Asterisk 14), CoreStatus' start-up text, Load of res_fax.so (loader.c),
FAXStats counters that fall, and a session number that has ended and is listed again.

The database decides which lives are the same run: fax.resolve_epoch() gives them one epoch.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import astuple, replace

from faxstore.capture.message import Message, number
from faxstore.observations import MICROSECONDS, Life

SAME_START = 2 * MICROSECONDS
"""Uptime is whole seconds: two readings of one start differ by up to a second and the network's delay."""

LONGEST_ZONE_SHIFT = 14 * 3600
"""Seconds.  A start-up text that moved by more is another start."""

ZONE_STEP = 900
"""Seconds.  Zones differ by whole quarters of an hour; two starts do so only by chance."""

COUNTERS = ("TransmitAttempts", "ReceiveAttempts", "CompletedFAXes", "FailedFAXes")
"""Headers of FAXStats with counters that restart with the registry (res_fax.c, faxregistry)."""


class LifeDetector:
    """Follows the lives of one server.  A method for a piece of evidence returns whether a new life has begun."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._former: Life | None = None
        self._counters: tuple[int, ...] = ()
        self.current: Life | None = None
        self._listed: Life | None = None
        """The life at the last complete list."""

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        lives = [life and astuple(life) for life in (self.current, self._former, self._listed)]
        return [*lives, self._counters]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        *lives, counters = state
        self.current, self._former, self._listed = (Life(*life) if life else None for life in lives)
        self._counters = tuple(counters)

    def at(self, now: int, continued: bool = False) -> Life:
        """Return the current life.  Without any evidence it is first seen now."""
        if self.current is None:
            self.current = Life(self._server, now, continued)
        return self.current

    def complete_list(self) -> bool:
        """A complete list arrived: return whether it is the first of the current life, as far as that is known now."""
        before, self._listed = self._listed, self.current
        return self.current != before

    def booted(self, message: Message, now: int) -> bool:
        """FullyBooted: its Uptime gives the start of the server."""
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
        """CoreStatus: its start-up text identifies the start also if a clock was set."""
        text = f"{message.get('CoreStartupDate')} {message.get('CoreStartupTime')}".strip()
        life, former = self.at(now), self._former
        if not text or life.startup_text == text:
            return False
        if life.startup_text is None:
            is_former = former is not None and former.startup_text == text and life.reloaded_at is None
            self.current = former if is_former else replace(life, startup_text=text)
            self._former = None
            return is_former
        if life.started_at is not None and _differs_by_zone(life.startup_text, text):
            return False
        return self._begin(Life(self._server, now, startup_text=text))

    def reloaded(self, now: int) -> bool:
        """res_fax.so was loaded again, or session numbers restarted for an unknown reason."""
        self._counters = ()
        return self._begin(replace(self.at(now), first_seen=now, continued=False, reloaded_at=now))

    def counted(self, message: Message, now: int) -> bool:
        """FAXStats: its counters restart with the registry, so one that falls shows a new life."""
        values = [number(message.get(name)) for name in COUNTERS]
        counters = tuple(count for count in values if count is not None)
        if len(counters) < len(values):
            return False
        fell = any(new < old for new, old in zip(counters, self._counters, strict=False))
        self._counters = counters
        if not fell:
            return False
        has_known_start = self.current is not None and self.current.has_known_start
        return self.reloaded(now) if has_known_start else self._begin(Life(self._server, now))

    def _begin(self, life: Life) -> bool:
        self._former, self.current = self.current, life
        self._counters = ()
        return self._former is not None


def _differs_by_zone(known: str, text: str) -> bool:
    """Return whether two start-up texts may be one start in two zones (/etc/localtime changed, or summer time began).

    A server that boots answers CoreStatus, and an empty list, seconds before it reports its Uptime (FullyBooted).
    """
    try:
        shift = (datetime.fromisoformat(text) - datetime.fromisoformat(known)).total_seconds()
    except (ValueError, TypeError):  # TypeError: one of them has an offset
        return True  # not a text of Asterisk, so no evidence of another start
    return shift % ZONE_STEP == 0 and abs(shift) <= LONGEST_ZONE_SHIFT
