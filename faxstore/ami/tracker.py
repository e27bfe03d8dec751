"""From the lines of one connection after another to the records of one server.

The same code serves the live collector and a recording.  It never raises on any text: what it cannot understand
becomes a Rejected record, with the message as it came.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from faxstore.ami import decode
from faxstore.ami.epoch import COUNTERS, LifeWatch
from faxstore.ami.listing import Entry, Listings
from faxstore.ami.message import BANNER, MalformedMessageError, Message, clean_text, parse, split
from faxstore.capture import CONNECTED, DISCONNECTED, POLLED, Line
from faxstore.observations import (
    MICROSECONDS,
    Details,
    Hangup,
    Life,
    Listing,
    Observation,
    Record,
    Rejected,
    ServerObservation,
)

log = logging.getLogger(__name__)

FAX_VARIABLES = frozenset(
    {
        "FAXSTATUS",
        "FAXERROR",
        "FAXSTATUSSTRING",
        "FAXMODE",
        "FAXPAGES",
        "FAXBITRATE",
        "FAXRESOLUTION",
        "REMOTESTATIONID",
        "LOCALSTATIONID",
    }
)
"""Channel variables that res_fax sets (res_fax.c, set_channel_variables)."""

MOST_CHANNELS = 10_000
"""Channels with fax events whose Hangup is awaited; where no Hangup events come, they are forgotten at this many."""

HEARTBEAT = 60 * MICROSECONDS

Handler = Callable[[str, Message, int], Iterable[Record]]
"""Told of an event by its name, with the message and the moment."""


class Tracker:
    """Turns lines into records for one server; feed() is told of every line, in order."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._watch = LifeWatch(server)
        self._listings = Listings()
        self._connected = False
        self._listed = False
        self._heard: int | None = None
        self._fax_channels: set[str] = set()
        self._raw = ""
        self._last = -1
        self._same = 0
        handlers: dict[str, Handler] = {
            "FAXSessionsEntry": self._entry,
            "FAXSessionsComplete": self._complete,
            "FAXSession": self._session,
            "SendFAX": self._completion,
            "ReceiveFAX": self._completion,
            "FAXStatus": self._channel_event,
            "VarSet": self._variable,
            "Hangup": self._hangup,
            "FAXStats": self._stats,
            "FullyBooted": self._booted,
            "Shutdown": self._server_event,
            "Load": self._module,
            "Unload": self._module,
            "Reload": self._module,
        }
        self._handlers = {name.lower(): (name, handler) for name, handler in handlers.items()}

    @property
    def unfinished(self) -> int:
        """List entries whose detail may still come: a recording that ends here ends in the middle of a poll."""
        return self._listings.unfinished

    def feed(self, line: Line) -> list[Record]:
        """The records that this line completes."""
        now = self._moment(line)
        self._raw = clean_text(line.text)
        try:
            if line.dir == "in":
                return list(self._incoming(self._raw, now))
            return list(self._mark(self._raw, now)) if line.dir == "mark" else self._outgoing(self._raw)
        except Exception as error:  # a fault of ours must not stop the collecting
            log.exception("%s: a message could not be decoded and is kept as rejected", self.server)
            return [self._rejected(f"faxstore failed on it: {error!r}"[:300], now)]

    def _moment(self, line: Line) -> int:
        """When the line came; of several with the same time (a coarse clock) each has a microsecond of its own."""
        now = round(line.ts * MICROSECONDS)
        self._same = self._same + 1 if now == self._last else 0
        self._last = now
        return now + self._same

    # -- lines ---------------------------------------------------------------------------------------

    def _incoming(self, text: str, now: int) -> Iterable[Record]:
        if banner := BANNER.match(text):
            return self._banner(banner[1], now)
        try:
            return self._message(parse(text), now)
        except MalformedMessageError as error:
            records: list[Record] = [self._rejected(str(error), now)]
            for place, part in enumerate(split(text)):
                records += self._message(part, now + place)  # a row has a moment of its own
                self._same += 1
            return records

    def _message(self, message: Message, now: int) -> list[Record]:
        junk = [self._rejected(f"a line that is no header: {line[:60]!r}", now) for line in message.junk[:1]]
        if not message.event and not message.response:
            return [self._rejected("neither an Event nor a Response", now)]
        if message.event:
            name, handler = self._handlers.get(message.event.lower(), ("", None))
            return [*junk, *(handler(name, message, now) if handler else ())]
        return [*junk, *self._response(message, now)]

    def _outgoing(self, text: str) -> list[Record]:
        try:
            message = parse(text)
        except MalformedMessageError:
            return []
        number = decode.session_number(message)
        if message.get("Action").lower() == "faxsession" and number is not None:
            self._listings.asked(message.get("ActionID"), number)
        return []

    def _mark(self, text: str, now: int) -> Iterable[Record]:
        if text == POLLED:
            return self._listings.unasked()
        if text == CONNECTED:
            self._connected, self._listed = True, False
            return [*self._listings.cut(), self._of_server("Connected", now)]
        if text.startswith(DISCONNECTED):
            self._connected = False
            reason = text.removeprefix(DISCONNECTED).lstrip(": ")
            return [*self._listings.cut(), self._of_server("Disconnected", now, {"Reason": reason} if reason else {})]
        return []

    def _banner(self, version: str, now: int) -> list[Record]:
        # A recording without marks tells a new connection by its greeting alone.
        before = [] if self._connected else self._mark(CONNECTED, now)
        return [*before, self._of_server("Banner", now, {"Version": version})]

    # -- lists ---------------------------------------------------------------------------------------

    def _response(self, message: Message, now: int) -> Iterable[Record]:
        if message.get("EventList").lower() == "start" and "FAXSessionsEntry" in message.get("Message"):
            return self._listings.begun()
        if "CoreStartupDate" in message:
            another = self._watch.core_status(message, now)
            return [*self._life_went_on(not another), self._of_server("CoreStatus", now, decode.rest(message))]
        if "AsteriskVersion" in message:
            return [self._of_server("CoreSettings", now, decode.rest(message))]
        return self._listings.refused(message.get("ActionID")) if message.response.lower() == "error" else []

    def _entry(self, name: str, message: Message, now: int) -> Iterable[Record]:
        number = decode.session_number(message)
        if number is None:
            return [self._no_number(name, message, now)]
        settled: list[Observation] = []
        if self._listings.was_gone(number):
            self._watch.reloaded(now)
            settled = self._listings.another_life_by_a_number(self._life(now))
        decoded = decode.snapshot(message)
        entry = Entry(number, now, self._life(now), decoded.fields, decoded.details)
        return [*settled, *self._listings.entry(entry), *self._problems(name, decoded, now)]

    def _complete(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        settled, fault = self._listings.ended(message.get("Total"), now)
        if fault is not None:
            return [*settled, self._rejected(fault, now)]
        if self._listed and self._heard is not None and 0 <= now - self._heard < HEARTBEAT:
            return settled
        self._listed, self._heard = True, now
        return [*settled, Listing(self._life(now), now, self._listings.numbers), self._of_server("Polled", now)]

    def _session(self, name: str, message: Message, now: int) -> Iterable[Record]:
        number = decode.session_number(message)
        if number is None:
            return [self._no_number(name, message, now)]
        decoded = decode.snapshot(message)
        fields, details, life = decoded.fields, decoded.details, self._life(now)
        entry = self._listings.detail(message.get("ActionID"), number)
        if entry is not None:
            fields, details = entry.joined(fields, details)
            life = entry.life
        return [Observation(life, now, name, number, details=details, **fields), *self._problems(name, decoded, now)]

    # -- events --------------------------------------------------------------------------------------

    def _completion(self, name: str, message: Message, now: int) -> Iterable[Record]:
        self._listings.completed(message.get("Channel"))
        return self._of_channel(name, decode.completion(message), now)

    def _channel_event(self, name: str, message: Message, now: int) -> Iterable[Record]:
        return self._of_channel(name, decode.channel_event(message), now)

    def _variable(self, name: str, message: Message, now: int) -> Iterable[Record]:
        return self._channel_event(name, message, now) if message.get("Variable") in FAX_VARIABLES else []

    def _of_channel(self, name: str, decoded: decode.Decoded, now: int) -> Iterable[Record]:
        channel = decoded.fields.get("channel")
        if not channel:
            return [self._rejected(f"{name} names no Channel", now)]
        if len(self._fax_channels) >= MOST_CHANNELS:
            self._fax_channels.clear()
        self._fax_channels.add(channel)
        observation = Observation(self._life(now), now, name, details=decoded.details, **decoded.fields)
        return [observation, *self._problems(name, decoded, now)]

    def _hangup(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        channel = message.get("Channel")
        if channel not in self._fax_channels:
            return []
        self._fax_channels.discard(channel)
        return [Hangup(self._life(now), now, channel, message.get("Uniqueid"))]

    # -- the server ----------------------------------------------------------------------------------

    def _stats(self, name: str, message: Message, now: int) -> Iterable[Record]:
        wrong = [counter for counter in COUNTERS if counter in message and decode.number(message.get(counter)) is None]
        faults = [self._rejected(f"{name}: {', '.join(wrong)}: not a number, kept as text", now)] if wrong else []
        settled = self._life_went_on(not self._watch.counted(message, now))
        return [*settled, self._of_server(name, now, decode.rest(message)), *faults]

    def _booted(self, name: str, message: Message, now: int) -> Iterable[Record]:
        settled = self._life_went_on(not self._watch.booted(message, now))
        return [*settled, *self._server_event(name, message, now)]

    def _module(self, name: str, message: Message, now: int) -> Iterable[Record]:
        module = message.get("Module").lower().removesuffix(".so")
        if module != "res_fax" and not (name == "Reload" and module == "all"):
            return []
        loaded = name == "Load" and message.get("Status").lower() in ("", "success")
        settled = self._life_went_on(not (loaded and self._watch.reloaded(now)))
        return [*settled, *self._server_event(name, message, now)]

    def _server_event(self, name: str, message: Message, now: int) -> list[Record]:
        return [self._of_server(name, now, decode.rest(message))]

    def _life_went_on(self, went_on: bool) -> list[Observation]:
        return [] if went_on else self._listings.another_life()

    def _life(self, now: int) -> Life:
        return self._watch.at(now, continued=not self._connected)

    # -- small records -------------------------------------------------------------------------------

    def _of_server(self, event: str, now: int, details: Details | None = None) -> ServerObservation:
        return ServerObservation(self.server, now, event, details or {})

    def _rejected(self, reason: str, now: int) -> Rejected:
        return Rejected(self.server, now, reason, self._raw)

    def _no_number(self, name: str, message: Message, now: int) -> Rejected:
        given = message.get("SessionNumber")
        return self._rejected(f"{name}: SessionNumber is {given[:40]!r}, not a number", now)

    def _problems(self, name: str, decoded: decode.Decoded, now: int) -> list[Record]:
        if not decoded.problems:
            return []
        return [self._rejected(f"{name}: {', '.join(decoded.problems)}: kept as text", now)]
