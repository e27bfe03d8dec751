"""From the lines of one connection after another to the records of one server.

The same code serves the live collector and a recording.  It never raises on any text: what it cannot understand
becomes a Rejected record, with the message as it came.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from faxstore.capture import marks
from faxstore.capture.message import BANNER, MalformedMessageError, Message, clean_text, parse, split
from faxstore.capture.numbers import number as number_in
from faxstore.capture.numbers import session_number
from faxstore.capture.recording import Direction, Line
from faxstore.observations import MICROSECONDS, Life, Listing, Observation, Record, Rejected, ServerObservation
from faxstore.reader import decode
from faxstore.reader import pending_requests as asked
from faxstore.reader.channel_events import ChannelEvents
from faxstore.reader.clock_steps import SET_BACK, Steps
from faxstore.reader.coverage import Coverage
from faxstore.reader.epoch import COUNTERS, LifeWatch
from faxstore.reader.listing import Entry, Listings
from faxstore.reader.pending_requests import Asked
from faxstore.reader.rejects import Faults

log = logging.getLogger(__name__)

_ANSWERS = {"FAXSessionsEntry event list will follow": asked.LIST, "FAXSession event will follow": asked.DETAIL}
"""What a Response says (res_fax.c, manager_fax_sessions and manager_fax_session), and to which action."""

Handler = Callable[[str, Message, int], Iterable[Record]]
"""Told of an event by its name, with the message and the moment."""


class Tracker:
    """Turns lines into records for one server; feed() is told of every line, in order."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._watch = LifeWatch(server)
        self._listings = Listings()
        self._steps = Steps()
        self._asked = Asked()
        self._coverage = Coverage(server)
        self._faults = Faults(server)
        channels = ChannelEvents(self._listings, self._faults, self._life)
        self._last = -1
        self._same = 0
        handlers: dict[str, Handler] = {
            "FAXSessionsEntry": self._entry,
            "FAXSessionsComplete": self._complete,
            "FAXSession": self._session,
            "SendFAX": channels.completion,
            "ReceiveFAX": channels.completion,
            "FAXStatus": channels.status,
            "VarSet": channels.variable,
            "Newexten": channels.application,
            "Status": channels.channel_status,
            "Hangup": channels.hangup,
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

    def left_off(self) -> list[Record]:
        """What is to be told where a recording ends: when its last list came."""
        return [*self._coverage.left_off()]

    def feed(self, line: Line) -> list[Record]:
        """The records that this line completes."""
        now = self._moment(line)
        self._faults.raw = text = clean_text(line.text)
        try:
            return self._steps.moved(self._records(line.dir, text, now), now)
        except Exception as error:  # a fault of ours must not stop the collecting
            log.exception("%s: a message could not be decoded and is kept as rejected", self.server)
            return [self._faults.rejected(f"faxstore failed on it: {error!r}"[:300], now)]

    def _records(self, direction: Direction, text: str, now: int) -> list[Record]:
        if direction == "mark":
            return list(self._mark(text, now))
        if direction == "out":
            return self._outgoing(text)
        banner = BANNER.match(text)
        return self._banner(banner[1], now) if banner else self._with_what_was_held(self._incoming(text, now))

    def _with_what_was_held(self, records: list[Record]) -> list[Record]:
        """A connection that brings more than a refusal is told from its start."""
        if all(isinstance(record, Rejected) for record in records):
            return records
        return [*self._coverage.released(), *records]

    def _moment(self, line: Line) -> int:
        """When the line came; of several with the same time (a coarse clock) each has a microsecond of its own."""
        now = round(line.ts * MICROSECONDS)
        if now + SET_BACK < self._last:
            self._steps.back(self._last - now, self._listings.live)
        self._same = self._same + 1 if now == self._last else 0
        self._last = now
        return now + self._same

    # -- lines ---------------------------------------------------------------------------------------

    def _incoming(self, text: str, now: int) -> list[Record]:
        try:
            return self._message(parse(text), now)
        except MalformedMessageError as error:
            records: list[Record] = [self._faults.rejected(str(error), now)]
            for place, (own, part) in enumerate(split(text)):
                self._faults.raw = own  # the whole is on record: once, and not with each of thousands of parts
                records += self._message(part, now + place)  # a row has a moment of its own
                self._same += 1
            return records

    def _message(self, message: Message, now: int) -> list[Record]:
        junk = [self._faults.rejected(f"a line that is no header: {line[:60]!r}", now) for line in message.junk[:1]]
        if not message.event and not message.response:
            return [self._faults.rejected("neither an Event nor a Response", now)]
        if message.event:
            name, handler = self._handlers.get(message.event.lower(), ("", None))
            return [*junk, *(handler(name, message, now) if handler else ())]
        return [*junk, *self._response(message, now)]

    def _outgoing(self, text: str) -> list[Record]:
        with suppress(MalformedMessageError):
            self._asked.asks(parse(text))
        return []

    def _mark(self, text: str, now: int) -> Iterable[Record]:
        if text == marks.POLLED:
            return self._listings.unasked()
        if text == marks.CONNECTED:
            self._asked.forget()
            return [*self._listings.cut(), *self._coverage.begins(now)]
        if text.startswith(marks.DISCONNECTED):
            self._asked.forget()
            reason = text.removeprefix(marks.DISCONNECTED).lstrip(": ")
            return [*self._listings.cut(), *self._coverage.ends(reason, now)]
        if text.startswith(marks.CANNOT_CONNECT):
            return self._coverage.cannot_connect(text.removeprefix(marks.CANNOT_CONNECT).strip(), now)
        if text.startswith(marks.CUT_OFF):
            self._faults.raw = text.removeprefix(marks.CUT_OFF)
            return [self._faults.rejected("the connection ended in the middle of this message", now)]
        lost = marks.dropped_details(text)
        return [] if lost is None else [ServerObservation(self.server, now, "Dropped", lost)]

    def _banner(self, version: str, now: int) -> list[Record]:
        # A recording without marks tells a new connection by its greeting alone.
        before = [] if self._coverage.connected else self._mark(marks.CONNECTED, now)
        return [*before, *self._coverage.greets(version, now)]

    # -- lists ---------------------------------------------------------------------------------------

    def _response(self, message: Message, now: int) -> Iterable[Record]:
        action = _ANSWERS.get(message.get("Message"), "")
        question = self._asked.answered(message, action)
        if action == asked.LIST and message.get("EventList").lower() == "start":
            return self._listings.begun()
        if "CoreStartupDate" in message:
            another = self._watch.core_status(message, now)
            return [*self._life_went_on(not another), self._of_server("CoreStatus", now, message)]
        if "AsteriskVersion" in message:
            return [self._of_server("CoreSettings", now, message)]
        if question is None or message.response.lower() != "error":
            return []
        if question.action == asked.LIST:
            return self._coverage.failed(message.get("Message").strip() or "FAXSessions was refused", now)
        return self._listings.refused(question.session_number) if question.action == asked.DETAIL else []

    def _entry(self, name: str, message: Message, now: int) -> Iterable[Record]:
        number = session_number(message)
        if number is None:
            return [self._faults.no_number(name, message, now)]
        settled: list[Observation] = []
        if self._listings.was_gone(number):
            self._watch.reloaded(now)
            self._steps.forget()
            settled = self._listings.another_life_by_a_number(self._life(now))
        decoded = decode.snapshot(message)
        entry = Entry(number, now, self._life(now), decoded.fields, decoded.details)
        return [*settled, *self._listings.entry(entry), *self._faults.of(name, decoded, now)]

    def _complete(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        settled, fault = self._listings.ended(message.get("Total"), now)
        if fault is not None:
            return [*settled, *self._coverage.failed(fault, now), self._faults.rejected(fault, now)]
        told = self._coverage.listed(now)
        if not told:
            return settled
        return [*settled, Listing(self._life(now), now, self._listings.numbers), *told]

    def _session(self, name: str, message: Message, now: int) -> Iterable[Record]:
        number = session_number(message)
        if number is None:
            return [self._faults.no_number(name, message, now)]
        decoded = decode.snapshot(message)
        fields, details, life = decoded.fields, decoded.details, self._life(now)
        entry = self._listings.detail(number)
        if entry is not None:
            fields, details = entry.joined(fields, details)
            life = entry.life
        return [Observation(life, now, name, number, details=details, **fields), *self._faults.of(name, decoded, now)]

    # -- the server ----------------------------------------------------------------------------------

    def _stats(self, name: str, message: Message, now: int) -> Iterable[Record]:
        wrong = [counter for counter in COUNTERS if counter in message and number_in(message.get(counter)) is None]
        faults = (
            [self._faults.rejected(f"{name}: {', '.join(wrong)}: not a number, kept as text", now)] if wrong else []
        )
        settled = self._life_went_on(not self._watch.counted(message, now))
        return [*settled, self._of_server(name, now, message), *faults]

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
        return [self._of_server(name, now, message)]

    def _life_went_on(self, went_on: bool) -> list[Observation]:
        if went_on:
            return []
        self._steps.forget()
        return self._listings.another_life()

    def _life(self, now: int) -> Life:
        return self._watch.at(now, continued=not self._coverage.connected)

    def _of_server(self, event: str, now: int, message: Message) -> ServerObservation:
        return ServerObservation(self.server, now, event, decode.rest(message))
