"""What is said in the log of one server: a line for each change, none for each try."""

from __future__ import annotations

import logging

from faxstore.ami.manager_classes import PERMISSION_DENIED, REQUIRED_CLASSES

log = logging.getLogger("faxstore.ami")


class Notices:
    """Remembers what was said last, of the connection and of each action."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._state = "new"
        self._troubles: dict[str, str] = {}

    def connected(self, version: str) -> None:
        """The login was accepted; version is that of the manager interface."""
        again = "" if self._state == "new" else " again"
        self._change("connected", logging.INFO, f"connected{again} (manager {version})")

    def lost(self, reason: str) -> None:
        """A connection that was logged in is gone."""
        self._change("down", logging.WARNING, f"connection lost: {reason}; trying to connect again")

    def unreachable(self, reason: str) -> None:
        """A try to connect failed."""
        self._change("down", logging.WARNING, f"cannot be reached: {reason}; trying again until it can")

    def login_refused(self, reason: str) -> None:
        """The server does not take this user and secret."""
        self._change("refused", logging.ERROR, f"{reason}; check username and secret; trying again every few minutes")

    def trouble(self, action: str, text: str, detail: str = "") -> None:
        """The server refused an action, or its answer was not usable; the detail alone is not news."""
        if self._troubles.get(action) != text:
            self._troubles[action] = text
            log.warning("%s: %s: %s%s", self._server, action, text, f": {detail}" if detail else _advice(action, text))

    def fine(self, action: str) -> None:
        """The action was answered."""
        if self._troubles.pop(action, None) is not None:
            log.info("%s: %s is answered again", self._server, action)

    def _change(self, state: str, level: int, text: str) -> None:
        if state != self._state:
            self._state = state
            log.log(level, "%s: %s", self._server, text)


def _advice(action: str, text: str) -> str:
    if text == PERMISSION_DENIED and action in REQUIRED_CLASSES:
        write_class, lacks = REQUIRED_CLASSES[action]
        return f" (the user needs write class {write_class} in manager.conf; without it {lacks})"
    return " (is res_fax loaded?)" if text.startswith("Invalid/unknown command: FAX") else ""
