"""Events that name a channel and no session, as records.

FAXStatus, SendFAX and ReceiveFAX (manager_channels.c, channel_fax_cb), VarSet, Newexten, DialBegin and Hangup
(manager_channels.c), and Status, the answer to an action (manager.c, generate_status).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from faxstore.capture.message import Message
from faxstore.capture.vocabulary import APPLICATIONS, FAX_OPERATIONS, FAX_VARIABLES
from faxstore.observations import Hangup, Life, Observation, Record
from faxstore.reader import decode
from faxstore.reader.dialled_calls import DialledCalls
from faxstore.reader.listing import Listings

MOST_CHANNELS = 10_000
"""Channels with fax events whose Hangup is awaited; they are forgotten at this number if no Hangup ever arrives."""


class ChannelEvents:
    """Handlers of these events for one server.  Each returns the records of one event."""

    def __init__(self, listings: Listings, rejects: decode.Rejects, life: Callable[[int], Life]) -> None:
        self._listings = listings
        self._rejects = rejects
        self._life = life
        self._fax_channels: set[str] = set()
        self.calls = DialledCalls(life)

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        return [sorted(self._fax_channels), self.calls.state()]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        self._fax_channels = set(state[0])
        self.calls.resume(state[1])

    def completion(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """SendFAX or ReceiveFAX: a fax is over."""
        decoded = decode.completion(message)
        channel = message.get("Channel")
        final = self._listings.complete_session(channel, decoded.fields["operation"])
        dialled = self.calls.fax_appears(message, now)
        self.calls.fax_completes(channel)
        return [*dialled, *final, *self._of_channel(name, decoded, now)]

    def status(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """FAXStatus: a fax begins, or switches to T.38."""
        dialled = self.calls.fax_appears(message, now)
        return [*dialled, *self._of_channel(name, decode.channel_event(message), now)]

    def variable(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """VarSet: a variable is set; only those of res_fax give a record."""
        if message.get("Variable") not in FAX_VARIABLES:
            return []
        return self._of_channel(name, decode.channel_event(message), now)

    def application(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """Newexten: a fax application begins."""
        operation = APPLICATIONS.get(message.get("Application").strip(" \t").lower())
        if operation is None:
            return []
        decoded = decode.channel_event(message)
        decoded.fields["operation"] = operation
        dialled = self.calls.run_begins(message, now)
        return [*dialled, *self._of_channel(name, decoded, now)]

    def listed(self, number: int, fields: Mapping[str, Any], now: int) -> list[Observation]:
        """A list shows a session: return the DialBegin of its channel if this fax has none yet.

        Tone detectors are no faxes.
        """
        channel = fields.get("channel")
        if not channel or (fields.get("operation") or "").lower() not in FAX_OPERATIONS:
            return []
        dialled = self.calls.fax_is_listed(channel, number, now)
        if dialled:
            self._await_hangup(channel)
        return dialled

    def channel_status(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """Status: describes the channel of a fax; one observation for each session that the newest list shows on it."""
        decoded = decode.channel_event(message)
        seen = [
            Observation(entry.life, now, name, entry.number, details=decoded.details, **decoded.fields)
            for entry in self._listings.on_channel(decoded.fields.get("channel") or "")
        ]
        return [*seen, *(self._rejects.of_values(name, decoded, now) if seen else ())]

    def hangup(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        """Hangup: a channel is gone; only one that had fax events or a listed session gives a record."""
        channel = message.get("Channel")
        self.calls.end(channel)
        if channel not in self._fax_channels and not self._listings.on_channel(channel):
            return []
        self._fax_channels.discard(channel)
        return [Hangup(self._life(now), now, channel, message.get("Uniqueid"))]

    def _of_channel(self, name: str, decoded: decode.Decoded, now: int) -> Iterable[Record]:
        channel = decoded.fields.get("channel")
        if not channel:
            return [self._rejects.reject(f"{name} names no Channel", now)]
        self._await_hangup(channel)
        observation = Observation(self._life(now), now, name, details=decoded.details, **decoded.fields)
        return [observation, *self._rejects.of_values(name, decoded, now)]

    def _await_hangup(self, channel: str) -> None:
        if len(self._fax_channels) >= MOST_CHANNELS:
            self._fax_channels.clear()
        self._fax_channels.add(channel)
