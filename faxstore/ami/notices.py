"""Log messages about the state of one server: one per change, none per attempt."""

from __future__ import annotations

import logging

from faxstore.ami.manager_classes import PERMISSION_DENIED, REQUIRED_CLASSES

log = logging.getLogger("faxstore.ami")


class Notices:
    """Logs changes of the connection and of each action; it remembers what it logged last."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._state = "new"
        self._failures: dict[str, str] = {}

    def connected(self, version: str) -> None:
        """Log that the login was accepted; version is that of the manager interface."""
        again = "" if self._state == "new" else " again"
        self._change("connected", logging.INFO, f"connected{again} (manager {version})")

    def lost(self, reason: str) -> None:
        """Log that a connection after its login is lost."""
        self._change("down", logging.WARNING, f"connection lost ({reason}); reconnecting")

    def cannot_connect(self, reason: str) -> None:
        """Log that an attempt to connect failed."""
        self._change("down", logging.WARNING, f"cannot connect ({reason}); retrying until it succeeds")

    def login_refused(self, reason: str) -> None:
        """Log that the server does not accept the user name and secret."""
        self._change("refused", logging.ERROR, f"{reason}; check username and secret; retrying every few minutes")

    def failed(self, action: str, text: str, detail: str = "") -> None:
        """Log that the server refused an action, or that its answer is unusable; a different detail is not a change."""
        if self._failures.get(action) != text:
            self._failures[action] = text
            log.warning("%s: %s: %s%s", self._server, action, text, f": {detail}" if detail else _advice(action, text))

    def succeeded(self, action: str) -> None:
        """Log that an action succeeded, if it failed before."""
        if self._failures.pop(action, None) is not None:
            log.info("%s: %s succeeds again", self._server, action)

    def _change(self, state: str, level: int, text: str) -> None:
        if state != self._state:
            self._state = state
            log.log(level, "%s: %s", self._server, text)


def _advice(action: str, text: str) -> str:
    if text == PERMISSION_DENIED and action in REQUIRED_CLASSES:
        write_class, consequence = REQUIRED_CLASSES[action]
        return f" (the user needs write class {write_class} in manager.conf; without it {consequence})"
    return " (is res_fax loaded?)" if text.startswith("Invalid/unknown command: FAX") else ""
