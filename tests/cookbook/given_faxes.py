"""Given faxes: two snapshots, a result, a completion event.  Times are those of tests.kit.given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from faxstore.observations import Hangup, Life, Observation, Record
from tests.kit import given

BEGAN = given.life(started=-864_000)
"""A life of the server `pbx` that began ten days before the month."""

OTHER = given.life("other", started=-864_000)

SUCCESS = ("SUCCESS", "", "OK")
DROPPED = ("FAILED", "HANGUP", "The call dropped prematurely")


def second(moment: datetime) -> float:
    """A time in seconds, as in given rows."""
    return (moment - given.START).total_seconds()


def fax(
    at: float,
    number: int,
    pages: int | None = 1,
    result: tuple[str, str, str] | None = SUCCESS,
    *,
    operation: str = "send",
    lasts: float = 10,
    of: Life = BEGAN,
    file_name: str = given.FILE,
    **headers: str,
) -> list[Record]:
    """One fax.  `result` is None if it was not on the wire; `headers` are those of its completion event."""
    on: dict[str, Any] = {"channel": f"PJSIP/trunk-{number:08x}", "uniqueid": f"1793000000.{number}", "of": of}
    return [
        *open_fax(at, number, pages or 0, operation=operation, lasts=lasts, of=of, file_name=file_name),
        *(given.result(at + lasts - 0.5, *result, **on) if result else ()),
        completion(at + lasts, pages, operation=operation, file_name=file_name, on=on, **headers),
        Hangup(of, given.moment(at + lasts + 0.5), on["channel"], on["uniqueid"]),
    ]


def open_fax(
    at: float, number: int, pages: int, *, operation: str = "send", lasts: float = 10, of: Life = BEGAN, **values: Any
) -> list[Record]:
    """The two snapshots: at its start, and one second before `lasts` with all pages done."""
    counted = "pages_transmitted" if operation == "send" else "pages_received"
    values |= {"channel": f"PJSIP/trunk-{number:08x}", "uniqueid": f"1793000000.{number}", "of": of}
    values["operation"] = operation
    first = given.snapshot(at, number, **values)
    values |= {"page_number": pages + 1, counted: pages}
    return [first, given.snapshot(at + lasts - 1, number, **values)]


def completion(at: float, pages: int | None, *, operation: str, file_name: str, on: Any, **headers: str) -> Observation:
    """The completion event on a channel."""
    event, counted = ("SendFAX", "pages_transmitted") if operation == "send" else ("ReceiveFAX", "pages_received")
    return given.on_channel(
        at, event, dict(headers), operation=operation, file_name=file_name, **{counted: pages}, **on
    )
