"""Detects read classes that the user lacks.

AMI does not report a user's read classes.  This module infers a missing class from events that should have arrived and
did not.  An eventfilter in manager.conf has the same effect, so the log message names both.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from faxstore.ami.manager_classes import CONSEQUENCES
from faxstore.ami.poll_rules import ListedSession
from faxstore.capture.vocabulary import APPLICATIONS, FAX_VARIABLES

log = logging.getLogger("faxstore.ami")

BOOT_TIMEOUT = 60.0
"""Seconds from the login within which FullyBooted must arrive; a server that is still starting sends it late."""

MIN_FAXES = 3
"""Faxes that must have ended without an event of a class: a lost connection may explain one."""

COMPLETION_TIMEOUT = 15.0
"""Seconds from when a fax leaves the list to its completion event; T.38 may take 5 (res_fax.c, disable_t38)."""

_EVENT = re.compile(r"Event: (FullyBooted|SendFAX|ReceiveFAX|VarSet)\r\n")
_CLASSES = {"FullyBooted": "read = system", "VarSet": "read = dialplan"}
_VARIABLE = re.compile(rf"\r\nVariable: (?:{'|'.join(FAX_VARIABLES)})\r\n")


class MissingClasses:
    """The read classes that one server's user seems to lack; it outlives connections.

    Each missing class is logged once, and once more when its events arrive.  Times are in seconds, by any clock.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._present: set[str] = set()
        self._reported: set[str] = set()
        self._logged_in = 0.0
        self._live: set[int] = set()
        self._ends: list[float] = []

    def connected(self, now: float) -> None:
        """Note that the login was accepted."""
        self._logged_in = now
        self._live = set()

    def observe(self, text: str) -> None:
        """Note a message: its event proves a class."""
        event = _EVENT.match(text)
        if event is None or (event[1] == "VarSet" and _VARIABLE.search(text) is None):
            return
        name = _CLASSES.get(event[1], "read = call")
        self._present.add(name)
        if name in self._reported:
            self._reported.discard(name)
            log.info("%s: now receiving events of '%s'", self._server, name)

    def observe_list(self, sessions: Sequence[ListedSession], now: float) -> None:
        """Note a complete list: faxes that were live and are not in it have ended."""
        live = {session.number for session in sessions if session.operation.lower() in APPLICATIONS.values()}
        self._ends = (self._ends + [now] * len(self._live - live))[:MIN_FAXES]
        self._live = live
        if now - self._logged_in > BOOT_TIMEOUT:
            self._report("read = system", "no FullyBooted event after the login")
        if len(self._ends) == MIN_FAXES and now - self._ends[-1] > COMPLETION_TIMEOUT:
            self._report("read = call", "faxes ended without a SendFAX or ReceiveFAX event")
            self._report("read = dialplan", "faxes ended without a VarSet event of their variables")

    def _report(self, name: str, why: str) -> None:
        if name in self._present or name in self._reported:
            return
        self._reported.add(name)
        text = "%s: %s: '%s' seems to be missing in manager.conf, or an eventfilter hides its events; without it %s"
        log.warning(text, self._server, why, name, CONSEQUENCES[name])
