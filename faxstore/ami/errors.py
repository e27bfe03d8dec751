"""What can go wrong between us and a server, each with a name of its own."""

from __future__ import annotations

from faxstore.errors import UnreachableError


class _NotConnectedError(UnreachableError):
    """str() names the server (where) and what is wrong; reason is the latter alone."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.reason = reason


class ConnectError(_NotConnectedError):
    """The server cannot be reached: network, TLS, no Asterisk manager there, or no answer in time."""


class LoginRefusedError(_NotConnectedError):
    """The server is there and refuses this user: trying again soon would not help."""


class RequestError(UnreachableError):
    """A request did not get what it asked for."""


class RefusedError(RequestError):
    """The server answered with an error; the connection stays usable.  str() is the server's own text."""


class RequestTimeoutError(RequestError):
    """The server did not answer, or did not finish its answer, in time."""


class DisconnectedError(RequestError):
    """The connection was lost before the answer was complete, or before the request was sent."""


class IncompleteListError(RequestError):
    """A list came whose own count disagrees with its entries: what it does not name may be there all the same."""
