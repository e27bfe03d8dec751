"""The calls that were dialled: which number leads to a channel that may send a fax.

Originate and call files write the sender's own number into the caller and the connected line of the channel that they
create (pbx.c, pbx_outgoing_attempt).  The number dialled is only in DialBegin: DialString is what was requested of the
channel driver, and DestChannel the channel that it created (dial.c, begin_dial_channel; app_dial.c, dial_exec_full).

Every voice call raises a DialBegin, so it is no record by itself.  It is remembered until its channel hangs up, and
becomes an observation when a fax appears on the channel.  If the channel carries several faxes, one after another, each
gets the observation, a microsecond after the former one's: each row of the history has a time of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import Any

from faxstore.capture.message import Message
from faxstore.observations import Details, Life, Observation, Record
from faxstore.reader import decode

MOST_CALLS = 10_000
"""Calls that are remembered.  The least recently used ones are forgotten, in case no Hangup ever arrives."""


@dataclass(slots=True)
class _Call:
    """One DialBegin, and the fax on its channel."""

    channel: str
    uniqueid: str
    """Empty if not reported."""
    details: Details
    at: int
    """The time of its next observation: that of the DialBegin, plus a microsecond for each fax that got one."""
    has_fax: bool = False
    """Whether a fax has begun on the channel that has not completed."""
    number: int | None = None
    """The SessionNumber of that fax.  None if no list has shown it."""


class DialledCalls:
    """The calls of one server that were dialled and have not been hung up, by channel.

    Methods for an event of a fax return the DialBegin as a list of one observation if the fax has none yet.
    """

    def __init__(self, life: Callable[[int], Life]) -> None:
        self._life = life
        self._calls: OrderedDict[str, _Call] = OrderedDict()

    def state(self) -> list[Any]:
        """Return what resume() needs, as JSON values."""
        return [astuple(call) for call in self._calls.values()]

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""
        self._calls = OrderedDict((values[0], _Call(*values)) for values in state)

    def begin(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        """DialBegin: remember the call; gives no record."""
        if channel := message.get("DestChannel"):
            self._calls[channel] = _Call(channel, message.get("DestUniqueid"), decode.details_of(message), now)
            self._calls.move_to_end(channel)
            if len(self._calls) > MOST_CALLS:
                self._calls.popitem(last=False)
        return []

    def end(self, channel: str) -> None:
        """The channel was hung up."""
        self._calls.pop(channel, None)

    def run_begins(self, message: Message, now: int) -> list[Observation]:
        """A fax application begins on the channel of a message."""
        call = self._call_of(message)
        return [self._observed(call, now)] if call else []

    def fax_appears(self, message: Message, now: int) -> list[Observation]:
        """A message other than the beginning of its application shows a fax on its channel."""
        call = self._call_of(message)
        return [self._observed(call, now)] if call and not call.has_fax else []

    def fax_is_listed(self, channel: str, number: int, now: int) -> list[Observation]:
        """A list shows a session on the channel."""
        call = self._calls.get(channel)
        if call is None:
            return []
        is_another = call.number not in (None, number)
        observed = [self._observed(call, now)] if is_another or not call.has_fax else []
        call.number = number
        return observed

    def fax_completes(self, channel: str) -> None:
        """The fax on the channel is over; another may follow."""
        if call := self._calls.get(channel):
            call.has_fax, call.number = False, None

    def _call_of(self, message: Message) -> _Call | None:
        """Return the call of the channel in a message, unless another call uses its name now."""
        call, uniqueid = self._calls.get(message.get("Channel")), message.get("Uniqueid")
        return call if call and (not uniqueid or uniqueid == call.uniqueid or not call.uniqueid) else None

    def _observed(self, call: _Call, now: int) -> Observation:
        life, uniqueid = self._life(now), call.uniqueid or None
        observed = Observation(
            life, call.at, "DialBegin", channel=call.channel, uniqueid=uniqueid, details=call.details
        )
        call.at += 1
        call.has_fax, call.number = True, None
        self._calls.move_to_end(call.channel)
        return observed
