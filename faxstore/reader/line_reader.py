"""Lines of one server to records.

A line is one AMI message or mark with its time.  A LineReader reads the lines of one connection after another, in
order.  The same code serves the live collector and recordings.  A line that faxstore.ami had to parse, to find out what
to request next, carries the messages found in it; of any other line the text is parsed here, by the same function.

No text raises an error: what cannot be understood becomes a Rejected record with the message as received.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

from faxstore.capture import marks
from faxstore.capture.message import (
    BANNER,
    Found,
    MalformedMessageError,
    Message,
    clean_text,
    parse,
    read,
    session_number,
)
from faxstore.capture.recording import Line
from faxstore.observations import MICROSECONDS, Life, Listing, Observation, Record, Rejected, ServerObservation
from faxstore.reader import decode, pending_requests
from faxstore.reader.channel_events import ChannelEvents
from faxstore.reader.clock_steps import SET_BACK, ClockSteps, LineTimes
from faxstore.reader.continuity import LIST_FOLLOWS, misses_lines
from faxstore.reader.coverage import Coverage
from faxstore.reader.listing import Entry, Listings
from faxstore.reader.lives import LifeDetector
from faxstore.reader.pending_requests import PendingRequests
from faxstore.reader.server_events import ServerEvents
from faxstore.reader.state import Part, dump, load

log = logging.getLogger(__name__)

_ACTIONS = {
    LIST_FOLLOWS: pending_requests.LIST,
    "FAXSession event will follow": pending_requests.DETAIL,
}
"""The action that a Response answers, by its Message (res_fax.c, manager_fax_sessions and manager_fax_session)."""

Handler = Callable[[str, Message, int], Iterable[Record]]
"""Returns the records of an event from its name, its message and its time."""


class LineReader:
    """Turns the lines of one server into records."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._lives = LifeDetector(server)
        self._listings = Listings()
        self._clock_steps = ClockSteps()
        self._requests = PendingRequests()
        self._coverage = Coverage(server)
        self._rejects = decode.Rejects(server)
        self._server_events = ServerEvents(server, self._lives, self._rejects, self._begin_life)
        self._times = LineTimes()
        self._channels = channels = ChannelEvents(self._listings, self._rejects, self._life)
        handlers: dict[str, Handler] = {
            **dict.fromkeys(("FAXSessionsEntry", "FAXSession"), self._of_session),
            "FAXSessionsComplete": self._complete,
            **dict.fromkeys(("SendFAX", "ReceiveFAX"), channels.completion),
            "FAXStatus": channels.status,
            "VarSet": channels.variable,
            "Newexten": channels.application,
            "Status": channels.channel_status,
            "DialBegin": channels.calls.begin,
            "Hangup": channels.hangup,
            "FAXStats": self._server_events.counters,
            "FullyBooted": self._server_events.booted,
            "Shutdown": self._server_events.plain,
            **dict.fromkeys(("Load", "Unload", "Reload"), self._server_events.module),
        }
        self._handlers = {name.lower(): (name, handler) for name, handler in handlers.items()}

    @property
    def unfinished(self) -> int:
        """The number of list entries whose detail may still arrive.  A recording that ends here ends within a poll."""
        return self._listings.unfinished

    @property
    def reached(self) -> int:
        """The time that the last line got."""
        return self._times.reached

    def state(self) -> bytes:
        """Return all that this reader remembers: with it, resume() continues after the last line."""
        return dump(self._parts())

    def resume(self, data: bytes) -> None:
        """Continue from the state() of another reader.  Raises ValueError if another version wrote it."""
        load(data, self._parts())

    def misses(self, following: Iterable[Line]) -> bool:
        """Return whether these lines show that others are missing before them.  The reader cannot be used after it."""
        return misses_lines(self._requests, self._listings.listed, following)

    def _parts(self) -> tuple[Part, ...]:
        connection = (self._requests, self._coverage, self._channels)
        return self._times, self._lives, self._listings, self._clock_steps, *connection

    def end_recording(self) -> list[ServerObservation]:
        """Return the records that become final because the recording ends here."""
        return self._coverage.end_recording()

    def feed(self, line: Line) -> list[Record]:
        """Return the records that this line completes."""
        now = self._time_of(line)
        self._rejects.raw = text = clean_text(line.text)
        try:
            records = self._records(line, text, now)  # may begin a new life, which has no steps
            return self._clock_steps.correct(records, now)
        except Exception as error:  # a bug in faxstore must not stop the collector
            log.exception("%s: a message could not be decoded; it is stored as rejected", self.server)
            return [self._rejects.reject(f"faxstore failed on it: {type(error).__name__}", now)]

    def _time_of(self, line: Line) -> int:
        """Return the time of a line; record it if the clock was set back."""
        now = round(line.ts * MICROSECONDS)
        if now + SET_BACK < self._times.last:
            self._clock_steps.set_back(self._times.last - now, self._listings.live)
        return self._times.own(now)

    def _records(self, line: Line, text: str, now: int) -> list[Record]:
        if line.dir == "mark":
            return list(self._mark(text, now))
        if line.dir == "out":
            with suppress(MalformedMessageError):
                self._requests.add(parse(text))
            return []
        banner = BANNER.match(text)
        if banner:
            # In a recording without marks only the banner shows that a connection begins.
            before = [] if self._coverage.connected else self._mark(marks.CONNECTED, now)
            return [*before, *self._coverage.add_banner(banner[1], now)]
        records = self._incoming(read(text) if line.found is None else line.found, now)
        if all(isinstance(record, Rejected) for record in records):
            return records
        return [*self._coverage.release_held(), *records]

    def _incoming(self, found: Found, now: int) -> list[Record]:
        if len(found) == 1 and isinstance(found[0][1], Message):
            return self._message(found[0][1], now)
        records: list[Record] = []
        messages = 0
        for part, message in found:
            self._rejects.raw = part  # a joined text is recorded once, not with each of thousands of parts
            if not isinstance(message, MalformedMessageError):
                records += self._message(message, now + messages)  # each row needs a time of its own
                messages += 1
            elif part.strip("\r\n"):
                records.append(self._rejects.reject(str(message), now + messages))
        self._times.skip(max(0, messages - 1))
        return records

    def _message(self, message: Message, now: int) -> list[Record]:
        junk = [self._rejects.reject("a line that is no header", now)] if message.junk else []
        if not message.event and not message.response:
            return [self._rejects.reject("neither an Event nor a Response", now)]
        if message.event:
            name, handler = self._handlers.get(message.event.lower(), ("", None))
            return [*junk, *(handler(name, message, now) if handler else ())]
        return [*junk, *self._response(message, now)]

    def _mark(self, text: str, now: int) -> Iterable[Record]:
        if text == marks.POLLED:
            return self._listings.end_poll()
        if text == marks.CONNECTED:
            self._requests = PendingRequests()
            return [*self._listings.cut_off(), *self._coverage.begin_connection(now)]
        if text.startswith(marks.DISCONNECTED):
            self._requests = PendingRequests()
            reason = text.removeprefix(marks.DISCONNECTED).lstrip(": ")
            return [*self._listings.cut_off(), *self._coverage.end_connection(reason, now)]
        if text.startswith(marks.CANNOT_CONNECT):
            return self._coverage.connect_failed(text.removeprefix(marks.CANNOT_CONNECT).strip(), now)
        if text.startswith(marks.CUT_OFF):
            self._rejects.raw = text.removeprefix(marks.CUT_OFF)
            return [self._rejects.reject("the connection ended in the middle of this message", now)]
        dropped = marks.dropped_details(text)
        return [] if dropped is None else [ServerObservation(self.server, now, "Dropped", dropped)]

    def _response(self, message: Message, now: int) -> Iterable[Record]:
        action = _ACTIONS.get(message.get("Message"), "")
        request = self._requests.pop(message, action)
        if action == pending_requests.LIST and message.get("EventList").lower() == "start":
            return self._listings.begin_list()
        if "CoreStartupDate" in message:
            return self._server_events.core_status(message, now)
        if "AsteriskVersion" in message:
            return self._server_events.plain("CoreSettings", message, now)
        if request is None or message.response.lower() != "error":
            return []
        if request.action == pending_requests.LIST:
            return self._coverage.poll_failed(message.get("Message").strip() or "FAXSessions was refused", now)
        if request.action != pending_requests.DETAIL:
            return []
        entry = self._listings.pop_entry(request.session_number)
        return [entry.observed()] if entry else []  # the session may have ended, so its entry is final

    def _of_session(self, name: str, message: Message, now: int) -> Iterable[Record]:
        number = session_number(message)
        if number is None:
            return [self._rejects.reject(f"{name}: SessionNumber is not a number", now)]
        decoded = decode.snapshot(message)
        read = self._entry if name == "FAXSessionsEntry" else self._detail
        return [*read(number, decoded, now), *self._rejects.of_values(name, decoded, now)]

    def _entry(self, number: int, decoded: decode.Decoded, now: int) -> list[Observation]:
        final: list[Observation] = []
        if self._listings.was_gone(number):
            self._lives.reloaded(now)
            self._clock_steps = ClockSteps()
            final = self._listings.begin_life_within_list(self._life(now))
        entry = Entry(number, now, self._life(now), decoded.fields, decoded.details)
        return [*final, *self._channels.listed(number, decoded.fields, now), *self._listings.add_entry(entry)]

    def _detail(self, number: int, decoded: decode.Decoded, now: int) -> list[Observation]:
        entry, fields, details = self._listings.pop_entry(number), decoded.fields, decoded.details
        if entry is not None:
            fields, details = entry.joined(fields, details)
        life = entry.life if entry else self._life(now)
        return [Observation(life, now, "FAXSession", number, details=details, **fields)]

    def _complete(self, _name: str, message: Message, now: int) -> Iterable[Record]:
        final, fault = self._listings.end_list(message.get("Total"), now)
        if fault is not None:
            return [*final, *self._coverage.poll_failed(fault, now), self._rejects.reject(fault, now)]
        life, polled = self._life(now), self._coverage.polled(now)
        if not self._lives.complete_list() and not polled:
            return final
        numbers = tuple(sorted(entry.number for entry in self._listings.live))
        return [*final, Listing(life, now, numbers), *polled]

    def _life(self, now: int) -> Life:
        return self._lives.at(now, continued=not self._coverage.connected)

    def _begin_life(self) -> list[Observation]:
        self._clock_steps = ClockSteps()
        return self._listings.begin_life()
