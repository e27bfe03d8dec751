"""Given attempts at faxes, in short form: a session with its parties, its files and its result.

Times are seconds as in tests.kit.given. Session numbers follow the order of the attempts on a server, as Asterisk's do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from msgspec.structs import replace

from faxstore.observations import Hangup, Observation, Record
from tests.kit import given
from tests.kit.given import Row, read

HOUR = 3600.0
DAY = 24 * HOUR

OPERATIONS = {"sent": "send", "received": "receive", "gateway": "gateway", "detector": "V.21", None: "none"}
RESULTS = {
    "success": ("SUCCESS", "", "OK"),
    "failed": ("FAILED", "HANGUP", "The call dropped prematurely"),
}


@dataclass(frozen=True)
class Attempt:
    """One session. NULL values are not reported; `result` is success, failed, unknown, or open if it is in progress."""

    at: float
    result: str = "failed"
    called: str | None = "111"
    files: tuple[str, ...] = ("letter.tif",)
    direction: str | None = "sent"
    caller: str | None = "5550001"
    account: str | None = None
    server: str = "pbx"
    pages: int | None = 1
    seconds: float = 30

    def records(self, number: int) -> Iterator[Record]:
        """Its rows: two snapshots (each with one of its files), the Status of its channel, result, end, hangup."""
        on: dict[str, Any] = {
            "of": given.life(self.server, started=-30 * DAY),
            "channel": f"PJSIP/trunk-{number:08x}",
            "uniqueid": f"1793000000.{number}",
        }
        operation = OPERATIONS[self.direction]
        first, last = (self.files[0], self.files[-1]) if self.files else (None, None)
        yield given.snapshot(self.at, number, operation=operation, file_name=first, **self._counted(0), **on)
        yield replace(given.on_channel(self.at + 1, "Status", self._parties(), **on), session_number=number)
        yield given.snapshot(
            self.at + self.seconds - 2, number, operation=operation, file_name=last, **self._counted(self.pages), **on
        )
        if self.result != "open":
            yield from (replace(event, session_number=number) for event in self._end(on))
            yield Hangup(on["of"], given.moment(self.at + self.seconds + 0.5), on["channel"], on["uniqueid"])

    def _end(self, on: dict[str, Any]) -> Iterator[Observation]:
        event = {"sent": "SendFAX", "received": "ReceiveFAX"}.get(str(self.direction), "Gone")
        if self.result in RESULTS and event != "Gone":
            yield from given.result(self.at + self.seconds - 1, *RESULTS[self.result], **on)
        values = {"operation": OPERATIONS[self.direction], **self._counted(self.pages)} if event != "Gone" else {}
        yield given.on_channel(self.at + self.seconds, event, self._parties(), **values, **on)

    def _counted(self, pages: int | None) -> dict[str, Any]:
        counted = {"sent": "pages_transmitted", "received": "pages_received"}.get(str(self.direction))
        others = {"pages_transmitted": None, "pages_received": None, "page_number": 1}
        return {**others, counted: pages} if counted else others

    def _parties(self) -> dict[str, Any]:
        called = "ConnectedLineNum" if self.direction == "sent" else "Exten"
        headers = {"CallerIDNum": self.caller, called: self.called, "AccountCode": self.account}
        return {name: value for name, value in headers.items() if value is not None}


def append_attempts(database: psycopg.Connection, *attempts: Attempt) -> None:
    """Append attempts, numbered in the order of their starts on each server."""
    numbers: Counter[str] = Counter()
    for attempt in sorted(attempts, key=lambda one: one.at):
        given.append(database, list(attempt.records(numbers[attempt.server])))
        numbers[attempt.server] += 1


def jobs_of(database: psycopg.Connection, *attempts: Attempt) -> list[Row]:
    """Append attempts and return fax.jobs, by the first attempt."""
    append_attempts(database, *attempts)
    return read(database, "select * from fax.jobs order by first_attempt_at, job_id")


def sizes(rows: Iterable[Row]) -> list[int]:
    """Return the number of attempts of each job."""
    return [row["attempts"] for row in rows]
