"""Events and answers about the server itself, as records: FAXStats, FullyBooted, modules, CoreStatus, CoreSettings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from faxstore.capture.message import Message, number
from faxstore.observations import Observation, Record, ServerObservation
from faxstore.reader import decode
from faxstore.reader.lives import COUNTERS, LifeDetector


class ServerEvents:
    """Handlers of these messages for one server.  Each returns the records of one message.

    `begin_life` is called when a message shows a new life; it returns what is final of the former one.
    """

    def __init__(
        self, server: str, lives: LifeDetector, rejects: decode.Rejects, begin_life: Callable[[], list[Observation]]
    ) -> None:
        self._server = server
        self._lives = lives
        self._rejects = rejects
        self._begin_life = begin_life

    def counters(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """FAXStats: the counters of the fax registry."""
        wrong = [counter for counter in COUNTERS if counter in message and number(message.get(counter)) is None]
        reason = f"{name}: {', '.join(wrong)}: not a number, kept as text"
        rejected = [self._rejects.reject(reason, now)] if wrong else []
        return [*self._after(self._lives.counted(message, now)), *self.plain(name, message, now), *rejected]

    def booted(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """FullyBooted: the server has started, or a connection has just logged in."""
        return [*self._after(self._lives.booted(message, now)), *self.plain(name, message, now)]

    def module(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """Load, Unload or Reload: only those of res_fax give records."""
        module = message.get("Module").lower().removesuffix(".so")
        if module != "res_fax" and not (name == "Reload" and module == "all"):
            return []
        loaded = name == "Load" and message.get("Status").lower() in ("", "success")
        return [*self._after(loaded and self._lives.reloaded(now)), *self.plain(name, message, now)]

    def core_status(self, message: Message, now: int) -> Iterable[Record]:
        """The answer to CoreStatus."""
        return [*self._after(self._lives.core_status(message, now)), *self.plain("CoreStatus", message, now)]

    def plain(self, name: str, message: Message, now: int) -> list[Record]:
        """Return the message as a server row."""
        return [ServerObservation(self._server, now, name, decode.details_of(message))]

    def _after(self, is_new_life: bool) -> list[Observation]:
        return self._begin_life() if is_new_life else []
