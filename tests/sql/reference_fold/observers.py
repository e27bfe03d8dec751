"""Observers of true faxes: what each of them appends, by its own clock and at its own pace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from faxstore.observations import Hangup, Life, Observation, Record
from tests.kit.given import life, moment
from tests.sql.reference_fold.true_fax import LISTED_BEFORE_START, Fax

UPTIME = 3600.0
"""Seconds that a server had been up at second 0."""


@dataclass(frozen=True)
class Observer:
    """Polls every `interval` seconds from `begins` to `ends`; its clock is `ahead` by some seconds."""

    collector: str
    interval: float = 1.0
    phase: float = 0.0
    ahead: float = 0.0
    begins: float = -10.0
    ends: float = 10_000.0
    misses: tuple[float, ...] = ()
    """Moments at which a list lacked a fax that continued: the observer appends Gone and sees the fax again."""

    def sees(self, fax: Fax) -> list[Record]:
        """All its records of a fax, in its own order."""
        recorded = [*self._polls(fax), *self._events(fax)]
        return [record for _, record in sorted(recorded, key=lambda one: one[0])]

    def _polls(self, fax: Fax) -> Iterator[tuple[float, Record]]:
        if fax.number is None:
            return
        listed = False
        place = 0
        while True:
            at = self.begins + self.phase + place * self.interval
            place += 1
            if at >= self.ends:
                return
            if at < fax.start:
                continue
            said = fax.says(at)
            if said is None:
                if listed and fax.restart_at is None:
                    yield at, self._observed(fax, at, "Gone")
                return
            if listed and any(at - self.interval < missed <= at for missed in self.misses):
                yield at, self._observed(fax, at, "Gone")
                continue
            listed = True
            if at < fax.start + LISTED_BEFORE_START:
                fields = {name: said[name] for name in ("operation", "session_type")}
                yield at, self._observed(fax, at, "FAXSessionsEntry", **fields, state="Initialized")
            else:
                yield at, self._observed(fax, at, "FAXSession", **said)

    def _events(self, fax: Fax) -> Iterator[tuple[float, Record]]:
        for at, event, details, fields in events(fax):
            if (
                event not in fax.hidden
                and self.begins <= at < self.ends
                and (fax.restart_at is None or at < fax.restart_at)
            ):
                uniqueid = f"{fax.server}-{fax.channel}"
                yield at, self._observed(fax, at + BESIDE_POLLS, event, uniqueid=uniqueid, details=details, **fields)
        if fax.number is None:
            at = fax.end + 9
            yield at, Hangup(self._life(fax), moment(at + self.ahead), fax.channel, f"{fax.server}-{fax.channel}")

    def _observed(self, fax: Fax, at: float, event: str, **fields: Any) -> Observation:
        lag = 0.003 if self.collector == "one" else 0.004
        seen = Observation(self._life(fax), moment(at + self.ahead + lag), event, fax.number, channel=fax.channel)
        technology = fax.technology if event.startswith("FAXSession") else None
        return replace(seen, technology=technology, **fields)

    def _life(self, fax: Fax) -> Life:
        return life(fax.server, -UPTIME)


BESIDE_POLLS = 0.000_037
"""Seconds: keeps two messages of a connection from having one moment; polls come at round ones."""

BESIDE_RES_FAX = 0.000_551
"""Seconds: keeps the variables of a dialplan out of those that res_fax sets together."""

Event = tuple[float, str, dict[str, Any], dict[str, Any]]
"""Moment, name, details, columns."""

Setting = tuple[float, str, str]
"""Moment, variable, value."""


def events(fax: Fax) -> Iterator[Event]:
    """The events of a fax; those after a transfer as the appender stores them, with the name of the new channel."""
    moves_at = None if fax.moves_after is None or fax.number is None else fax.start + fax.moves_after
    of_call = list(_events_of_call(fax))
    if moves_at is None or not of_call or moves_at >= fax.end:
        yield from of_call
        return
    new = {"Channel": "PJSIP/phone-00000002", "Uniqueid": "9.9", "AccountCode": "another", "CallerIDNum": "999"}
    yield from (event for event in of_call if event[0] < moves_at)
    operation = {"operation": fax.operation}
    yield (
        moves_at,
        "Newexten",
        {"Application": application(fax), "AppData": f"/fax/{fax.number}.tif,z"} | new,
        operation,
    )
    yield moves_at + 0.0005, "Hangup", {}, {}
    yield from ((at, event, details | new, fields) for at, event, details, fields in of_call if at >= moves_at)


def _events_of_call(fax: Fax) -> Iterator[Event]:
    if fax.operation not in {"send", "receive"}:
        return
    operation = {"operation": fax.operation}
    called = {"Application": application(fax), "AppData": f"/fax/{fax.number}.tif&/fax/more.tif,z"}
    if fax.dial is not None:
        yield fax.start - 3.3, "DialBegin", fax.dial, {}
    yield fax.start - 0.7, "Newexten", called | fax.parties, operation
    for at, name, value in reported(variables(fax)):
        if name not in fax.hidden:
            yield at, "VarSet", {"Variable": name, "Value": value}, {}
    yield fax.start + 0.05, "FAXStatus", {"Status": "Allocating Resources"} | fax.parties, operation
    yield fax.start + 1.11, "Status", {"DNID": "5550177"} | fax.parties, {}
    if fax.completed_after is not None:
        yield completion(fax, fax.end + fax.completed_after)


def application(fax: Fax) -> str:
    """The application that runs it, which names its completion event, too."""
    return "SendFAX" if fax.operation == "send" else "ReceiveFAX"


def variables(fax: Fax) -> Iterator[Setting]:
    """The variables that res_fax sets, in its order, and those of the dialplan."""
    yield fax.start - 0.51, "FAXSTATUS", "FAILED"
    yield from together(fax.start - 0.5, "FAILED", "INIT_ERROR", "error starting fax session", "", "0")
    if fax.operation == "receive":
        yield fax.start - 0.4, "FAXERROR", "Channel Problems"
        yield fax.start - 0.399, "FAXSTATUSSTRING", "Error before FAX transmission started."
    yield from together(fax.start + 0.02, "", "", "", "", "0")
    if fax.hung_up:
        yield from together(fax.end - 0.03, "FAILED", "HANGUP", "remote channel hungup", "", "0")
    yield from together(fax.end - 0.01, fax.status, fax.error, "OK", "+1 555", "1")
    for second, name, value in fax.dialplan:
        yield fax.start + second + BESIDE_RES_FAX, name, value


def reported(settings: Iterable[Setting]) -> Iterator[Setting]:
    """The settings that Asterisk reports: not that of a blank variable to blank."""
    current: dict[str, str] = {}
    for at, name, value in sorted(settings):
        if value or current.get(name):
            yield at, name, value
        current[name] = value


def together(at: float, *values: str) -> Iterator[Setting]:
    """The variables of one write."""
    for place, (name, value) in enumerate(zip(WRITTEN, values, strict=True)):
        yield at + place / 10_000, name, value


WRITTEN = ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING", "REMOTESTATIONID", "FAXPAGES")
"""Variables that res_fax sets together, in its order."""


def completion(fax: Fax, at: float) -> Event:
    """Its completion event."""
    details: dict[str, Any] = {"LocalStationID": "+1 555 0100", "RemoteStationID": ""} | fax.parties
    if fax.carries_result:
        details["ChanVariable"] = [f"FAXSTATUS={fax.status}", "FAXSTATUSSTRING=OK", "REMOTESTATIONID=+1 555"]
    pages = None if fax.missed_pages == NOT_TOLD else max(0, fax.pages + fax.missed_pages)
    column = "pages_received" if fax.operation == "receive" else "pages_transmitted"
    fields = {"data_rate": 9600, "x_resolution": 8031, "y_resolution": 3850, "file_name": f"/fax/{fax.number}.tif"}
    return at, application(fax), details, {"operation": fax.operation} | fields | {column: pages}


NOT_TOLD = -99
"""A value of missed_pages: the completion event has no count."""
