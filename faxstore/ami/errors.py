"""The errors of a connection and of a request."""

from __future__ import annotations

from faxstore.errors import UnreachableError


class NotConnectedError(UnreachableError):
    """Base of errors that prevent a connection; str() begins with the server, reason is the text without it."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason


class ConnectError(NotConnectedError):
    """The server cannot be reached: network, TLS, not an Asterisk manager, or no answer in time."""


class LoginRefusedError(NotConnectedError):
    """The server refuses this user; another attempt soon would be refused as well."""


class RequestError(UnreachableError):
    """A request failed."""


class RefusedError(RequestError):
    """The server answered with an error; the connection stays usable.  str() is the server's text."""


class RequestTimeoutError(RequestError):
    """The server did not answer, or did not complete its answer, in time."""


class DisconnectedError(RequestError):
    """The connection was lost before the request was sent or its answer was complete."""


class IncompleteListError(RequestError):
    """The count in a list disagrees with its entries: a session that is missing from it may exist."""
