"""From the lines of one connection after another to the records of one server.

The same code serves the live collector and a recording.  It follows lists (res_fax.c,
manager_fax_sessions), joins each session's detail to its list entry, notices what is gone, and never
raises on any text: what it cannot understand becomes a Rejected record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from faxstore.ami import decode
from faxstore.ami.epoch import LifeWatch
from faxstore.ami.listing import Entry, OpenList
from faxstore.ami.message import BANNER, MalformedMessageError, Message, parse
from faxstore.capture import CONNECTED, DISCONNECTED, POLLED, Line
from faxstore.observations import (
    MICROSECONDS,
    Details,
    Hangup,
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

HEARTBEAT = 60 * MICROSECONDS
_MODULE = "res_fax.so"


class Tracker:
    """Turns lines into records for one server; feed() is told of every line, in order."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.life = LifeWatch(server)
        self._live: dict[int, Entry] = {}
        self._gone: set[int] = set()
        self._pending: dict[int, Entry] = {}
        self._list: OpenList | None = None
        self._asked: dict[str, int] = {}
        self._connected = False
        self._listed = False
        self._heard: int | None = None
        self._events: dict[str, Callable[[Message, int], list[Record]]] = {
            "faxsessionsentry": self._entry,
            "faxsessionscomplete": self._complete,
            "faxsession": self._session,
            "sendfax": self._completion,
            "receivefax": self._completion,
            "faxstatus": self._channel_event,
            "varset": self._variable,
            "hangup": self._hangup,
            "faxstats": self._stats,
            "fullybooted": self._booted,
            "shutdown": self._server_event,
            "load": self._module,
            "unload": self._module,
        }

    @property
    def unfinished(self) -> int:
        """List entries whose detail may still come: a recording that ends here ends in the middle of a poll."""
        return len(self._pending) + (len(self._list.entries) if self._list else 0)

    def feed(self, line: Line) -> list[Record]:
        """The records that this line completes."""
        now = round(line.ts * MICROSECONDS)
        try:
            if line.dir == "in":
                return self._incoming(line.text, now)
            return self._mark(line.text, now) if line.dir == "mark" else self._outgoing(line.text)
        except Exception as error:  # a fault of ours must not stop the collecting
            log.exception("%s: a message could not be decoded and is kept as rejected", self.server)
            return [Rejected(self.server, now, f"faxstore failed on it: {error!r}", line.text)]

    # -- lines ---------------------------------------------------------------------------------------

    def _incoming(self, text: str, now: int) -> list[Record]:
        if banner := BANNER.match(text):
            return self._banner(banner[1], now)
        try:
            message = parse(text)
        except MalformedMessageError as error:
            return [Rejected(self.server, now, str(error), text)]
        records: list[Record] = [
            Rejected(self.server, now, f"a line that is no header: {line[:60]!r}", text) for line in message.junk[:1]
        ]
        if message.event:
            handler = self._events.get(message.event.lower())
            return records + (handler(message, now) if handler else [])
        return records + self._response(message, now)

    def _outgoing(self, text: str) -> list[Record]:
        try:
            message = parse(text)
        except MalformedMessageError:
            return []
        number = decode.session_number(message)
        if message.get("Action").lower() == "faxsession" and number is not None:
            self._asked[message.get("ActionID")] = number
        return []

    def _mark(self, text: str, now: int) -> list[Record]:
        if text == POLLED:
            return self._unasked()
        if text == CONNECTED:
            self._connected, self._listed = True, False
            return [*self._cut(), self._of_server("Connected", now)]
        if text.startswith(DISCONNECTED):
            self._connected = False
            reason = text.removeprefix(DISCONNECTED).lstrip(": ")
            return [*self._cut(), self._of_server("Disconnected", now, {"Reason": reason} if reason else {})]
        return []

    def _banner(self, version: str, now: int) -> list[Record]:
        # A recording without marks tells a new connection by its greeting alone.
        before = [] if self._connected else self._mark(CONNECTED, now)
        return [*before, self._of_server("Banner", now, {"Version": version})]

    # -- lists ---------------------------------------------------------------------------------------

    def _response(self, message: Message, now: int) -> list[Record]:
        if message.get("EventList").lower() == "start" and "FAXSessionsEntry" in message.get("Message"):
            flushed = self._cut()
            self._list = OpenList(message.get("ActionID"), started=True)
            return flushed
        if "CoreStartupDate" in message:
            self._restarted(self.life.core_status(message, now))
            return [self._of_server("CoreStatus", now, decode.channel_event(message).details)]
        if "AsteriskVersion" in message:
            return [self._of_server("CoreSettings", now, decode.channel_event(message).details)]
        number = self._asked.pop(message.get("ActionID"), None)
        if number is not None and message.response.lower() == "error" and number in self._pending:
            return [self._observed(self._pending.pop(number))]
        return []

    def _entry(self, message: Message, now: int) -> list[Record]:
        number = decode.session_number(message)
        if number is None:
            return [self._no_number(message, now)]
        decoded = decode.snapshot(message)
        entry = Entry(number, now, decoded.fields, decoded.details)
        if self._list is None:
            self._list = OpenList(message.get("ActionID"), started=False)
        self._list.entries[number] = entry
        if number in self._gone:
            self._restarted(self.life.reloaded(now))
            self._list.entries[number] = entry
        entry.life = self.life.at(now, continued=not self._connected)
        return self._problems(decoded, message, now)

    def _complete(self, message: Message, now: int) -> list[Record]:
        listed, self._list = self._list or OpenList(message.get("ActionID"), started=True), None
        self._pending, flushed = dict(listed.entries), self._unasked()
        fault = listed.fault(message.get("Total"))
        if fault is not None:
            return [*flushed, Rejected(self.server, now, fault, _text_of(message))]
        life = self.life.at(now, continued=not self._connected)
        records: list[Record] = [*flushed]
        for number in sorted(self._live.keys() - listed.entries.keys()):
            records.append(self._gone_now(self._live.pop(number), now))
        self._live.update(listed.entries)
        if self._listed and self._heard is not None and 0 <= now - self._heard < HEARTBEAT:
            return records
        self._listed, self._heard = True, now
        return [*records, Listing(life, now, tuple(sorted(listed.entries))), self._of_server("Polled", now)]

    def _session(self, message: Message, now: int) -> list[Record]:
        number = decode.session_number(message)
        if number is None:
            return [self._no_number(message, now)]
        self._asked.pop(message.get("ActionID"), None)
        decoded = decode.snapshot(message)
        entry = self._pending.pop(number, None)
        fields, details = decoded.fields, decoded.details
        life = self.life.at(now, continued=not self._connected)
        if entry is not None:
            fields, details = entry.joined(fields, details)
            life = entry.life or life
        observation = Observation(life, now, "FAXSession", number, details=details, **fields)
        return [observation, *self._problems(decoded, message, now)]

    def _unasked(self) -> list[Record]:
        """Entries that will get no detail any more, as observations of their own."""
        entries, self._pending = self._pending, {}
        self._asked.clear()
        return [self._observed(entry) for entry in entries.values()]

    def _cut(self) -> list[Record]:
        """The same, and those of a list that was cut off: they were seen, but say nothing of the rest."""
        cut = list(self._list.entries.values()) if self._list else []
        self._list = None
        return [*self._unasked(), *(self._observed(entry) for entry in cut)]

    def _observed(self, entry: Entry) -> Observation:
        life = entry.life or self.life.at(entry.observed_at)
        return Observation(
            life, entry.observed_at, "FAXSessionsEntry", entry.number, details=entry.details, **entry.fields
        )

    def _gone_now(self, entry: Entry, now: int) -> Observation:
        self._gone.add(entry.number)
        life = entry.life or self.life.at(now)
        return Observation(life, now, "Gone", entry.number, entry.fields.get("channel"))

    # -- events --------------------------------------------------------------------------------------

    def _completion(self, message: Message, now: int) -> list[Record]:
        return self._of_channel(message, decode.completion(message), now)

    def _channel_event(self, message: Message, now: int) -> list[Record]:
        return self._of_channel(message, decode.channel_event(message), now)

    def _variable(self, message: Message, now: int) -> list[Record]:
        return self._channel_event(message, now) if message.get("Variable") in FAX_VARIABLES else []

    def _of_channel(self, message: Message, decoded: decode.Decoded, now: int) -> list[Record]:
        if not decoded.fields.get("channel"):
            return [Rejected(self.server, now, f"{message.event} names no Channel", _text_of(message))]
        life = self.life.at(now, continued=not self._connected)
        observation = Observation(life, now, message.event, details=decoded.details, **decoded.fields)
        return [observation, *self._problems(decoded, message, now)]

    def _hangup(self, message: Message, now: int) -> list[Record]:
        life = self.life.at(now, continued=not self._connected)
        return [Hangup(life, now, message.get("Channel"), message.get("Uniqueid"))]

    def _stats(self, message: Message, now: int) -> list[Record]:
        self._restarted(self.life.counted(message, now))
        return [self._of_server("FAXStats", now, decode.channel_event(message).details)]

    def _booted(self, message: Message, now: int) -> list[Record]:
        self._restarted(self.life.booted(message, now))
        return self._server_event(message, now)

    def _module(self, message: Message, now: int) -> list[Record]:
        if message.get("Module") != _MODULE:
            return []
        if message.event.lower() == "load" and message.get("Status").lower() in ("", "success"):
            self._restarted(self.life.reloaded(now))
        return self._server_event(message, now)

    def _server_event(self, message: Message, now: int) -> list[Record]:
        return [self._of_server(message.event, now, decode.channel_event(message).details)]

    # -- the life of the server ----------------------------------------------------------------------

    def _restarted(self, another: bool) -> None:
        if another:
            self._live, self._gone, self._pending, self._list = {}, set(), {}, None

    # -- small records -------------------------------------------------------------------------------

    def _of_server(self, event: str, now: int, details: Details | None = None) -> ServerObservation:
        return ServerObservation(self.server, now, event, details or {})

    def _no_number(self, message: Message, now: int) -> Rejected:
        given = message.get("SessionNumber")
        return Rejected(
            self.server, now, f"{message.event}: SessionNumber is {given[:40]!r}, not a number", _text_of(message)
        )

    def _problems(self, decoded: decode.Decoded, message: Message, now: int) -> list[Record]:
        if not decoded.problems:
            return []
        reason = f"{message.event}: {', '.join(decoded.problems)}: kept as text"
        return [Rejected(self.server, now, reason, _text_of(message))]


def _text_of(message: Message) -> str:
    lines = [f"{key}: {value}" for key, value in message] + list(message.junk)
    return "\r\n".join(lines) + "\r\n\r\n"
