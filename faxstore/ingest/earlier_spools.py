"""Empties the spools of earlier distributions before newer records of the same servers are appended.

A session is resolved from its records in the order in which they were observed.  After a change of the distribution
(spool_folder.py) the older records of a server may be in another spool than the newer ones.  So one carrier empties
the spools of the earlier distributions, the oldest first, and all others wait until it has; collecting goes on.

A record that waits for its session is not appended when its spool has been read to the end.  It moves to the spool that
collects from its server now, in front of the records there.  Once this has begun, nothing is appended from the old
spool any more: a record that a kill leaves in both spools is appended once.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Protocol

from faxstore.counted import counted
from faxstore.ingest.spool_folder import Distribution, SpoolFolder
from faxstore.observations import decode, server_of
from faxstore.spool.file import add_entries
from faxstore.spool.queue import Spool

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1
"""Seconds between two looks at whether the earlier spools are empty."""

PAGE = 1_000
"""Most records that move in one transaction."""

_GoesOn = Callable[[], bool]


class EarlierSpools(Protocol):
    """What must happen before a carrier appends the records of its own spool."""

    def empty(self, append_all: Callable[[Spool], bool], goes_on: _GoesOn) -> bool:
        """Return True once the earlier spools are empty, and False if the carrier is to end before that."""


class Emptied:
    """The earlier spools of a folder, which this carrier empties."""

    def __init__(self, folder: SpoolFolder) -> None:
        self._folder = folder

    def empty(self, append_all: Callable[[Spool], bool], goes_on: _GoesOn) -> bool:
        """Empty and delete the spools, with a function that appends the records of one.

        Raises sqlite3.Error, OSError, UsageError, and what the function raises.
        """
        while len(distributions := self._folder.distributions()) > 1:
            number = min(distributions[0])
            with closing(self._folder.open(number)) as spool:
                if not self._folder.is_moving(number):
                    if not (goes_on() and append_all(spool)):
                        return False
                    self._folder.begin_to_move(number)
                moved = self._move(spool, distributions[1:])
            self._folder.forget(number)
            waiting = counted(moved, "waiting records")
            log.info("spool: %s is empty and deleted; moved %s", self._folder.path(number), waiting)
        return True

    def _move(self, spool: Spool, later: Sequence[Distribution]) -> int:
        """Move what is left to the spools of later distributions; return the number of records."""
        moved, last_key = 0, 0
        while entries := spool.peek(last_key, PAGE):
            places: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
            for key, body in entries:
                places[_next_spool(body, later)].append((key, body))
            for number, rows in places.items():
                add_entries(self._folder.path(number), rows)
            moved, last_key = moved + len(entries), entries[-1][0]
        return moved


class Awaited:
    """The earlier spools of a folder, which the carrier of another worker empties."""

    def __init__(self, folder: SpoolFolder) -> None:
        self._folder = folder

    def empty(self, append_all: Callable[[Spool], bool], goes_on: _GoesOn) -> bool:
        """Wait until the earlier spools are empty.  Raises OSError."""
        while len(self._folder.distributions()) > 1:
            if not goes_on():
                return False
            time.sleep(LOOK_EVERY)
        return True


def _next_spool(body: bytes, later: Sequence[Distribution]) -> int:
    """Return the spool with the next records of the same server; the first current one if none has any."""
    try:
        server = server_of(decode(body))
    except ValueError:  # of a newer faxstore
        server = ""
    spools = (number for one in later for number, names in one.items() if server in names)
    return next(spools, min(later[-1]))
