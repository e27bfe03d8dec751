"""Events that name a channel and no session, as observations.

FAXStatus, SendFAX and ReceiveFAX (manager_channels.c, channel_fax_cb), VarSet, Newexten and Hangup
(manager_channels.c), and Status, the answer to an action (manager.c, generate_status).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from faxstore.capture.message import Message
from faxstore.capture.vocabulary import APPLICATIONS, FAX_VARIABLES
from faxstore.observations import Hangup, Life, Observation, Record
from faxstore.reader import decode
from faxstore.reader.listing import Listings
from faxstore.reader.rejects import Faults

MOST_CHANNELS = 10_000
"""Channels with fax events whose Hangup is awaited; where no Hangup events come, they are forgotten at this many."""


class ChannelEvents:
    """Handlers of these events, for one server."""

    def __init__(self, listings: Listings, faults: Faults, life: Callable[[int], Life]) -> None:
        self._listings = listings
        self._faults = faults
        self._life = life
        self._fax_channels: set[str] = set()

    def completion(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """SendFAX or ReceiveFAX: a fax is over."""
        decoded = decode.completion(message)
        settled = self._listings.completed(message.get("Channel"), decoded.fields["operation"])
        return [*settled, *self._of_channel(name, decoded, now)]

    def status(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """FAXStatus: a fax begins, or goes over to T.38."""
        return self._of_channel(name, decode.channel_event(message), now)

    def variable(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """VarSet: of the variables that res_fax sets."""
        if message.get("Variable") not in FAX_VARIABLES:
            return []
        return self._of_channel(name, decode.channel_event(message), now)

    def application(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """Newexten: a fax application begins."""
        operation = APPLICATIONS.get(message.get("Application").strip().lower())
        if operation is None:
            return []
        decoded = decode.channel_event(message)
        decoded.fields["operation"] = operation
        return self._of_channel(name, decoded, now)

    def channel_status(self, name: str, message: Message, now: int) -> Iterable[Record]:
        """Status: an observation of each session that the newest list has on the channel; of no other call's.

        They may have one moment: each is a row of another session.
        """
        decoded = decode.channel_event(message)
        seen = [
            Observation(entry.life, now, name, entry.number, details=decoded.details, **decoded.fields)
            for entry in self._listings.on_channel(decoded.fields.get("channel") or "")
        ]
        return [*seen, *(self._faults.of(name, decoded, now) if seen else ())]

    def hangup(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        """Hangup: of a channel with a fax; a busy server hangs up many others."""
        channel = message.get("Channel")
        if channel not in self._fax_channels:
            return []
        self._fax_channels.discard(channel)
        return [Hangup(self._life(now), now, channel, message.get("Uniqueid"))]

    def _of_channel(self, name: str, decoded: decode.Decoded, now: int) -> Iterable[Record]:
        channel = decoded.fields.get("channel")
        if not channel:
            return [self._faults.rejected(f"{name} names no Channel", now)]
        if len(self._fax_channels) >= MOST_CHANNELS:
            self._fax_channels.clear()
        self._fax_channels.add(channel)
        observation = Observation(self._life(now), now, name, details=decoded.details, **decoded.fields)
        return [observation, *self._faults.of(name, decoded, now)]
