"""Which read classes the user seems to lack: AMI does not tell them, but what never comes does.

An eventfilter hides events just as well; the log names both.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from faxstore.ami.manager_classes import CONSEQUENCES
from faxstore.ami.poll_rules import Listed
from faxstore.capture.vocabulary import APPLICATIONS, FAX_VARIABLES

log = logging.getLogger("faxstore.ami")

BOOT = 60.0
"""Seconds after the login in which FullyBooted must have come; a server that still starts sends it late."""

FAXES = 3
"""Faxes that must have ended without an event of a class: of one it may have been lost with a connection."""

AFTERWARDS = 15.0
"""Seconds after a fax has left the list in which its completion comes; T.38 may take 5 (res_fax.c, disable_t38)."""

_EVENT = re.compile(r"Event: (FullyBooted|SendFAX|ReceiveFAX|VarSet)\r\n")
_CLASSES = {"FullyBooted": "read = system", "VarSet": "read = dialplan"}
_VARIABLE = re.compile(rf"\r\nVariable: (?:{'|'.join(FAX_VARIABLES)})\r\n")


class Evidence:
    """Of one server; outlives its connections.  Each class is told of once, and again when its events come."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._came: set[str] = set()
        self._said: set[str] = set()
        self._logged_in = 0.0
        self._live: set[int] = set()
        self._ends: list[float] = []

    def connected(self, now: float) -> None:
        """The login was accepted; now is in seconds, by any clock."""
        self._logged_in = now
        self._live = set()

    def heard(self, text: str) -> None:
        """A message came."""
        event = _EVENT.match(text)
        if event is None or (event[1] == "VarSet" and _VARIABLE.search(text) is None):
            return
        name = _CLASSES.get(event[1], "read = call")
        self._came.add(name)
        if name in self._said:
            self._said.discard(name)
            log.info("%s: events of %s come now", self._server, name)

    def listed(self, entries: Sequence[Listed], now: float) -> None:
        """A complete list came: faxes that were live and are not named have ended."""
        live = {entry.number for entry in entries if entry.operation.lower() in APPLICATIONS.values()}
        self._ends = (self._ends + [now] * len(self._live - live))[:FAXES]
        self._live = live
        if now - self._logged_in > BOOT:
            self._told("read = system", "no FullyBooted came after the login")
        if len(self._ends) == FAXES and now - self._ends[-1] > AFTERWARDS:
            self._told("read = call", "faxes ended, and no SendFAX or ReceiveFAX event came")
            self._told("read = dialplan", "faxes ended, and no VarSet event of their variables came")

    def _told(self, name: str, why: str) -> None:
        if name in self._came or name in self._said:
            return
        self._said.add(name)
        text = "%s: %s: '%s' seems to be missing in manager.conf, or an eventfilter hides it; without it %s"
        log.warning(text, self._server, why, name, CONSEQUENCES[name])
